// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>

namespace zcring::server {

/*!
 * \brief A mutex that a thread which locks it again and again gives to those who wait.
 *
 * An ordinary mutex may go back to the thread that has just unlocked it. Here the next holder waits
 * at a gate, before which all others wait.
 */
class turnstile final
{
public:
    void lock()
    {
        const std::lock_guard<std::mutex> gate(d_gate);
        d_mutex.lock();
    }
    void unlock() { d_mutex.unlock(); }

private:
    std::mutex d_gate;
    std::mutex d_mutex;
};

using turnstile_lock = std::lock_guard<turnstile>;

} // namespace zcring::server
