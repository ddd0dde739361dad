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
 * \brief On Ctrl-C (or SIGTERM), requests an early end and wakes a reader.
 *
 * A second signal kills the process. Construct and destroy this object in the thread that has
 * blocked the signals, while they are blocked there: then no signal can reach a reader that
 * is destroyed. Only one object at a time.
 */
class interrupt final
{
public:
    explicit interrupt(zcring::reader& to_wake);
    ~interrupt();
    interrupt(const interrupt&) = delete;
    interrupt& operator=(const interrupt&) = delete;

    bool came() const noexcept;
};

} // namespace app
