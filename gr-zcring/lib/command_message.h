/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <pmt/pmt.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gr {
namespace zcring {

//! What a message at the command port asks for.
struct command_message {
    std::optional<::zcring::command> change; //!< of tuning, if any; with its time
    bool tag = false;                        //!< tags, though nothing changes
    std::optional<std::uint64_t> time_ns;    //!< of the sample for either; else the next
    std::vector<std::string> ignored;        //!< keys of gr-uhd's that a source has no use for
};

/*!
 * Reads a dict, or a pair of one key and its value, with the keys of gr-uhd: freq, gain, rate,
 * bandwidth, chan, time, tag; and noise. Other keys of gr-uhd's set what only hardware has (antenna,
 * lo_offset, …): they are ignored, and the rest holds. Throws std::invalid_argument, which says
 * what is allowed, for a key that gr-uhd does not have either and for a value of the wrong type;
 * the device checks the ranges.
 */
command_message parse_command(pmt::pmt_t message, unsigned channels);

} // namespace zcring
} // namespace gr
