// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What the process that tries a rule tells the process that watches it, in shared memory.
 *
 * The memory outlives a crash of the module, and needs no thread of the process that hangs. Each call
 * of the module is written here before it is made. The watcher reads the texts when the process has
 * ended, or when a call lasts too long.
 */
#ifndef ZCRING_SOAPY_CHECK_PROGRESS_H
#define ZCRING_SOAPY_CHECK_PROGRESS_H

#include <atomic>
#include <cstdint>
#include <string>

namespace soapy_check {

/*! The call that one thread is in. */
struct call_slot {
    std::atomic<std::int64_t> since_ns; //!< of the steady clock; 0: the thread is in no call
    char text[256];
};

enum class outcome : int { none, ok, failed, skipped };

/*! The shared memory. All zeros at first. Only the process that tries the rule writes. */
struct progress {
    call_slot slots[8]; //!< one for each thread that calls the module
    std::atomic<outcome> result;
    std::atomic<int> channels[2]; //!< by direction; of the first child, which makes the device
    char called[512];
    char text[2048]; //!< what came back, or why the rule was skipped
};

/*! The nanoseconds of the steady clock. One clock for both processes. */
std::int64_t now_ns();

/*! Copies \p text into \p field, as much as fits, and ends it with zero. */
template <std::size_t Size>
void copy_text(char (&field)[Size], const std::string& text)
{
    field[text.copy(field, Size - 1)] = '\0';
}

/*! Creates the memory, as a file descriptor that a program started later inherits. */
int create_progress();

/*! Maps the memory. Throws std::system_error. It stays mapped until the process ends. */
progress& map_progress(int fd);

} // namespace soapy_check

#endif
