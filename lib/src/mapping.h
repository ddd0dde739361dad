// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace zcring {

//! Owns mapped memory. Throws std::system_error where it cannot be had.
class mapping final
{
public:
    mapping() noexcept = default;
    //! \p bytes of \p fd from \p offset on, shared.
    mapping(int fd, std::uint64_t offset, std::size_t bytes, bool writable);
    //! New zeroed memory of \p bytes, \p times in a row.
    mapping(std::size_t bytes, unsigned times);
    ~mapping();
    mapping(mapping&& other) noexcept;
    mapping& operator=(mapping&& other) noexcept;

    //! Moves \p other's memory, which is as long, to where this one's is and in its place.
    //! At no moment is there nothing at that address for another thread to see.
    void replace_by(mapping&& other);

    void* get() const noexcept { return d_address; }

private:
    void* d_address = nullptr;
    std::size_t d_bytes = 0;
};

} // namespace zcring
