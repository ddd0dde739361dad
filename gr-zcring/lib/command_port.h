/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "device_session.h"
#include "reported_reasons.h"
#include "stream_tags.h"

#include <gnuradio/logger.h>
#include <pmt/pmt.h>

#include <string>

namespace gr {
namespace zcring {

/*!
 * \brief Applies the messages at the command port, and logs those that are refused.
 *
 * Ownership: refers to the session and to the tags, which must outlive it.
 * Threading: the thread of work(), in which the scheduler handles messages.
 */
class command_port final
{
public:
    command_port(std::string device,
                 unsigned channels,
                 device_session& session,
                 stream_tags& tags,
                 gr::logger_ptr logger);

    //! A new flowgraph runs: each reason is logged again.
    void start() { d_reported.clear(); }

    //! Applies a message. A message with a mistake is logged, and changes nothing. Does not throw.
    void apply(const pmt::pmt_t& message);

private:
    void log_once(bool is_refused, const std::string& reason, const pmt::pmt_t& message);

    const std::string d_device;
    const unsigned d_channels;
    device_session& d_session;
    stream_tags& d_tags;
    const gr::logger_ptr d_logger;
    reported_reasons d_reported;
};

} // namespace zcring
} // namespace gr
