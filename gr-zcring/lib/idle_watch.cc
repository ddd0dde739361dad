/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// A block that sends many bursts is idle between them for microseconds: begin() wakes the thread only
// when it has found nothing idle for a period.
#include "idle_watch.h"

#include <pthread.h>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

namespace gr {
namespace zcring {

class idle_watch::watcher final
{
public:
    watcher(std::chrono::nanoseconds period, std::function<void()> idle)
        : d_period(period), d_idle(std::move(idle))
    {
        // The program's own threads handle signals.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        d_thread = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    ~watcher()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_quit = true;
        }
        d_changed.notify_one();
        d_thread.join();
    }

    void begin()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_is_idle = true;
            if (!std::exchange(d_sleeps, false))
                return;
        }
        d_changed.notify_one();
    }

    void end()
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_is_idle = false;
        d_ends++;
    }

private:
    void run()
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        while (!d_quit) {
            if (!d_is_idle) {
                d_sleeps = true;
                d_changed.wait(lock, [this] { return d_is_idle || d_quit; });
                d_sleeps = false;
            }
            const std::uint64_t ends = d_ends;
            d_changed.wait_for(lock, d_period, [this] { return d_quit; });
            if (d_is_idle && d_ends == ends && !d_quit)
                d_idle();
        }
    }

    const std::chrono::nanoseconds d_period;
    const std::function<void()> d_idle;
    std::mutex d_mutex; // guards all below; held while the function is called
    std::condition_variable d_changed;
    bool d_is_idle = false;
    bool d_sleeps = false; //!< until it is idle
    bool d_quit = false;
    std::uint64_t d_ends = 0; //!< calls of end()
    std::thread d_thread;
};

idle_watch::idle_watch(std::chrono::nanoseconds period, std::function<void()> idle)
    : d_watcher(std::make_unique<watcher>(period, std::move(idle)))
{
}

idle_watch::~idle_watch()
{
    // The child of a fork() has no thread, which can be neither joined nor detached there.
    if (!d_process.is_here())
        (void)d_watcher.release();
}

void idle_watch::begin() { d_watcher->begin(); }
void idle_watch::end() { d_watcher->end(); }

} // namespace zcring
} // namespace gr
