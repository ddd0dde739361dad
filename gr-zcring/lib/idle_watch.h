/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "owner_process.h"

#include <chrono>
#include <functional>
#include <memory>

namespace gr {
namespace zcring {

/*!
 * \brief Calls a function after each period that was idle from its beginning to its end.
 *
 * The scheduler does not call a block that has no items: what such a block must do needs a thread.
 *
 * Threading: one thread at a time calls begin() and end(). The thread of this class calls the function,
 * and not after end() has returned.
 */
class idle_watch final
{
public:
    //! \p idle must not throw, nor call this object.
    idle_watch(std::chrono::nanoseconds period, std::function<void()> idle);
    ~idle_watch();
    idle_watch(const idle_watch&) = delete;
    idle_watch& operator=(const idle_watch&) = delete;

    void begin(); //!< idle from now on
    void end();   //!< not idle any more

private:
    class watcher;

    const owner_process d_process; //!< where the thread exists
    std::unique_ptr<watcher> d_watcher;
};

} // namespace zcring
} // namespace gr
