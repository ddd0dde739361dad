/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_port.h"
#include "device_session.h"
#include "latency.h"
#include "output_buffers.h"
#include "publisher.h"
#include "setting_policy.h"
#include "stream_tags.h"
#include "waiting.h"

#include <gnuradio/zcring/source.h>

#include <chrono>
#include <memory>

namespace gr {
namespace zcring {

/*!
 * \brief The source: its setters and getters, and work(), which joins its parts.
 *
 * Threading: setters, getters and post() may be called from any thread.
 */
class source_impl final : public source
{
public:
    source_impl(std::shared_ptr<ring_stream> stream,
                ::zcring::format type,
                zero_copy_mode mode,
                device_lost on_device_lost,
                std::unique_ptr<setting_policy> policy);

    ~source_impl() override;

    //! The output buffers, for the runtime, which makes them by ring_buffer::type().
    output_buffers& buffers() { return d_buffers; }

    void set_samp_rate(double rate) override;
    void set_center_freq(double freq, int chan) override;
    void set_gain(double gain, int chan) override;
    void set_bandwidth(double bandwidth) override;
    void set_noise(double level) override;
    void set_time_now(std::uint64_t time_ns) override;
    void set_start_time(std::uint64_t time_ns) override;
    void set_command_time(std::uint64_t time_ns) override;
    void clear_command_time() override;
    void set_telemetry_interval(double seconds) override;
    double samp_rate() const override;
    double center_freq(int chan) const override;
    double gain(int chan) const override;
    double bandwidth() const override;
    double noise() const override;
    range get_samp_rate_range() const override;
    std::vector<double> get_samp_rate_list() const override;
    range get_freq_range(int chan) const override;
    range get_gain_range(int chan) const override;
    range get_bandwidth_range(int chan) const override;
    range get_noise_range() const override;
    std::uint64_t time_now() const override;
    std::map<std::string, std::uint64_t> telemetry() const override;
    std::map<std::uint64_t, std::uint64_t> latency_histogram() const override;
    std::string device() const override;
    bool is_zero_copy() const override;
    void inject_stall(double seconds) override;
    void inject_drop(std::uint64_t samples) override;
    void inject_clock_jump(double seconds) override;
    void inject_unplug() override;
    void inject_plug() override;
    void inject_slow_consumer(double seconds) override;

    void setup_rpc() override;
    void post(pmt::pmt_t port, pmt::pmt_t message) override;
    bool check_topology(int ninputs, int noutputs) override;
    bool start() override;
    bool stop() override;
    int work(int noutput_items,
             gr_vector_const_void_star& input_items,
             gr_vector_void_star& output_items) override;

private:
    using command = ::zcring::command;

    unsigned checked_channel(int chan) const;
    unsigned channel_mask(int chan) const;
    void set(std::optional<double> command::*field,
             const allowed_value& setting,
             unsigned channels = command::all_channels);
    double rpc_counter(const char* name) const;
    double rpc_produced() { return rpc_counter("produced_samples"); }
    double rpc_lost() { return rpc_counter("lost_samples"); }
    double rpc_overflows() { return rpc_counter("overflow_count"); }
    double rpc_clipped() { return rpc_counter("clipped_samples"); }

    // Below: the thread of work().
    ::zcring::status wait_for_device();
    std::chrono::nanoseconds publish_telemetry();
    void process_bursts(const ::zcring::reader::view& view);
    int produce_once(int most, const gr_vector_void_star& output_items);
    int produce_pieces(gr_vector_void_star output_items);
    int stream(int noutput_items, gr_vector_void_star& output_items);
    bool end_if_blocked();
    int end_or_call_again(::zcring::status found);
    int call_again();
    int lose_device();
    int done();

    const std::shared_ptr<ring_stream> d_stream;
    const ::zcring::format d_type; //!< of the items
    const std::unique_ptr<setting_policy> d_policy;
    device_session d_session;
    output_buffers d_buffers;
    publisher d_publisher;
    waiting d_waiting;
    stream_tags d_tags;
    command_port d_commands;
    latency d_latency;
    pmt::pmt_t d_srcid;         //!< of the tags
    ::zcring::burst d_burst;    //!< that began last
    bool d_has_started = false; //!< work() may wait for samples, or for the device
};

} // namespace zcring
} // namespace gr
