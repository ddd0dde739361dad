// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bounds every number by which an address in the ring is computed. The limits are those of the
// interface, so that no product of them overflows.
#include "geometry.h"

#include "engine.h"

namespace zcring {

namespace {

constexpr std::uint64_t most_burst_slots = 1u << 24;
constexpr std::uint32_t most_burst_bytes = 1u << 16;

bool is_power_of_two(std::uint64_t n) noexcept { return n && !(n & (n - 1)); }

} // namespace

const char* geometry_fault(const zcring_info& info) noexcept
{
    const std::uint32_t sample_bytes = zcring_sample_bytes(info.format);

    if (info.channels < 1 || info.channels > ZCRING_CHANNELS_MAX)
        return "its number of channels is not 1 to 8";
    if (!sample_bytes || info.sample_bytes != sample_bytes)
        return "its format is not known";
    if (!is_power_of_two(info.ring_samples) ||
        info.ring_samples > ZCRING_RING_BYTES_MAX / sample_bytes)
        return "the size of its ring is not a power of two up to 1 GiB";
    if (!is_power_of_two(info.burst_slots) || info.burst_slots > most_burst_slots)
        return "its number of descriptors is not a power of two";
    if (info.burst_bytes < sizeof(zcring_burst) || info.burst_bytes > most_burst_bytes ||
        info.burst_bytes % alignof(zcring_burst))
        return "its descriptors are too short";
    return nullptr;
}

std::uint64_t data_bytes(const zcring_info& info) noexcept
{
    return info.ring_samples * info.sample_bytes;
}

std::uint64_t burst_bytes(const zcring_info& info) noexcept
{
    return info.burst_slots * info.burst_bytes;
}

} // namespace zcring
