// SPDX-License-Identifier: GPL-3.0-or-later
//
// The filter of the engine looks back, so that a piece is kept from the first sample that was asked
// for last.
#include "read_ahead.h"

#include <algorithm>
#include <new>

namespace zcring {

namespace {

constexpr std::uint64_t piece_samples = 8 * ZCRING_SOURCE_SAMPLES;

} // namespace

zcring_scene_source read_ahead::source()
{
    zcring_scene_source s{};
    s.samples = [](void* context, u32 channel, u64 first, u32 n) {
        return reinterpret_cast<const u8*>(
            static_cast<read_ahead*>(context)->find(channel, first, n));
    };
    s.context = this;
    return s;
}

// Null if the samples cannot be read, which ends the stream. An exception must not pass the engine.
const std::byte* read_ahead::find(unsigned channel, std::uint64_t first, std::uint32_t n)
try {
    const std::size_t bytes = sample_bytes(d_file->format());
    piece& p = d_pieces.at(channel);
    if (first < p.first || first + n > p.first + p.samples) {
        p.bytes.resize(piece_samples * bytes);
        p.first = first;
        p.samples = std::min(piece_samples, d_file->samples() - first);
        if (n > p.samples || !d_file->read(channel, first, p.samples, p.bytes.data())) {
            p.samples = 0;
            return nullptr;
        }
    }
    return p.bytes.data() + (first - p.first) * bytes;
} catch (const std::exception&) {
    return nullptr;
}

} // namespace zcring
