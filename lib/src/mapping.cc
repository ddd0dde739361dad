// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory of a ring: a region of a device file, or new memory. New memory is mapped several times
// in a row, so that every run of samples is contiguous. One reservation covers the whole range
// first, so that no other mapping of the process can get in between.
#include "mapping.h"
#include "unique_fd.h"

#include <sys/mman.h>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace zcring {

namespace {

[[noreturn]] void throw_errno(const std::string& what)
{
    throw std::system_error(errno, std::system_category(), what);
}

} // namespace

mapping::mapping(int fd, std::uint64_t offset, std::size_t bytes, bool writable) : d_bytes(bytes)
{
    void* address = mmap(nullptr,
                         bytes,
                         writable ? PROT_READ | PROT_WRITE : PROT_READ,
                         MAP_SHARED,
                         fd,
                         static_cast<off_t>(offset));
    if (address == MAP_FAILED)
        throw_errno("cannot map " + std::to_string(bytes) + " bytes of the ring");
    d_address = address;
}

mapping::mapping(int fd, std::size_t bytes, unsigned times) : d_bytes(bytes * times)
{
    void* whole = mmap(nullptr, d_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED)
        throw_errno("cannot reserve " + std::to_string(d_bytes) +
                    " bytes of address space; set a smaller ring_bytes");
    d_address = whole;
    for (unsigned i = 0; i < times; i++) {
        void* part = static_cast<std::byte*>(whole) + i * bytes;
        if (mmap(part, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED) {
            const int error = errno;
            munmap(whole, d_bytes);
            throw std::system_error(error, std::system_category(), "cannot map the ring twice");
        }
    }
}

mapping::mapping(std::size_t bytes, unsigned times)
{
    const unique_fd memory(memfd_create("zcring", MFD_CLOEXEC));
    if (!memory || ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0)
        throw_errno("cannot get " + std::to_string(bytes) +
                    " bytes for the ring; set a smaller ring_bytes or free some memory");
    *this = mapping(memory.get(), bytes, times);
}

void mapping::replace_by(mapping&& other)
{
    if (other.d_bytes != d_bytes) {
        errno = EINVAL;
        throw_errno("the ring has another length after the device returned");
    }
    if (mremap(other.d_address, d_bytes, d_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, d_address) ==
        MAP_FAILED)
        throw_errno("cannot map " + std::to_string(d_bytes) + " bytes in place of the old ring");
    other.d_address = nullptr;
}

mapping::~mapping()
{
    if (d_address)
        munmap(d_address, d_bytes);
}

mapping::mapping(mapping&& other) noexcept
    : d_address(std::exchange(other.d_address, nullptr)), d_bytes(other.d_bytes)
{
}

mapping& mapping::operator=(mapping&& other) noexcept
{
    std::swap(d_address, other.d_address);
    std::swap(d_bytes, other.d_bytes);
    return *this;
}

} // namespace zcring
