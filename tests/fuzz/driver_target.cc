// SPDX-License-Identifier: GPL-3.0-or-later
#include "driver_target.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "text_files.h"

namespace fuzz {
namespace {

constexpr std::uint64_t slot_bytes = 1ULL << 32;

} // namespace

int driver_target::open_radio(const std::string& name, int flags) const
{
    return open(name.c_str(), flags | O_CLOEXEC);
}

int driver_target::open_antenna(const std::string& name, int flags) const
{
    return open(antenna_of(name).c_str(), flags | O_CLOEXEC);
}

int driver_target::call(int fd, unsigned long command, void* argument) const
{
    return ioctl(fd, command, argument);
}

void* driver_target::map(int fd, std::uint32_t region, std::size_t bytes, int protection) const
{
    void* const got =
        mmap(nullptr, bytes, protection, MAP_SHARED, fd, static_cast<off_t>(region * slot_bytes));
    return got == MAP_FAILED ? nullptr : got;
}

bool driver_target::is_possible(const zcring_region& asked, const zcring_region& answer) const
{
    const std::uint64_t slot = asked.region + asked.channel + (asked.flags ? 16 : 0);
    return asked.region <= ZCRING_DATA && !asked.reserved[0] && !asked.reserved[1] &&
           !asked.reserved[2] && answer.writable == (asked.region == ZCRING_CONSUMER) &&
           !(asked.flags & ~ZCRING_REGION_PAGES) && (!asked.flags || asked.region == ZCRING_DATA) &&
           answer.offset == slot * slot_bytes;
}

} // namespace fuzz
