// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory of a ring: a region of a device file, or new memory. New memory is mapped several times
// in a row, so that every run of samples is contiguous. One reservation covers the whole range
// first, so that no other mapping of the process can get in between.
#include "mapping.h"
#include "unique_fd.h"

#include <sys/mman.h>
#include <unistd.h>
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

int protection(bool writable) { return writable ? PROT_READ | PROT_WRITE : PROT_READ; }

} // namespace

mapping::mapping(int fd, std::uint64_t offset, std::size_t bytes, bool writable)
    : d_bytes(bytes), d_part_bytes(bytes)
{
    void* address =
        mmap(nullptr, bytes, protection(writable), MAP_SHARED, fd, static_cast<off_t>(offset));
    if (address == MAP_FAILED)
        throw_errno("cannot map " + std::to_string(bytes) + " bytes of the ring");
    d_address = address;
}

mapping::mapping(int fd, std::size_t bytes, unsigned times, access wanted)
    : d_bytes(bytes * times), d_part_bytes(bytes)
{
    void* whole = mmap(nullptr, d_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED)
        throw_errno("cannot reserve " + std::to_string(d_bytes) +
                    " bytes of address space; set a smaller ring_bytes");
    d_address = whole;
    for (unsigned i = 0; i < times; i++) {
        void* part = static_cast<std::byte*>(whole) + i * bytes;
        if (mmap(part, bytes, protection(wanted == access::write), MAP_SHARED | MAP_FIXED, fd, 0) ==
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
    if (other.d_bytes != d_bytes || other.d_part_bytes != d_part_bytes) {
        errno = EINVAL;
        throw_errno("the ring has another length after the device returned");
    }
    // The system moves one part a call.
    for (std::size_t at = 0; at < d_bytes; at += d_part_bytes)
        if (mremap(static_cast<std::byte*>(other.d_address) + at,
                   d_part_bytes,
                   d_part_bytes,
                   MREMAP_MAYMOVE | MREMAP_FIXED,
                   static_cast<std::byte*>(d_address) + at) == MAP_FAILED)
            throw_errno("cannot map " + std::to_string(d_bytes) +
                        " bytes in place of the old ring");
    other.d_address = nullptr;
    d_owner = other.d_owner;
}

void mapping::keep_from_children() noexcept
{
    if (d_address && madvise(d_address, d_bytes, MADV_DONTFORK) == 0)
        d_owner = getpid();
}

// In a child, something else may be at the address of memory that stayed with the parent.
mapping::~mapping()
{
    if (d_address && (!d_owner || d_owner == getpid()))
        munmap(d_address, d_bytes);
}

mapping::mapping(mapping&& other) noexcept
    : d_address(std::exchange(other.d_address, nullptr)),
      d_bytes(other.d_bytes),
      d_part_bytes(other.d_part_bytes),
      d_owner(other.d_owner)
{
}

mapping& mapping::operator=(mapping&& other) noexcept
{
    std::swap(d_address, other.d_address);
    std::swap(d_bytes, other.d_bytes);
    std::swap(d_part_bytes, other.d_part_bytes);
    std::swap(d_owner, other.d_owner);
    return *this;
}

} // namespace zcring
