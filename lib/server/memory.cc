// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory of a region: a memfd, which the server maps.
#include "memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace zcring::server {

namespace {

[[noreturn]] void throw_no_memory(std::size_t bytes)
{
    throw std::system_error(
        errno,
        std::system_category(),
        "cannot get " + std::to_string(bytes) +
            " bytes for a ring; choose a smaller ring_bytes or free some memory");
}

int make_memfd(const char* name, std::size_t bytes)
{
    const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0)
        throw_no_memory(bytes);
    return fd;
}

} // namespace

shared_memory::shared_memory(const char* name,
                             std::size_t bytes,
                             unsigned times,
                             bool client_writes)
    : d_bytes(bytes),
      d_client_writes(client_writes),
      d_fd(make_memfd(name, bytes)),
      d_mapping(d_fd.get(), bytes, times)
{
    fcntl(d_fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
}

int shared_memory::fd_for_client() const
{
    const std::string path = "/proc/self/fd/" + std::to_string(d_fd.get());
    const int fd = open(path.c_str(), (d_client_writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "cannot open the memory of a ring");
    return fd;
}

} // namespace zcring::server
