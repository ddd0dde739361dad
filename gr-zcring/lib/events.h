/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <pmt/pmt.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gr {
namespace zcring {

/*!
 * \file
 * \brief The message ports, and the messages of async_msgs and telemetry: dicts with symbols as
 * keys.
 *
 * Every event has `event`, a symbol, and `item` (uint64), the offset of the item at which it
 * happened. Events of the stream also have `time`, as rx_time.
 */

namespace ports {
extern const pmt::pmt_t command;
extern const pmt::pmt_t events;
extern const pmt::pmt_t telemetry;
} // namespace ports

//! overload: \p clipped (uint64) samples were clipped since the event before.
pmt::pmt_t overload_event(const ::zcring::burst& burst, std::uint64_t clipped);

//! overflow: `lost` (uint64) samples are missing just before the item.
pmt::pmt_t overflow_event(const ::zcring::burst& burst);

//! retune: `freq`, `gain`, `bandwidth` (doubles) of `chan` from this item on; one for each
//! channel that was tuned.
std::vector<pmt::pmt_t> retune_events(const ::zcring::burst& burst, unsigned channels);

//! rate: `rate` (double) from this item on.
pmt::pmt_t rate_event(const ::zcring::burst& burst);

//! device_lost or device_back: `device` is the device's name.
pmt::pmt_t device_event(const char* event, const std::string& device, std::uint64_t item);

//! The telemetry message: names and counts (uint64).
pmt::pmt_t counters(const std::map<std::string, std::uint64_t>& telemetry);

} // namespace zcring
} // namespace gr
