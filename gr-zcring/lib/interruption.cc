/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The watcher thread that turns Boost's interruption of a thread into a call of wake().
//
// boost::detail::interruption_checker is the class by which Boost's own waits register their
// condition variable; it is used here as they use it.
#include "interruption.h"

#include <boost/thread/lock_guard.hpp>

#include <csignal>
#include <utility>

namespace gr {
namespace zcring {

interruption::interruption(std::function<void()> wake) : d_wake(std::move(wake))
{
    // The program's own threads handle signals.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    d_watcher = std::thread([this] { watch(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_mutex_lock(&d_mutex);
    while (!d_watches)
        pthread_cond_wait(&d_watched, &d_mutex);
    pthread_mutex_unlock(&d_mutex);
}

interruption::~interruption()
{
    if (!d_process.is_here()) {
        // The child of a fork() has no watcher, which can be neither joined nor detached there.
        new std::thread(std::move(d_watcher));
        return;
    }
    pthread_mutex_lock(&d_mutex);
    d_ends = true;
    pthread_cond_broadcast(&d_interrupted);
    pthread_mutex_unlock(&d_mutex);
    d_watcher.join();
}

// Restores the interruption that the exception has consumed.
void interruption::again()
{
    boost::detail::thread_data_base* const self = boost::detail::get_current_thread_data();
    const boost::lock_guard<boost::mutex> lock(self->data_mutex);
    self->interrupt_requested = true;
}

// Holds the mutex except while it waits. An interrupting thread locks the mutex, so the watcher
// either waits then and gets the broadcast, or is just before a call of wake(). Spurious calls are
// harmless.
void interruption::watch()
{
    pthread_mutex_lock(&d_mutex);
    d_watches = true;
    pthread_cond_signal(&d_watched);
    while (!d_ends) {
        pthread_cond_wait(&d_interrupted, &d_mutex);
        d_wake();
    }
    pthread_mutex_unlock(&d_mutex);
}

} // namespace zcring
} // namespace gr
