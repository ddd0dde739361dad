// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes allocations of the kernel fail on demand.
#ifndef ZCRING_TESTS_DRIVER_ALLOCATIONS_H
#define ZCRING_TESTS_DRIVER_ALLOCATIONS_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <fstream>
#include <functional>
#include <string>

namespace driver {

// Makes this thread's n-th allocation fail, where the kernel was built for that
// (Documentation/fault-injection/fault-injection.rst).
class allocations
{
public:
    allocations() : d_fd(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC))
    {
        const std::string debugfs = "/sys/kernel/debug/";
        for (const std::string kind : { "failslab", "fail_page_alloc" }) {
            std::ofstream(debugfs + kind + "/ignore-gfp-wait") << "N";
            std::ofstream(debugfs + kind + "/verbose") << "0"; // no call trace of each
        }
        std::ofstream(debugfs + "fail_page_alloc/ignore-gfp-highmem") << "N";
        std::ofstream(debugfs + "fail_page_alloc/min-order") << "0";
    }
    ~allocations() { close(d_fd); }
    allocations(const allocations&) = delete;
    allocations& operator=(const allocations&) = delete;

    bool can_fail() const { return d_fd >= 0 && pwrite(d_fd, "0", 1, 0) == 1; }

    // Repeats @action, each time with the next of its allocations failing, until none has failed.
    // Returns the number that failed. @undo runs without failing allocations.
    unsigned fail_each_of(
        const std::function<void()>& action, const std::function<void()>& undo = [] {}) const
    {
        constexpr unsigned too_many = 10000;
        for (unsigned n = 1; n < too_many; n++) {
            set(n);
            action();
            const bool was_last = set(0) > 0;
            undo();
            if (was_last)
                return n - 1;
        }
        ADD_FAILURE() << too_many << " allocations failed, and more remain";
        return too_many;
    }

private:
    // Sets the number, and returns the one that was left.
    unsigned set(unsigned n) const
    {
        char left[16] = "";
        EXPECT_GT(pread(d_fd, left, sizeof(left) - 1, 0), 0);
        const std::string text = std::to_string(n);
        EXPECT_EQ(pwrite(d_fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        return static_cast<unsigned>(std::stoul(left));
    }

    const int d_fd;
};

} // namespace driver

#endif
