/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert.h"
#include "interruption.h"
#include "latency.h"
#include "pause.h"
#include "ring_buffer.h"
#include "ring_stream.h"
#include "stream_tags.h"

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

    //! What to do when the device goes away: end the flowgraph, or wait until it is back.
    enum class device_lost { stop, wait };

    source_impl(std::shared_ptr<ring_stream> stream,
                ::zcring::format type,
                zero_copy wish,
                device_lost lost);

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
    void set_bandwidth(double bandwidth) override;
    void set_time_now(std::uint64_t time_ns) override;
    void set_start_time(std::uint64_t time_ns) override;
    void set_telemetry_interval(double seconds) override;
    double samp_rate() const override;
    double center_freq(int chan) const override;
    double gain(int chan) const override;
    double bandwidth() const override;
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
    void wake();
    unsigned checked_channel(int chan) const;
    unsigned channel_mask(int chan) const;
    void tune(const ::zcring::command& change);
    void obey(const pmt::pmt_t& message);
    std::uint64_t start_delay();
    void restore_time();
    void log_refused(const pmt::pmt_t& message, const char* why);
    double rpc_counter(const char* name) const;
    double rpc_produced() { return rpc_counter("produced_samples"); }
    double rpc_lost() { return rpc_counter("lost_samples"); }
    double rpc_overflows() { return rpc_counter("overflow_count"); }

    // Below: the thread of work().
    void begin_stream(::zcring::device::start_options options);
    void come_back();
    bool has_message() const;
    bool is_unwanted() const;
    bool dawdle();
    bool sleep_until(pause::time_point when);
    std::chrono::nanoseconds until_next_look() const;
    ::zcring::status wait_for_samples();
    ::zcring::status wait_for_device();
    int call_again();
    int lose_device();
    int done();

    void tell(const ::zcring::reader::view& view);
    std::uint64_t missed(const ::zcring::burst& next) const;
    void report();
    void publish(const pmt::pmt_t& port, const pmt::pmt_t& message);
    void publish_telemetry();
    void log_loss(std::uint64_t lost);

    int pass_on(int most, const gr_vector_void_star& output_items);
    int go_on(gr_vector_void_star output_items);
    void copy(const ::zcring::reader::view& view, const gr_vector_void_star& output_items);
    std::uint64_t unread_items() const;
    void forget_dead_subscribers();
    void find_rings();
    void ask_for_rings();
    void ask_for_copies();
    void limit_buffer(unsigned port, long items);
    long copied_items(unsigned port) const;
    void note_limits();
    bool rings_suffice();
    std::string ring_is_too_small(unsigned port);
    void warn_of_short_bursts();
    bool may_go_on();
    int next_piece(int made);

    const std::shared_ptr<ring_stream> d_stream;
    const ::zcring::format d_type; //!< of the items
    const converter d_convert;
    const zero_copy d_wish;
    const device_lost d_on_device_lost;
    pmt::pmt_t d_srcid;
    stream_tags d_tags;

    int d_copy_items = 0; //!< that a buffer of the runtime's has, at least
    //! Of a buffer's size, or -1 for none. Where it is not what was written last, by us or by
    //! the runtime, the user has written it.
    struct size_limit {
        long users = -1;
        long written = -1;
    };
    struct size_limits {
        size_limit most;
        size_limit least;
    };
    std::vector<size_limits> d_buffer_limits;       //!< for each port
    std::weak_ptr<gr::block_detail> d_noted_detail; //!< with whose buffers the runtime wrote
    bool d_has_noutput_limit = false;               //!< max_noutput_items() is the user's
    int d_runtime_noutput_items = 0;                //!< or else the runtime's, or none
    unsigned d_next_port = 0;                       //!< that make_output_buffer() is for
    //! The rings that are output buffers, one for each connected port; null where the
    //! samples are copied.
    std::vector<std::shared_ptr<ring_buffer>> d_rings;
    std::atomic<bool> d_is_zero_copy;
    ::zcring::burst d_burst; //!< that began last
    latency d_latency;

    struct {
        std::uint64_t samples = 0;
        std::uint64_t gaps = 0;
        std::chrono::steady_clock::time_point next_line{};
    } d_losses; //!< of this stream
    struct {
        std::uint64_t commands = 0;
        std::chrono::steady_clock::time_point next_line{};
    } d_refused;
    bool d_has_started = false;
    bool d_is_lost = false;
    bool d_is_back = false; //!< and has not sent anything yet
    std::string d_why_lost; //!< as it was said last

    std::atomic<std::uint64_t> d_start_time_ns{ 0 }; //!< of the next start; 0: at once
    std::uint64_t d_begins_at_ns = 0; //!< the flowgraph's first stream, which has not begun yet
    std::atomic<std::chrono::nanoseconds> d_telemetry_interval{};
    pause::time_point d_last_telemetry{};
    std::atomic<bool> d_time_is_set{ false };
    std::atomic<std::uint64_t> d_time_base_ns{ 0 }; //!< less the monotonic clock
    std::atomic<pause::time_point> d_slow_until{};
    pause d_pause;
    interruption d_interruption;
};

} // namespace zcring
} // namespace gr
