/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "qa_recorder.h"

#include <gnuradio/top_block.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

/*!
 * \file
 * \brief A random script of commands and faults, and the tags that it must lead to.
 *
 * The counter scene has every item tell which sample of the ADC it is, so that each tag can be
 * compared with the samples themselves, and with what the script did and when.
 */

using gr::zcring::source;

constexpr double first_rate = 1e6; // a sample each 1000 ns

inline pmt::pmt_t time_pair(std::uint64_t ns)
{
    return pmt::cons(pmt::from_uint64(ns / 1000000000),
                     pmt::from_double(static_cast<double>(ns % 1000000000) / 1e9));
}

//! Something that tags were to show, between two samples of the ADC.
struct deed {
    unsigned channel = 0;
    double value = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool seen = false;
};

class script
{
public:
    script(unsigned seed, unsigned channels, bool zero_copy)
        : d_random(seed),
          d_channels(channels),
          d_name("script " + std::to_string(seed) + ", " + std::to_string(channels) +
                 " channel(s), " + (zero_copy ? "zero copy" : "one copy")),
          d_source(source::make(device_args() + ",scene=counter,format=sc16,interval_us=500" +
                                    ",ring_bytes=" + std::to_string(4096 << below(4)),
                                zero_copy ? "sc16" : "fc32",
                                channels,
                                first_rate,
                                0)),
          d_sink(recorder::make(zero_copy ? 4 : 8, channels)),
          d_events(mailbox::make()),
          d_top(gr::make_top_block("script"))
    {
        for (unsigned c = 0; c < channels; c++)
            d_top->connect(d_source, static_cast<int>(c), d_sink, static_cast<int>(c));
        d_top->msg_connect(d_source, "async_msgs", d_events, "in");
    }

    //! What was wrong; empty if nothing was.
    std::string run()
    {
        d_top->start();
        if (!d_sink->wait_for_items(1))
            return d_name + ": nothing came";
        d_first_time_ns = d_sink->first_time_ns();
        for (unsigned step = 5 + below(10); step; step--) {
            act();
            check_sums();
            if (below(2) && !d_sink->wait_for_clock(clock_now() + below(1500)))
                wrong("the stream stands still");
        }
        const std::uint64_t end = std::max(clock_now(), d_last_timed) + 1;
        if (!d_sink->wait_for_clock(end))
            wrong("the stream stands still at its end");
        d_top->stop();
        d_top->wait();
        check_sums();
        for (unsigned c = 0; c < d_channels; c++)
            check_channel(c);
        check_events();
        return d_wrong.empty() ? "" : d_name + ": " + d_wrong;
    }

    std::uint64_t tags() const { return d_tags_seen; }

private:
    unsigned below(unsigned n) { return d_random() % n; }
    std::uint64_t taken() { return d_source->telemetry()["sample_clock"]; }
    // In a stall the ADC continues, but its samples are not counted yet.
    std::uint64_t clock_now()
    {
        const std::uint64_t counted = taken();
        return d_time_is_plain ? std::max(counted, (d_source->time_now() - d_first_time_ns) / 1000)
                               : counted;
    }

    void wrong(const std::string& what)
    {
        if (d_wrong.empty())
            d_wrong = what;
    }

    void check_sums()
    {
        auto t = d_source->telemetry();
        if (t["sample_clock"] != t["produced_samples"] + t["lost_samples"])
            wrong("the sample clock is not produced + lost");
    }

    void act()
    {
        switch (below(d_time_is_plain ? 10 : 7)) {
        case 0:
            return retune_now();
        case 1:
            return retune_by_message();
        case 2:
            return d_source->inject_drop(1 + below(3000));
        case 3:
            return d_time_is_plain ? d_source->inject_stall(below(3) * 1e-3) : tag_now();
        case 4:
            return d_source->inject_slow_consumer(below(8) * 1e-3);
        case 5:
            return below(3) ? jump() : change_rate();
        case 6:
            return tag_now();
        default:
            return below(4) ? retune_at_time() : tag_at_time();
        }
    }

    deed& new_retune(unsigned channel)
    {
        d_serial++;
        d_retunes.push_back({ channel, d_serial * 1000.0, taken(), UINT64_MAX, false });
        return d_retunes.back();
    }

    void retune_now()
    {
        deed& it = new_retune(below(d_channels));
        d_source->set_center_freq(it.value, static_cast<int>(it.channel));
        it.last = clock_now() + 1;
    }

