// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a part of a file, in as many calls as the system needs.
#include "pread.h"

#include <unistd.h>
#include <cerrno>

namespace zcring {

bool pread_all(int fd, std::uint64_t offset, std::byte* out, std::size_t n) noexcept
{
    while (n) {
        const ssize_t got = pread(fd, out, n, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        offset += static_cast<std::uint64_t>(got);
        n -= static_cast<std::size_t>(got);
    }
    return true;
}

} // namespace zcring
