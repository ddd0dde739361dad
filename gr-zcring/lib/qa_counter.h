/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/gr_complex.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

//! What an item of the counter scene says: as sc16 (4 bytes), or converted to fc32 (8 bytes).
inline std::uint32_t counter_value(std::size_t item_bytes, const void* items, std::uint64_t item)
{
    std::uint32_t value = 0;
    if (item_bytes == 4) {
        std::memcpy(&value, static_cast<const char*>(items) + 4 * item, 4);
        return value;
    }
    const auto& c = static_cast<const gr_complex*>(items)[item];
    const auto half = [](float x) {
        return static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lrint(x * 32768)));
    };
    return half(c.real()) | static_cast<std::uint32_t>(half(c.imag())) << 16;
}
