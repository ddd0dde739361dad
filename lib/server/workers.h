// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "clocks.h"

#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace zcring::server {

//! Work of one radio that is done again and again, at times of CLOCK_BOOTTIME.
class turner
{
public:
    virtual ~turner() = default;

    //! Does a bounded part of what is due now, \p now_ns. When the next turn is due, which is not
    //! after \p now_ns if work is left; 0: never again.
    virtual std::uint64_t turn(std::uint64_t now_ns, const time_asleep& machine) = 0;
};

/*!
 * \brief The threads that make samples with real pace.
 *
 * A thread has a heap of what it turns. Times are rounded up to a grid that all have in common: those
 * that are due at the same point of the grid cost one wake-up. What is added goes to the thread
 * with the least.
 * Threading: any thread may add.
 */
class workers final
{
public:
    //! \p now is called at the begin of a batch of turns, with \p context.
    workers(unsigned count, std::uint64_t (*now)(void*), void* context);
    ~workers();
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    //! First turn at \p due_ns. Not what has turns already.
    void add(std::shared_ptr<turner> t, std::uint64_t due_ns);
    //! Forgets what waits for its next turn. What has a turn at this moment, and what has no turns,
    //! is left alone.
    void remove(const turner& t);
    //! Ends the threads. The owner calls it while all that is turned still lives.
    void end();

private:
    class worker;
    std::vector<std::unique_ptr<worker>> d_workers;
};

//! Rounded up to the common grid.
std::uint64_t on_grid(std::uint64_t ns);

//! While it lives, threads are made that get no signal of the process but those that their own
//! instructions cause: all others go to the thread of the loop.
class signals_blocked final
{
public:
    signals_blocked();
    ~signals_blocked();

private:
    sigset_t d_before;
};

} // namespace zcring::server
