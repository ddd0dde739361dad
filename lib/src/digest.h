// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace zcring {

//! The SHA-512 of the first \p n bytes of a file, in lower-case hexadecimal digits; an empty text
//! if they cannot be read. Throws std::runtime_error if the cryptography library has no SHA-512.
std::string sha512_of_file(int fd, std::uint64_t n);

} // namespace zcring
