// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>

namespace zcring {

//! Owns mapped memory. Throws std::system_error if the memory cannot be mapped.
class mapping final
{
public:
    enum class access { read, write };

    mapping() noexcept = default;
    //! \p bytes of \p fd from \p offset on, shared.
    mapping(int fd, std::uint64_t offset, std::size_t bytes, bool writable);
    //! New zeroed memory of \p bytes, \p times in a row.
    mapping(std::size_t bytes, unsigned times);
    //! All \p bytes of \p fd, which has a size, \p times in a row.
    mapping(int fd, std::size_t bytes, unsigned times, access wanted = access::write);
    ~mapping();
    mapping(mapping&& other) noexcept;
    mapping& operator=(mapping&& other) noexcept;

    //! Moves the memory of \p other, which has the same length, to the address of this one, in
    //! its place. There is memory at that address at every moment, for other threads.
    void replace_by(mapping&& other);

    //! Children that fork() makes do not get the memory: it is not charged to them, and stays with
    //! them no longer than with this process. An object that was copied into a child frees nothing.
    void keep_from_children() noexcept;

    void* get() const noexcept { return d_address; }
    std::size_t bytes() const noexcept { return d_bytes; }

private:
    void* d_address = nullptr;
    std::size_t d_bytes = 0;
    std::size_t d_part_bytes = 0; //!< of what is mapped several times in a row
    pid_t d_owner = 0;            //!< the only process that has the memory; 0: it and its children
};

} // namespace zcring