    pmt::pmt_t message(const deed& it) const
    {
        pmt::pmt_t dict = pmt::make_dict();
        dict = pmt::dict_add(dict, pmt::intern("freq"), pmt::from_double(it.value));
        return pmt::dict_add(dict, pmt::intern("chan"), pmt::from_long(it.channel));
    }

    void post(const pmt::pmt_t& command) { d_source->post(pmt::intern("command"), command); }

    // Messages are handled in their order: once this one is, so are those before.
    void retune_by_message()
    {
        deed& it = new_retune(below(d_channels));
        const int channel = static_cast<int>(it.channel);
        const double gain = d_serial / 100.0; // nothing else changes it
        post(pmt::dict_add(message(it), pmt::intern("gain"), pmt::from_double(gain)));
        if (!eventually([&] { return d_source->gain(channel) == gain; }))
            wrong("a message is not handled");
        it.last = clock_now() + 1;
    }

    // Of what a message wants done at sample \p clock: when at the latest, now that it has been
    // handled.
    std::uint64_t last_for(std::uint64_t clock)
    {
        retune_by_message();
        const std::uint64_t now = clock_now() + 1;
        return now < clock ? clock : now;
    }

    std::uint64_t soon()
    {
        const std::uint64_t clock = clock_now() + (below(4) ? 1000 + below(8000) : 0);
        d_last_timed = std::max(d_last_timed, clock);
        return clock;
    }
    pmt::pmt_t time_of(std::uint64_t clock) const
    {
        return time_pair(d_first_time_ns + clock * 1000);
    }

    void retune_at_time()
    {
        const std::uint64_t clock = soon();
        const std::size_t at = d_retunes.size();
        const deed& it = new_retune(below(d_channels));
        post(pmt::dict_add(message(it), pmt::intern("time"), time_of(clock)));
        d_retunes[at].first = clock;
        const std::uint64_t last = last_for(clock);
        d_retunes[at].last = last;
    }

    void tag_at_time()
    {
        const std::uint64_t clock = soon();
        pmt::pmt_t dict = pmt::make_dict();
        dict = pmt::dict_add(dict, pmt::intern("tag"), pmt::PMT_T);
        post(pmt::dict_add(dict, pmt::intern("time"), time_of(clock)));
        const std::uint64_t last = last_for(clock);
        d_requests.push_back({ 0, 0, clock, last, false });
    }

    void tag_now()
    {
        post(pmt::cons(pmt::intern("tag"), pmt::PMT_T));
        d_requests.push_back({ 0, 0, 0, UINT64_MAX, false });
    }

    // From here on the ADC's clock is not known but from what has been counted, and no time
    // means the sample that it would have meant.
    void leave_plain_time()
    {
        const std::uint64_t now = clock_now();
        if (!eventually([&] { return taken() >= now; }) || !d_sink->wait_for_clock(d_last_timed))
            wrong("the stream stands still");
        d_time_is_plain = false;
    }

    void jump()
    {
        leave_plain_time();
        const double seconds = (1 + below(1000)) * (below(2) ? 1e-3 : -1e-6);
        d_jumps.push_back({ 0, seconds * 1e9, clock_now(), 0, false });
        d_source->inject_clock_jump(seconds);
        d_jumps.back().last = clock_now();
    }

    void change_rate()
    {
        leave_plain_time();
        const double rate = 1e6 / (2 + static_cast<double>(d_rates.size()));
        d_rates.push_back({ 0, rate, clock_now(), 0, false });
        d_source->set_samp_rate(rate);
        d_rates.back().last = clock_now();
    }

    bool may_be_at(const deed& it, unsigned channel, std::uint64_t item) const
    {
        return item >= d_sink->item_of(channel, it.first) &&
               item <= d_sink->item_of(channel, it.last);
    }
    bool claim(std::vector<deed>& deeds, unsigned channel, std::uint64_t item, double value);

    void check_channel(unsigned c);
    void check_gaps(unsigned c);
    void check_all_seen(const std::vector<deed>& deeds, unsigned c, const char* what);
    void check_events();

    std::mt19937 d_random;
    const unsigned d_channels;
    const std::string d_name;
    const source::sptr d_source;
    const recorder::sptr d_sink;
    const mailbox::sptr d_events;
    const gr::top_block_sptr d_top;

    std::uint64_t d_first_time_ns = 0;
    std::uint64_t d_last_timed = 0;
    bool d_time_is_plain = true; //!< as it has been since the first sample
    unsigned d_serial = 0;
    std::vector<deed> d_retunes;
    std::vector<deed> d_rates;
    std::vector<deed> d_jumps;
    std::vector<deed> d_requests; //!< for tags
    std::uint64_t d_tags_seen = 0;
    std::string d_wrong;
};
