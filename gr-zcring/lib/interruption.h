/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "owner_process.h"

#include <boost/thread/thread.hpp>

#include <pthread.h>
#include <functional>
#include <thread>

namespace gr {
namespace zcring {

/*!
 * \brief Lets the scheduler end a wait that is not one of Boost's.
 *
 * The scheduler ends a block's thread with boost::thread::interrupt(), which sets a flag and
 * broadcasts the condition variable on which the thread waits. A thread in poll() waits on none.
 * For the time of its poll(), such a thread registers the condition variable of this class as its
 * own. A watcher thread waits on that condition variable, and calls wake() when it is broadcast. So
 * no thread has to poll the flag.
 *
 * Threading: one thread at a time calls during().
 */
class interruption final
{
public:
    //! \p wake must end the present wait, or else the next one, and must not throw.
    explicit interruption(std::function<void()> wake);
    ~interruption();
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;

    //! Calls \p wait, which wake() ends once this thread is interrupted. Returns false, without a
    //! call, if the thread has been interrupted before. In both cases the interruption is still
    //! pending afterwards, for the scheduler: work() must not throw, as it holds its buffers then.
    template <class Wait>
    bool during(Wait wait)
    {
        try {
            boost::detail::interruption_checker registered(&d_mutex, &d_interrupted); // locks
            const unlocked meanwhile(d_mutex);
            wait();
            return true;
        } catch (const boost::thread_interrupted&) {
            again();
            return false;
        }
    }

private:
    struct unlocked {
        explicit unlocked(pthread_mutex_t& mutex) : d_mutex(mutex)
        {
            pthread_mutex_unlock(&d_mutex);
        }
        ~unlocked() { pthread_mutex_lock(&d_mutex); }
        pthread_mutex_t& d_mutex;
    };

    static void again();
    void watch();

    const std::function<void()> d_wake;
    pthread_mutex_t d_mutex = PTHREAD_MUTEX_INITIALIZER; // guards all below
    pthread_cond_t d_interrupted = PTHREAD_COND_INITIALIZER;
    pthread_cond_t d_watched = PTHREAD_COND_INITIALIZER;
    bool d_watches = false; //!< the watcher waits whenever the mutex is free
    bool d_ends = false;
    const owner_process d_process; //!< where the watcher exists
    std::thread d_watcher;
};

} // namespace zcring
} // namespace gr
