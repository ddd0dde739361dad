// SPDX-License-Identifier: GPL-3.0-or-later
//
// One of the processes that kill_campaign kills, stops and continues. Prints the work that is done
// so far, a number a line; ends with 1, and says what is wrong, where a sample or a counter is.
//
//   campaign_client feeder ANTENNA RATE SESSION   sample n is SESSION << 24 | n, modulo 2^24
//   campaign_client receiver ARGUMENTS exact      each sample is one of a feeder, or 0
//   campaign_client receiver ARGUMENTS accounted  only bursts and counters are checked
//   campaign_client observer SERVER RECEIVERS     the counters of one receiver after the other
#include <zcring/antenna.h>
#include <zcring/device.h>
#include <zcring/observer.h>
#include <zcring/reader.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t index_mask = 0xffffff;

// One line now and then, so that the campaign sees progress and the pipe never fills.
class progress
{
public:
    void add(std::uint64_t work)
    {
        d_work += work;
        const auto now = std::chrono::steady_clock::now();
        if (!work || now < d_next)
            return;
        d_next = now + 20ms;
        std::printf("%" PRIu64 "\n", d_work);
        std::fflush(stdout);
    }

private:
    std::uint64_t d_work = 0;
    std::chrono::steady_clock::time_point d_next;
};

[[noreturn]] void fail(const std::string& what) { throw std::logic_error("WRONG: " + what); }

void check_identity(const zcring::telemetry& t)
{
    if (t.sample_clock != t.produced_samples + t.lost_samples)
        fail("sample clock " + std::to_string(t.sample_clock) + ", produced " +
             std::to_string(t.produced_samples) + ", lost " + std::to_string(t.lost_samples));
    if (t.consumed_samples > t.produced_samples)
        fail("more is consumed than produced");
}

// A feed of free pace whose feeder was killed is heard to its end first. The campaign has a deadline.
void begin_feed(zcring::antenna& out, const zcring::antenna::feed_options& options)
{
    for (;;) {
        try {
            out.begin_feed(options);
            return;
        } catch (const std::system_error& e) {
            if (e.code().value() != EBUSY)
                throw;
        }
        std::this_thread::sleep_for(1ms);
    }
}

int feed(const std::string& name, double rate, std::uint32_t session)
{
    zcring::antenna out(name);
    zcring::antenna::feed_options options;
    options.format = zcring::format::sc16;
    options.rate = rate;
    options.buffer_samples = 65536;
    begin_feed(out, options);
    progress done;
    std::vector<std::uint32_t> samples(4096);
    std::uint64_t position = 0;
    for (unsigned turn = 1;; ++turn) {
        if (turn % 16 == 0) { // nothing is sent for a while
            position += 1000;
            out.silence_until(position);
        }
        const std::uint64_t room = out.wait_room(1, -1ns);
        const std::uint64_t n = std::min<std::uint64_t>(room, samples.size());
        for (std::uint64_t i = 0; i < n; ++i)
            samples[i] = session << 24 | (static_cast<std::uint32_t>(position + i) & index_mask);
        const void* const channel = samples.data();
        const std::uint64_t written = out.write(&channel, n);
        position += written;
        done.add(written);
    }
}

// The samples and bursts of one stream.
class stream_check
{
public:
    explicit stream_check(bool exact) : d_exact(exact) {}

    void check(const zcring::reader::view& view, zcring::reader& in)
    {
        if (view.index != d_index)
            fail("index " + std::to_string(view.index) + " after " + std::to_string(d_index));
        std::uint64_t checked = 0;
        while (const auto b = in.next_burst(view.index + view.samples)) {
            if (b->index < view.index || b->index - view.index < checked)
                fail("a burst begins at " + std::to_string(b->index) + ", in the one before");
            check_samples(view, checked, b->index - view.index);
            checked = b->index - view.index;
            d_lost += b->lost;
            if (b->sample_clock != b->index + d_lost)
                fail("sample clock " + std::to_string(b->sample_clock) + " at index " +
                     std::to_string(b->index) + " after " + std::to_string(d_lost) + " lost");
        }
        check_samples(view, checked, view.samples);
        d_index += view.samples;
    }

