// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/reader.h>

namespace app {

/*!
 * \brief Blocks Ctrl-C (and SIGTERM) in this thread, and in the threads that it starts.
 *
 * A blocked signal is delivered when this object is destroyed, or to an interrupt before that.
 */
class blocked_signals final
{
public:
    blocked_signals();
    ~blocked_signals();
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
};

/*!
 * \brief On Ctrl-C (or SIGTERM), requests an early end, and wakes whoever waits.
 *
 * A second signal kills the process. Construct and destroy this object in the thread that has
 * blocked the signals, while they are blocked there: then no signal can reach a reader that
 * is destroyed. Only one object at a time.
 */
class interrupt final
{
public:
    //! Wakes \p to_wake.
    explicit interrupt(zcring::reader& to_wake);
    //! Makes fd() readable.
    interrupt();
    ~interrupt();
    interrupt(const interrupt&) = delete;
    interrupt& operator=(const interrupt&) = delete;

    bool came() const noexcept;
    //! Readable once the signal came; -1 where a reader is woken.
    int fd() const noexcept { return d_fd; }

private:
    const int d_fd = -1;
};

} // namespace app
