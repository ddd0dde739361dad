/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert.h"

#include <gnuradio/zcring/source.h>
#include <zcring/reader.h>

namespace gr {
namespace zcring {

class source_impl final : public source
{
public:
    source_impl(::zcring::arguments args, ::zcring::format type);

    void set_samp_rate(double rate) override;
    void set_center_freq(double freq, int chan) override;
    void set_gain(double gain, int chan) override;
    double samp_rate() const override;
    double center_freq(int chan) const override;
    double gain(int chan) const override;
    std::map<std::string, std::uint64_t> telemetry() const override;
    std::string device() const override;
    bool is_zero_copy() const override;

    bool start() override;
    bool stop() override;
    int work(int noutput_items,
             gr_vector_const_void_star& input_items,
             gr_vector_void_star& output_items) override;

private:
    bool must_return() const;
    ::zcring::status wait_for_samples();
    void tag(const ::zcring::reader::view& view);
    unsigned checked_channel(int chan) const;

    ::zcring::device d_device;
    ::zcring::reader d_reader;
    const converter d_convert;
    const std::size_t d_item_bytes;
    const pmt::pmt_t d_srcid;
};

} // namespace zcring
} // namespace gr
