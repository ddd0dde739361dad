/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/counter_scene.h"

#include <cstddef>
#include <cstdint>

//! Counter in an item of the counter scene: sc16 (4 bytes), or converted to fc32 (8 bytes).
inline std::uint32_t counter_value(std::size_t item_bytes, const void* items, std::uint64_t item)
{
    return item_bytes == 4 ? zcring_test::counter_from_sc16(items, item)
                           : zcring_test::counter_from_fc32(items, item);
}
