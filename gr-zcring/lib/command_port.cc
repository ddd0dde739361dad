/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The command port of a source. Messages come from other blocks and programs, so that nothing in
// them may end the flowgraph or fill the log: each reason for a refusal is logged once.
#include "command_port.h"

#include "command_message.h"

#include <stdexcept>
#include <utility>

namespace gr {
namespace zcring {

namespace {

// For a line of the log.
std::string shortened(std::string text)
{
    constexpr std::size_t most = 200;
    return text.size() <= most ? text : text.substr(0, most) + "…";
}

} // namespace

command_port::command_port(std::string device,
                           unsigned channels,
                           device_session& session,
                           stream_tags& tags,
                           gr::logger_ptr logger)
    : d_device(std::move(device)),
      d_channels(channels),
      d_session(session),
      d_tags(tags),
      d_logger(std::move(logger))
{
}

void command_port::apply(const pmt::pmt_t& message)
{
    try {
        const command_message wanted = parse_command(message, d_channels);
        if (wanted.tag && d_tags.is_full())
            throw std::length_error("too many tags are waited for; send fewer ahead of time");
        if (wanted.change)
            d_session.tune(*wanted.change);
        if (wanted.tag)
            d_tags.request(wanted.time_ns);
        for (const std::string& key : wanted.ignored)
            log_once(false, "key " + key + " is ignored, as it sets nothing here", message);
    } catch (const std::exception& e) {
        log_once(true, e.what(), message);
    }
}

void command_port::log_once(bool is_refused, const std::string& reason, const pmt::pmt_t& message)
{
    const auto verdict = d_reported.report(reason);
    if (verdict == reported_reasons::verdict::silent)
        return;
    const std::string line = d_device + ": command " + shortened(pmt::write_string(message)) +
                             (is_refused ? " refused: " : " applied in part: ") +
                             shortened(reason) +
                             (verdict == reported_reasons::verdict::log_the_last
                                  ? "; no further reason is logged until the next start"
                                  : "");
    if (is_refused)
        d_logger->error("{:s}", line);
    else
        d_logger->warn("{:s}", line);
}

} // namespace zcring
} // namespace gr
