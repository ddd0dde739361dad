// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace zcring {

//! Owns mapped memory. Throws std::system_error if the memory cannot be mapped.
class mapping final
{
public:
    mapping() noexcept = default;
    //! \p bytes of \p fd from \p offset on, shared.
    mapping(int fd, std::uint64_t offset, std::size_t bytes, bool writable);
    //! New zeroed memory of \p bytes, \p times in a row.
    mapping(std::size_t bytes, unsigned times);
    //! All \p bytes of \p fd, which has a size, writable and \p times in a row.
    mapping(int fd, std::size_t bytes, unsigned times);
    ~mapping();
    mapping(mapping&& other) noexcept;
    mapping& operator=(mapping&& other) noexcept;

    //! Moves the memory of \p other, which has the same length, to the address of this one, in
    //! its place. There is memory at that address at every moment, for other threads.
    void replace_by(mapping&& other);

    void* get() const noexcept { return d_address; }

private:
    void* d_address = nullptr;
    std::size_t d_bytes = 0;
};

} // namespace zcring
