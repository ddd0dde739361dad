/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Runs random scripts (qa_script.h), and checks that each tag sits at its sample and has its cause.
#include "qa_script.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iostream>
#include <sstream>

static std::string deeds_text(const std::vector<deed>& deeds)
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
                wrong("an rx_rate that was not set" + at);
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

static void run_scripts(bool zero_copy)
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

BOOST_FIXTURE_TEST_SUITE(scripts, accounting_check)

BOOST_AUTO_TEST_CASE(random_scripts_tag_every_sample_right_with_zero_copy) { run_scripts(true); }
BOOST_AUTO_TEST_CASE(random_scripts_tag_every_sample_right_with_one_copy) { run_scripts(false); }

BOOST_AUTO_TEST_SUITE_END()
