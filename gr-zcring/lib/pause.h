/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gr {
namespace zcring {

//! A sleep that another thread can end. Threading: one thread sleeps; any may wake it.
class pause final
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    //! Sleeps until \p when, or until wake(), which may be called before. Whether it was called.
    bool until(time_point when)
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        const bool woken = d_changed.wait_until(lock, when, [this] { return d_woken; });
        d_woken = false;
        return woken;
    }

    void wake()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_woken = true;
        }
        d_changed.notify_all();
    }

private:
    std::mutex d_mutex; // guards d_woken
    std::condition_variable d_changed;
    bool d_woken = false;
};

} // namespace zcring
} // namespace gr
