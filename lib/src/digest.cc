// SPDX-License-Identifier: GPL-3.0-or-later
//
// The checksum of a recording. The file is read in pieces: it need not fit into memory.
#include "digest.h"

#include "pread.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

namespace zcring {

namespace {

constexpr std::size_t piece_bytes = std::size_t{ 1 } << 20;

void check(int result)
{
    if (!result)
        throw std::runtime_error(
            "zcring: the cryptography library has no SHA-512; install another build of OpenSSL");
}

} // namespace

std::string sha512_of_file(int fd, std::uint64_t n)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    check(context && EVP_DigestInit_ex(context.get(), EVP_sha512(), nullptr));
    std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(n, piece_bytes)));
    for (std::uint64_t done = 0; done < n;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(n - done, piece.size()));
        if (!pread_all(fd, done, piece.data(), size))
            return {};
        check(EVP_DigestUpdate(context.get(), piece.data(), size));
        done += size;
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    check(EVP_DigestFinal_ex(context.get(), digest, &length));
    static constexpr char hex[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; i++) {
        text += hex[digest[i] >> 4];
        text += hex[digest[i] & 15];
    }
    return text;
}

} // namespace zcring
