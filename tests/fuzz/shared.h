// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the processes of driver_fuzz or server_fuzz share: a page of counters and findings, and how random
// numbers are made. Nothing here allocates or locks: children of fork() use it, and threads.
#ifndef ZCRING_TESTS_FUZZ_SHARED_H
#define ZCRING_TESTS_FUZZ_SHARED_H

#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace fuzz {

// Every kind of operation, in the order of operation_names.
enum operation : unsigned {
    op_open,
    op_close,
    op_dup,
    op_fork,
    op_mmap,
    op_munmap,
    op_mremap,
    op_mprotect,
    op_madvise,
    op_touch,
    op_corrupt,
    op_force_write,
    op_get,
    op_config,
    op_scene,
    op_start,
    op_stop,
    op_control,
    op_get_feed,
    op_feed_until,
    op_feed_end,
    op_unknown_ioctl,
    op_poll,
    op_read,
    op_write,
    op_file,
    op_pass_fd,
    op_release,
    op_plug,
    op_inject,
    op_sysfs,
    server_operations, // those that only a server has follow
    op_attach = server_operations,
    op_message,
    op_memory,
    op_feed,
    operations
};
constexpr const char* operation_names[operations] = {
    "open",     "close",   "dup",   "fork",    "mmap",     "munmap",  "mremap",
    "mprotect", "madvise", "touch", "corrupt", "force",    "get",     "config",
    "scene",    "start",   "stop",  "control", "get feed", "until",   "end feed",
    "ioctl?",   "poll",    "read",  "write",   "file",     "pass fd", "release",
    "plug",     "inject",  "sysfs", "attach",  "message",  "memory",  "feed"
};

struct shared_state {
    std::atomic<std::uint64_t> done[operations];
    std::atomic<std::uint64_t> succeeded[operations];
    std::atomic<std::uint64_t> observed;        // telemetries that the observer has checked
    std::atomic<std::uint64_t> verified;        // checks of the well-behaved client that passed
    std::atomic<unsigned long> most_shared_kib; // that a server shared with its clients at a time
    std::atomic<unsigned long> most_memory_kib; // of its own
    std::atomic<std::uint32_t> findings;
    std::atomic<bool> ready;
    std::atomic<bool> stop;
    char texts[32][1000];

    bool count(operation which, bool success)
    {
        done[which].fetch_add(1, std::memory_order_relaxed);
        if (success)
            succeeded[which].fetch_add(1, std::memory_order_relaxed);
        return success;
    }
    std::uint64_t total() const
    {
        std::uint64_t sum = 0;
        for (const auto& n : done)
            sum += n.load(std::memory_order_relaxed);
        return sum;
    }
    // A violation of the interface. The texts of the first 32 are kept.
    [[gnu::format(printf, 2, 3)]] void report_finding(const char* format, ...)
    {
        const std::uint32_t n = findings.fetch_add(1);
        if (n >= sizeof(texts) / sizeof(texts[0]))
            return;
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(texts[n], sizeof(texts[n]), format, arguments);
        va_end(arguments);
    }
};

// SplitMix64: small and seeded.
class random_numbers
{
public:
    explicit random_numbers(std::uint64_t seed) : d_state(seed) {}

    std::uint64_t next()
    {
        std::uint64_t z = d_state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    // A number near a limit that a bounds check may have wrong.
    std::uint64_t boundary_value()
    {
        switch (below(6)) {
        case 0:
            return below(4);
        case 1:
            return ~below(4);
        case 2:
            return (1ULL << below(64)) + below(3) - 1;
        case 3:
            return below(1 << 16) << 12;
        case 4:
            return next() >> below(64);
        }
        return next();
    }
    void fill(void* to, std::size_t bytes)
    {
        auto* at = static_cast<unsigned char*>(to);
        for (std::size_t i = 0; i < bytes; i++)
            at[i] = static_cast<unsigned char>(next());
    }
    // Overwrites some aligned words of @to, one of them at least.
    void mutate(void* to, std::size_t bytes)
    {
        do {
            const std::uint64_t value = boundary_value();
            const std::size_t width = one_in(2) ? 4 : 8;
            const std::size_t place = below(bytes / width) * width;
            __builtin_memcpy(static_cast<char*>(to) + place, &value, width);
        } while (one_in(3));
    }

private:
    std::uint64_t d_state;
};

} // namespace fuzz

#endif
