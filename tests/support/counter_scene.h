// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The formula of the counter scene (docs/abi.md), and how its samples are decoded.
 */
#ifndef ZCRING_TESTS_SUPPORT_COUNTER_SCENE_H
#define ZCRING_TESTS_SUPPORT_COUNTER_SCENE_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace zcring_test {

//! Difference between the counters of two neighbouring channels.
constexpr std::uint32_t counter_channel_step = 4097;

//! Counter of the sample that \p channel takes at \p sample_clock: I is its low half, Q its high.
constexpr std::uint32_t counter_sample(std::uint64_t sample_clock, std::uint64_t channel = 0)
{
    return static_cast<std::uint32_t>(sample_clock + counter_channel_step * channel);
}

//! Counter in sc8 sample \p k: the low 16 bits only.
inline std::uint32_t counter_from_sc8(const void* samples, std::uint64_t k)
{
    std::uint8_t iq[2];
    std::memcpy(iq, static_cast<const char*>(samples) + sizeof(iq) * k, sizeof(iq));
    return iq[0] | static_cast<std::uint32_t>(iq[1]) << 8;
}

//! Counter in sc16 sample \p k.
inline std::uint32_t counter_from_sc16(const void* samples, std::uint64_t k)
{
    std::uint16_t iq[2];
    std::memcpy(iq, static_cast<const char*>(samples) + sizeof(iq) * k, sizeof(iq));
    return iq[0] | static_cast<std::uint32_t>(iq[1]) << 16;
}

//! Counter in fc32 sample \p k, whose full scale of 1 is 32768 counts.
inline std::uint32_t counter_from_fc32(const void* samples, std::uint64_t k)
{
    float iq[2];
    std::memcpy(iq, static_cast<const char*>(samples) + sizeof(iq) * k, sizeof(iq));
    const auto half = [](float x) {
        return static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lrint(x * 32768)));
    };
    return half(iq[0]) | static_cast<std::uint32_t>(half(iq[1])) << 16;
}

} // namespace zcring_test

#endif
