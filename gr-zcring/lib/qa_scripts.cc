/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Random scripts of commands and faults. The counter scene has every item tell which sample
// of the ADC it is, so that each tag can be held against the samples themselves, and against
// what the script did and when.
#include "qa_recorder.h"

#include <boost/test/unit_test.hpp>

#include <gnuradio/top_block.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <sstream>

namespace {

using gr::zcring::source;

constexpr double first_rate = 1e6; // a sample each 1000 ns

pmt::pmt_t time_pair(std::uint64_t ns)
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
    // In a stall the ADC goes on, though nobody has counted its samples yet.
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

std::string deeds_text(const std::vector<deed>& deeds)
{
    std::ostringstream text;
    for (const deed& it : deeds)
        text << "; channel " << it.channel << ", " << it.value << ": samples " << it.first << " to "
             << it.last << (it.seen ? ", seen" : "");
    return text.str();
}

// Every run of samples but the first begins with the gap before it, and nothing else does.
void script::check_gaps(unsigned c)
{
    std::uint64_t before = 0; // the sample that would have come
    std::size_t gaps = 0;
    for (auto run = d_sink->runs(c).begin(); run != d_sink->runs(c).end(); ++run) {
        const auto& [item, clock] = *run;
        const auto found = d_sink->tagged(c).find(item);
        if (run != d_sink->runs(c).begin() || clock != 0) {
            gaps++;
            if (found == d_sink->tagged(c).end() || !found->second.count("rx_lost"))
                wrong("no rx_lost at item " + std::to_string(item));
            else if (pmt::to_uint64(found->second.at("rx_lost")[0]) != clock - before)
                wrong("rx_lost is not what was lost at item " + std::to_string(item));
        }
        const auto next = std::next(run);
        before = clock + (next == d_sink->runs(c).end() ? 0 : next->first - item);
    }
    for (const auto& [item, tags] : d_sink->tagged(c))
        gaps -= tags.count("rx_lost");
    if (gaps)
        wrong("there are more rx_lost than gaps");
}

bool script::claim(std::vector<deed>& deeds, unsigned channel, std::uint64_t item, double value)
{
    for (deed& it : deeds) {
        if (it.channel != channel || it.value != value || !may_be_at(it, channel, item))
            continue;
        it.seen = true;
        return true;
    }
    return false;
}

// What has no tag of its own was overtaken at its sample by another one.
void script::check_all_seen(const std::vector<deed>& deeds, unsigned c, const char* what)
{
    for (const deed& it : deeds) {
        const std::uint64_t from = d_sink->item_of(c, it.first);
        if (it.seen || it.channel != c || from >= d_sink->items())
            continue;
        const bool overtaken = std::any_of(deeds.begin(), deeds.end(), [&](const deed& other) {
            return other.seen && other.channel == c && other.last >= it.first &&
                   d_sink->item_of(c, other.first) <= d_sink->item_of(c, it.last);
        });
        if (!overtaken)
            wrong(std::string("no tag for ") + what + " to " + std::to_string(it.value) +
                  " at item " + std::to_string(from));
    }
}

void script::check_channel(unsigned c)
{
    double rate = first_rate;
    double freq = 0;
    std::uint64_t time = 0;
    std::uint64_t clock_before = 0;
    double jumped = 0;

    check_gaps(c);
    for (deed& it : d_rates)
        it.channel = c;
    for (deed& it : d_requests)
        it.channel = c;
    for (const auto& [item, tags] : d_sink->tagged(c)) {
        const std::string at = " at item " + std::to_string(item);
        bool explained = item == 0 || tags.count("rx_lost");
        for (const auto& [key, values] : tags) {
            d_tags_seen += values.size();
            if (values.size() != 1)
                wrong(key + " twice" + at);
        }
        if (!tags.count("rx_time") || !tags.count("rx_freq")) {
            wrong("no rx_time or rx_freq" + at);
            continue;
        }
        const std::uint64_t clock = d_sink->clock_of(c, item);
        const std::uint64_t now = recorder::time_ns(tags.at("rx_time")[0]);
        const double off = item == 0 ? 0
                                     : static_cast<double>(static_cast<std::int64_t>(now - time)) -
                                           static_cast<double>(clock - clock_before) * 1e9 / rate;
        const bool has_rate = tags.count("rx_rate");
        const double new_rate = has_rate ? pmt::to_double(tags.at("rx_rate")[0]) : rate;
        if (new_rate != rate) {
            explained = true;
            if (!claim(d_rates, c, item, new_rate))
                wrong("an rx_rate that nobody set" + at);
        } else if (std::abs(off) > 2) {
            explained = true;
            jumped += off;
        }
        const double new_freq = pmt::to_double(tags.at("rx_freq")[0]);
        if (new_freq != freq) {
            if (!claim(d_retunes, c, item, new_freq))
                wrong("rx_freq " + std::to_string(new_freq) + " is not where it was set:" + at +
                      ", sample " + std::to_string(clock) + deeds_text(d_retunes));
        } else if (!has_rate) {
            wrong("tags without a cause" + at);
        }
        if (has_rate && !explained && !claim(d_requests, c, item, 0))
            wrong("all tags without a cause" + at + ", sample " + std::to_string(clock) +
                  deeds_text(d_requests));
        rate = new_rate;
        freq = new_freq;
        time = now;
        clock_before = clock;
    }
    check_all_seen(d_retunes, c, "a retune");
    check_all_seen(d_rates, c, "a rate");
    double wanted = 0;
    for (const deed& it : d_jumps)
        wanted += it.value;
    // Each rate change rounds the time once.
    if (d_rates.empty() &&
        std::abs(jumped - wanted) > 2.0 * static_cast<double>(d_jumps.size() + 1))
        wrong("the time jumped by " + std::to_string(jumped) + " ns, and not by " +
              std::to_string(wanted));
}

void script::check_events()
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> tagged;
    for (const pmt::pmt_t& event : d_events->events("overflow"))
        told.emplace_back(pmt::to_uint64(mailbox::value(event, "item")),
                          pmt::to_uint64(mailbox::value(event, "lost")));
    for (const auto& [item, tags] : d_sink->tagged(0))
        if (tags.count("rx_lost"))
            tagged.emplace_back(item, pmt::to_uint64(tags.at("rx_lost")[0]));
    // What was on its way to either when the flowgraph stopped may be missing from one.
    const std::size_t both = std::min(told.size(), tagged.size());
    if (!std::equal(told.begin(), told.begin() + static_cast<long>(both), tagged.begin()))
        wrong("the overflows at async_msgs are not those of the tags");
}

void run_scripts(bool zero_copy)
{
    const unsigned scripts = on_emulator() ? 250 : 13; // of each of four kinds
    std::uint64_t tags = 0;
    for (const unsigned channels : { 1u, 4u }) {
        for (unsigned seed = 1; seed <= scripts; seed++) {
            script it(seed * 10 + channels, channels, zero_copy);
            const std::string wrong = it.run();
            BOOST_REQUIRE_EQUAL(wrong, "");
            tags += it.tags();
        }
    }
    std::cout << 2 * scripts << " scripts, " << (zero_copy ? "zero copy" : "one copy") << ": "
              << tags << " tags, each at its sample\n";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(scripts, accounting_check)

BOOST_AUTO_TEST_CASE(random_scripts_tag_every_sample_right_with_zero_copy) { run_scripts(true); }
BOOST_AUTO_TEST_CASE(random_scripts_tag_every_sample_right_with_one_copy) { run_scripts(false); }

BOOST_AUTO_TEST_SUITE_END()
