// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Waiting for a condition with a deadline. Independent of the test framework.
 */
#ifndef ZCRING_TESTS_SUPPORT_DEADLINE_H
#define ZCRING_TESTS_SUPPORT_DEADLINE_H

#include <chrono>
#include <cstdlib>
#include <thread>

namespace zcring_test {

/*!
 * A deadline for what takes milliseconds, even on an emulated machine. ZCRING_TEST_PATIENCE, in
 * seconds, extends it for kernels with debug checks, where a second of work takes much longer.
 */
inline const std::chrono::seconds time_limit = [] {
    const char* const seconds = std::getenv("ZCRING_TEST_PATIENCE");
    return std::chrono::seconds(seconds ? std::atoi(seconds) : 60);
}();

/*!
 * Polls \p condition every \p period until it holds; false where it does not within \p limit.
 *
 * For conditions whose change wakes no thread. Other threads run between two polls.
 */
template <class Condition>
bool eventually(Condition condition,
                std::chrono::seconds limit = time_limit,
                std::chrono::microseconds period = std::chrono::microseconds(100))
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(period);
    }
    return true;
}

} // namespace zcring_test

#endif
