// SPDX-License-Identifier: GPL-3.0-or-later
//
// What hostile clients attack: the driver's devices, or the receivers of a server. Both have the same
// commands; only the calls of this class differ. Nothing here allocates or locks, but for the names.
#ifndef ZCRING_TESTS_FUZZ_TARGET_H
#define ZCRING_TESTS_FUZZ_TARGET_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "zcring/abi.h"

namespace fuzz {

class server_target;

class target
{
public:
    virtual ~target() = default;
    target() = default;
    target(const target&) = delete;
    target& operator=(const target&) = delete;

    // As open(): a descriptor, or -1 and errno. @flags: O_RDWR, or O_RDONLY for one that only observes.
    virtual int open_radio(const std::string& name, int flags) const = 0;
    virtual int open_antenna(const std::string& name, int flags) const = 0;
    // As ioctl(). @argument may be an invalid address.
    virtual int call(int fd, unsigned long command, void* argument) const = 0;
    // As mmap() of a region of channel 0 from its beginning, shared; null and errno.
    virtual void* map(int fd, std::uint32_t region, std::size_t bytes, int protection) const = 0;

    // Whether GET_REGION may have answered so.
    virtual bool is_possible(const zcring_region& asked, const zcring_region& answer) const = 0;
    // zcring_info.role of a radio that was opened to observe it.
    virtual std::uint32_t observer_role() const = 0;
    // Whether a stream can end by the loss of a feed (ZCRING_FAULT_CODE_FEED_LOST).
    virtual bool has_free_pace() const = 0;
    // For the calls that only a server has; null for the driver.
    virtual const server_target* server() const { return nullptr; }
};

} // namespace fuzz

#endif
