// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/reader.h>

namespace app {

/*!
 * \brief Holds Ctrl-C (and SIGTERM) back, in this thread and in those it starts meanwhile.
 *
 * What is held back comes when this object goes, or to an interrupt within its life.
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
 * \brief Makes of Ctrl-C (and SIGTERM) a wish to end early, which wakes a reader.
 *
 * A second one kills. To be made and destroyed in the thread that holds the signals back,
 * and only while it does: so none can come to a reader that is no more. One at a time.
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
