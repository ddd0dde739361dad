/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "source_impl.h"

#include <gnuradio/io_signature.h>

#include <boost/thread/thread.hpp>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace gr {
namespace zcring {

namespace {

using ::zcring::arguments;
using ::zcring::burst;
using ::zcring::command;
using ::zcring::status;
using namespace std::chrono_literals;

const pmt::pmt_t time_key = pmt::intern("rx_time");
const pmt::pmt_t rate_key = pmt::intern("rx_rate");
const pmt::pmt_t freq_key = pmt::intern("rx_freq");
const pmt::pmt_t lost_key = pmt::intern("rx_lost");

// The scheduler can only ask for the end of a thread, not wake it: work() looks this often.
constexpr auto stop_latency = 10ms;

constexpr std::uint64_t ns_per_s = 1000000000;

pmt::pmt_t time_tuple(std::uint64_t ns)
{
    return pmt::make_tuple(pmt::from_uint64(ns / ns_per_s),
                           pmt::from_double(static_cast<double>(ns % ns_per_s) / 1e9));
}

// A setting may stand in the arguments too, but not with another value.
template <class T>
void settle(std::optional<T>& in_args, T value, const char* key, const char* parameter)
{
    if (in_args && *in_args != value) {
        std::ostringstream text;
        text.precision(15);
        text << "zcring: " << key << "=" << *in_args << " in the arguments contradicts "
             << parameter << "=" << value << "; drop one of them";
        throw std::invalid_argument(text.str());
    }
    in_args = value;
}

gr::io_signature::sptr signature(const arguments& args, ::zcring::format type)
{
    const auto nchan = static_cast<int>(*args.channels);
    return gr::io_signature::make(
        nchan, nchan, static_cast<int>(::zcring::sample_bytes(type)));
}

// Enough to take a burst while the one before it is still being read downstream; work()
// returns what is there, so that a large buffer costs no latency.
int buffer_items(double rate, double interval)
{
    return static_cast<int>(std::clamp(2 * rate * interval, 65536.0, 1048576.0));
}

} // namespace

source::sptr source::make(const std::string& args,
                          const std::string& type,
                          unsigned nchan,
                          double samp_rate,
                          double center_freq,
                          double gain,
                          const std::string& zero_copy)
{
    arguments a = ::zcring::parse_arguments(args);
    const ::zcring::format out = ::zcring::parse_format(type);

    if (zero_copy == "on")
        throw std::invalid_argument(
            "zcring: zero_copy=on: this version copies; set zero_copy to auto or off");
    if (zero_copy != "auto" && zero_copy != "off")
        throw std::invalid_argument("zcring: unknown zero_copy \"" + zero_copy +
                                    "\"; it is auto, on or off");
    settle(a.channels, nchan, "channels", "nchan");
    settle(a.rate, samp_rate, "rate", "samp_rate");
    settle(a.freq, center_freq, "freq", "center_freq");
    settle(a.gain, gain, "gain", "gain");
    if (!a.format)
        a.format = out;
    return gnuradio::make_block_sptr<source_impl>(a, out);
}

source_impl::source_impl(arguments args, ::zcring::format type)
    : gr::sync_block("zcring_source", gr::io_signature::make(0, 0, 0), signature(args, type)),
      d_device(args),
      d_reader(d_device),
      d_convert(find_converter(d_device.format(), type)),
      d_item_bytes(::zcring::sample_bytes(type)),
      d_srcid(pmt::intern(alias()))
{
    set_min_output_buffer(buffer_items(*args.rate, d_device.interval()));
    d_logger->info("{:s}: {:d} channel(s), {:s} to {:s}, one pass",
                   d_device.name(),
                   d_device.channels(),
                   to_string(d_device.format()),
                   to_string(type));
}

bool source_impl::start()
{
    // After lock() and unlock() too: the runtime has then set its buffers to their beginning
    // and dropped what lay in them, so that there is no stream to go on with.
    d_device.start();

    // A runtime that has allocated a buffer takes its size for a limit the next time.
    for (unsigned c = 0; c < d_device.channels(); c++)
        set_max_output_buffer(static_cast<int>(c), -1);
    return true;
}

bool source_impl::stop()
{
    d_device.stop();
    return true;
}

// What cannot wake the waiting thread has to be asked for.
bool source_impl::must_return() const { return boost::this_thread::interruption_requested(); }

status source_impl::wait_for_samples()
{
    while (true) {
        const status found = d_reader.wait(1, stop_latency);
        if (found != status::timeout || must_return())
            return found;
    }
}

void source_impl::tag(const ::zcring::reader::view& view)
{
    const auto add = [this](unsigned port, std::uint64_t at, pmt::pmt_t key, pmt::pmt_t value) {
        add_item_tag(port, at, key, value, d_srcid);
    };

    while (const std::optional<burst> b = d_reader.next_burst(view.index + view.samples)) {
        const bool joins = !b->starts && !b->resumes && !b->lost;
        const bool has_time = !joins || b->rate_changed || b->time_changed;
        const std::uint64_t at = nitems_written(0) + (b->index - view.index);

        for (unsigned c = 0; c < d_device.channels(); c++) {
            const bool tuned = b->tuned_channels & (1u << c);
            if (has_time || tuned) {
                add(c, at, time_key, time_tuple(b->time_ns));
                add(c, at, freq_key, pmt::from_double(b->frequency[c]));
            }
            if (has_time)
                add(c, at, rate_key, pmt::from_double(b->rate));
            if (b->lost)
                add(c, at, lost_key, pmt::from_uint64(b->lost));
        }
    }
}

int source_impl::work(int noutput_items,
                      gr_vector_const_void_star&,
                      gr_vector_void_star& output_items)
{
    switch (const status found = wait_for_samples()) {
    case status::data:
    case status::gap:
        break;
    case status::timeout:
    case status::woken:
    case status::stopped:
        return 0;
    case status::fault:
    case status::gone:
        d_logger->error("{:s}: the stream ended: {:s}", d_device.name(), to_string(found));
        return WORK_DONE;
    }

    const auto view = d_reader.acquire(static_cast<std::uint64_t>(noutput_items));
    for (std::size_t c = 0; c < output_items.size(); c++)
        d_convert(output_items[c], view.channel[c], view.samples);
    tag(view);
    d_reader.release(view.samples);
    return static_cast<int>(view.samples);
}

unsigned source_impl::checked_channel(int chan) const
{
    if (chan < 0 || static_cast<unsigned>(chan) >= d_device.channels())
        throw std::invalid_argument("zcring: there is no channel " + std::to_string(chan) +
                                    "; the device has " + std::to_string(d_device.channels()) +
                                    ", counted from 0");
    return static_cast<unsigned>(chan);
}

void source_impl::set_samp_rate(double rate) { d_device.set_rate(rate); }

void source_impl::set_center_freq(double freq, int chan)
{
    d_device.set_frequency(
        freq, chan == all_channels ? command::all_channels : 1u << checked_channel(chan));
}

void source_impl::set_gain(double gain, int chan)
{
    d_device.set_gain(
        gain, chan == all_channels ? command::all_channels : 1u << checked_channel(chan));
}

double source_impl::samp_rate() const { return d_device.tuning().rate; }

double source_impl::center_freq(int chan) const
{
    return d_device.tuning().frequency[checked_channel(chan)];
}

double source_impl::gain(int chan) const { return d_device.tuning().gain[checked_channel(chan)]; }

std::map<std::string, std::uint64_t> source_impl::telemetry() const
{
    const ::zcring::telemetry t = d_device.telemetry();
    return {
        { "sample_clock", t.sample_clock },
        { "produced_samples", t.produced_samples },
        { "consumed_samples", t.consumed_samples },
        { "lost_samples", t.lost_samples },
        { "produced_bytes", t.produced_bytes },
        { "consumed_bytes", t.consumed_bytes },
        { "overflow_bytes", t.overflow_bytes },
        { "overflow_events", t.overflow_events },
        { "bursts", t.bursts },
    };
}

std::string source_impl::device() const { return d_device.name(); }
bool source_impl::is_zero_copy() const { return false; }

} // namespace zcring
} // namespace gr
