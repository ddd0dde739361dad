/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert.h"
#include "interruption.h"
#include "latency.h"
#include "ring_buffer.h"
#include "ring_stream.h"

#include <gnuradio/zcring/source.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace gr {
namespace zcring {

class source_impl final : public source
{
public:
    //! What may become of the output buffers: the ring, the ring and nothing else, or
    //! buffers of the runtime's own.
    enum class zero_copy { automatic, on, off };

    source_impl(std::shared_ptr<ring_stream> stream, ::zcring::format type, zero_copy wish);

    //! A buffer for the next port: the ring, or one of the runtime's if the ring is too
    //! small for a downstream block. Called by the runtime, when a flowgraph starts.
    gr::buffer_sptr make_output_buffer(int nitems,
                                       size_t sizeof_item,
                                       uint64_t downstream_lcm_nitems,
                                       uint32_t downstream_max_out_mult,
                                       gr::block_sptr link);

    void set_samp_rate(double rate) override;
    void set_center_freq(double freq, int chan) override;
    void set_gain(double gain, int chan) override;
    double samp_rate() const override;
    double center_freq(int chan) const override;
    double gain(int chan) const override;
    std::map<std::string, std::uint64_t> telemetry() const override;
    std::map<std::uint64_t, std::uint64_t> latency_histogram() const override;
    std::string device() const override;
    bool is_zero_copy() const override;

    bool check_topology(int ninputs, int noutputs) override;
    bool start() override;
    bool stop() override;
    int work(int noutput_items,
             gr_vector_const_void_star& input_items,
             gr_vector_void_star& output_items) override;

private:
    bool has_message() const;
    bool is_unwanted() const;
    ::zcring::status wait_for_samples();
    void tag(const ::zcring::reader::view& view);
    void log_loss(std::uint64_t lost);
    unsigned checked_channel(int chan) const;

    void copy(const ::zcring::reader::view& view, gr_vector_void_star& output_items);
    std::uint64_t unread_items() const;
    void find_rings();
    void limit_buffers();

    const std::shared_ptr<ring_stream> d_stream;
    const converter d_convert;
    const zero_copy d_wish;
    const pmt::pmt_t d_srcid;

    unsigned d_next_port = 0; //!< that make_output_buffer() is for
    //! The rings that are output buffers, one for each connected port; null where the
    //! samples are copied.
    std::vector<std::shared_ptr<ring_buffer>> d_rings;
    std::atomic<bool> d_is_zero_copy;
    std::uint64_t d_interrupt_ns = 0; //!< of the last burst that work() has seen
    latency d_latency;

    struct {
        std::uint64_t samples = 0;
        std::uint64_t gaps = 0;
        std::chrono::steady_clock::time_point next_line{};
    } d_losses; //!< of this stream
    bool d_has_started = false;
    interruption d_interruption;
};

} // namespace zcring
} // namespace gr