    void check(const zcring::telemetry& t) const
    {
        check_identity(t);
        if (t.produced_samples < d_index || t.lost_samples < d_lost)
            fail("the counters are behind the bursts");
    }

private:
    // A feed has one place on the sample clock, as long as it is on the air.
    void check_samples(const zcring::reader::view& view, std::uint64_t from, std::uint64_t to)
    {
        if (!d_exact)
            return;
        const auto* const words = static_cast<const std::uint32_t*>(view.channel[0]);
        for (std::uint64_t i = from; i < to; ++i) {
            const std::uint32_t word = words[i];
            if (word == 0)
                continue;
            const std::uint32_t session = word >> 24;
            const auto clock = static_cast<std::uint32_t>(view.index + i + d_lost);
            const std::uint32_t origin = (clock - word) & index_mask;
            if (session < d_session)
                fail("a sample of feed " + std::to_string(session) + " after those of feed " +
                     std::to_string(d_session));
            if (session > d_session) {
                d_session = session;
                d_origin = origin;
            }
            if (origin != d_origin)
                fail("sample " + std::to_string(word & index_mask) + " of feed " +
                     std::to_string(session) + " at sample clock " + std::to_string(clock) + ": " +
                     std::to_string(static_cast<std::int32_t>(origin - d_origin)) + " off");
        }
    }

    const bool d_exact;
    std::uint64_t d_index = 0;
    std::uint64_t d_lost = 0;
    std::uint32_t d_session = 0;
    std::uint32_t d_origin = 0;
};

// Until the stream ends, or its receiver is no member any more.
void receive_stream(zcring::device& dev, bool exact, progress& done)
{
    stream_check check(exact);
    dev.start();
    zcring::reader in(dev);
    auto next = std::chrono::steady_clock::now();
    for (;;) {
        const zcring::status found = in.wait(1, 100ms);
        if (found == zcring::status::gone)
            fail("the server is gone");
        if (found == zcring::status::stopped || found == zcring::status::fault)
            return;
        const zcring::reader::view view = in.acquire();
        check.check(view, in);
        in.release(view.samples);
        done.add(view.samples);
        if (std::chrono::steady_clock::now() < next)
            continue;
        next = std::chrono::steady_clock::now() + 50ms;
        const zcring::telemetry t = dev.telemetry();
        check.check(t);
        if (t.demotions)
            return;
    }
}

int receive(const std::string& arguments, bool exact)
{
    zcring::device dev(arguments);
    progress done;
    for (;;) {
        receive_stream(dev, exact, done);
        try {
            dev.stop();
        } catch (const std::system_error&) { // it has ended by itself
        }
    }
}

int observe(const std::string& server, unsigned receivers)
{
    progress done;
    for (std::uint64_t turn = 0;; ++turn) {
        try {
            const zcring::observer watched(server, turn % receivers);
            for (int i = 0; i < 10; ++i) {
                check_identity(watched.telemetry());
                watched.describe();
                done.add(1);
                std::this_thread::sleep_for(2ms);
            }
        } catch (const std::system_error& e) {
            // The receiver is gone, or not there yet; the server is never.
            if (e.code().value() != ENXIO && e.code().value() != ENODEV)
                throw;
            done.add(1);
            std::this_thread::sleep_for(2ms);
        }
    }
}

int run(const std::vector<std::string>& words)
{
    if (words.size() == 4 && words[0] == "feeder")
        return feed(words[1], std::stod(words[2]), std::stoul(words[3]));
    if (words.size() == 3 && words[0] == "receiver")
        return receive(words[1], words[2] == "exact");
    if (words.size() == 3 && words[0] == "observer")
        return observe(words[1], static_cast<unsigned>(std::stoul(words[2])));
    std::fprintf(stderr, "usage: feeder|receiver|observer ...; see the source\n");
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run({ argv + 1, argv + argc });
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
