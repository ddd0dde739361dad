// SPDX-License-Identifier: GPL-3.0-or-later
//
// The memory that the process of a rule shares with its watcher: a memfd, inherited by number.

#include "progress.h"

#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>

namespace soapy_check {

std::int64_t now_ns()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

int create_progress()
{
    const int fd = memfd_create("zcring-check-soapy", 0);
    if (fd < 0 || ftruncate(fd, sizeof(progress)) != 0)
        throw std::system_error(errno, std::system_category(), "memory for the result of a rule");
    return fd;
}

progress& map_progress(int fd)
{
    void* const memory = mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        throw std::system_error(errno, std::system_category(), "the result of a rule");
    return *static_cast<progress*>(memory);
}

} // namespace soapy_check
