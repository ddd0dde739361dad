// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads samples from a data file: picks one channel out of the frames, and converts the samples.
// Needs no memory but a buffer on the stack, so that a recording may be of any length.
#include "file_samples.h"

#include "abi_values.h"
#include "engine.h"
#include "pread.h"

#include <algorithm>
#include <cstring>

namespace zcring {

namespace {

constexpr std::size_t buffer_bytes = 32768;

// A frame: one sample of each channel.
bool read_channel(const file_layout& file,
                  unsigned channel,
                  std::uint64_t first,
                  std::uint64_t n,
                  std::byte* out) noexcept
{
    const std::size_t sample = sample_bytes(format_of(file.datatype));
    const std::size_t frame = sample * file.channels;
    if (file.channels == 1)
        return pread_all(file.fd, first * sample, out, n * sample);
    std::byte frames[buffer_bytes];
    while (n) {
        const std::uint64_t some = std::min<std::uint64_t>(n, buffer_bytes / frame);
        if (!pread_all(file.fd, first * frame, frames, some * frame))
            return false;
        for (std::uint64_t k = 0; k < some; k++, out += sample)
            std::memcpy(out, frames + k * frame + channel * sample, sample);
        first += some;
        n -= some;
    }
    return true;
}

// Values of cu8 are those of sc8 plus 128.
void to_signed(std::byte* samples, std::uint64_t n) noexcept
{
    for (std::uint64_t k = 0; k < 2 * n; k++)
        samples[k] ^= std::byte{ 0x80 };
}

} // namespace

std::optional<std::uint64_t> read_samples(const file_layout& file,
                                          unsigned channel,
                                          std::uint64_t first,
                                          std::uint64_t n,
                                          std::byte* out) noexcept
{
    if (!read_channel(file, channel, first, n, out))
        return {};
    if (file.datatype == sigmf_datatype::cu8)
        to_signed(out, n);
    return zcring_samples_clip(
        to_abi(format_of(file.datatype)), reinterpret_cast<u8*>(out), n); // of integers none
}

} // namespace zcring
