// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mapping.h"
#include "unique_fd.h"

#include <cstddef>

namespace zcring::server {

//! Memory of one region that a client maps. The server's own mapping shows it \p times in a row.
class shared_memory final
{
public:
    //! Throws std::system_error if there is no memory. \p client_writes: the client may map it for
    //! writing.
    shared_memory(const char* name, std::size_t bytes, unsigned times, bool client_writes);

    std::byte* get() const noexcept { return static_cast<std::byte*>(d_mapping.get()); }
    std::size_t bytes() const noexcept { return d_bytes; }
    //! A new descriptor for a client; the caller closes it. Throws std::system_error.
    int fd_for_client() const;

private:
    std::size_t d_bytes;
    bool d_client_writes;
    unique_fd d_fd;
    mapping d_mapping;
};

} // namespace zcring::server
