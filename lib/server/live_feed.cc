// SPDX-License-Identifier: GPL-3.0-or-later
#include "live_feed.h"

#include <zcring/limits.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <system_error>

namespace zcring::server {

namespace {

constexpr std::uint64_t default_bytes = 64u
                                        << 20;  // at most, of all channels, of the feeder's buffer
constexpr std::uint64_t ring_bytes = 64u << 20; // at most, of all channels, of the antenna's ring
constexpr std::uint64_t samples_min = 1u << 15;
constexpr std::uint64_t spans_max = 1u << 14;

std::uint64_t power_of_two_from(std::uint64_t n)
{
    std::uint64_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

std::uint64_t power_of_two_up_to(std::uint64_t n)
{
    const std::uint64_t power = power_of_two_from(n);
    return power > n ? power / 2 : power;
}

std::uint64_t frame_bytes(const zcring_scene& scene)
{
    return zcring_sample_bytes(scene.format) * std::max(scene.channels, 1u);
}

[[noreturn]] void throw_error(int error, const char* what)
{
    throw std::system_error(error, std::system_category(), what);
}

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

} // namespace

std::uint64_t live_feed::buffer_samples(const zcring_scene& scene)
{
    std::uint64_t samples = scene.samples;
    if (!samples) // a second
        samples = std::min<std::uint64_t>(scene.rate_num / scene.rate_den + 1,
                                          power_of_two_up_to(default_bytes / frame_bytes(scene)));
    const std::uint64_t most = ZCRING_SCENE_BYTES_MAX / frame_bytes(scene);
    if (samples > most)
        return 0;
    samples = power_of_two_from(std::max<std::uint64_t>(samples, ZCRING_FEED_SAMPLES_MIN));
    return samples > most ? 0 : samples;
}

live_feed::live_feed(const zcring_scene& scene, bool has_feeder)
{
    const unsigned channels = std::max(scene.channels, 1u);
    const std::uint64_t bytes = zcring_sample_bytes(scene.format);
    const std::uint64_t buffer = buffer_samples(scene);
    const std::uint64_t rate = scene.rate_num / scene.rate_den;
    if (!buffer)
        throw_error(EINVAL, "zcring: the buffer of the feed is too large");
    if (static_cast<double>(rate) > zcring::limits::feed_rate_max / channels)
        throw_error(ERANGE, "zcring: the rate of the feed is too high");

    d_fed.taken = &d_untold;
    d_fed.written = &d_last;
    if (has_feeder) {
        d_taken = std::make_shared<shared_memory>("zcring-taken", page_bytes(), 1, false);
        d_written = std::make_shared<shared_memory>("zcring-written", page_bytes(), 1, true);
        d_fed.taken = reinterpret_cast<zcring_feed_taken*>(d_taken->get());
        d_fed.written = reinterpret_cast<zcring_feed_written*>(d_written->get());
    }
    d_fed.samples = buffer;
    d_fed.channels = channels;
    d_fed.sample_bytes = static_cast<u32>(bytes);
    // Half a second, so that a receiver with long intervals need not be turned more often.
    const std::uint64_t wanted = power_of_two_from(std::max(rate / 2, samples_min));
    d_ring = d_fed;
    d_ring.samples = std::min(wanted, power_of_two_up_to(ring_bytes / frame_bytes(scene)));
    const unsigned __int128 quarter =
        static_cast<unsigned __int128>(depth() / 4) * 1000000000 * scene.rate_den / scene.rate_num;
    d_quarter_ns =
        static_cast<std::uint64_t>(std::min<unsigned __int128>(quarter, ZCRING_INTERVAL_NS_MAX));
    for (unsigned c = 0; c < channels; c++) {
        if (has_feeder) {
            d_data.push_back(
                std::make_shared<shared_memory>("zcring-feed", buffer * bytes, 1, true));
            d_fed.data[c] = reinterpret_cast<u8*>(d_data.back()->get());
        }
        d_samples.emplace_back(static_cast<u8*>(std::calloc(d_ring.samples, bytes)));
        d_ring.data[c] = d_samples.back().get();
        if (!d_ring.data[c])
            throw std::bad_alloc();
    }
    d_spans.resize(spans_max);
    d_log.spans = d_spans.data();
    d_log.size = spans_max;
    d_ring.log = &d_log;
    d_ring.written = &d_heard;
    d_ring.taken = nullptr;
    zcring_feed_init(&d_fed);
    zcring_intake_init(&d_intake, &d_fed);
}

zcring_feed_ring live_feed::ring(zcring_feed_taken* taken) const
{
    zcring_feed_ring r = d_ring;
    r.taken = taken;
    return r;
}

std::int64_t live_feed::depth() const noexcept
{
    return static_cast<std::int64_t>(d_ring.samples) - 2 * ZCRING_FEED_HISTORY;
}

void live_feed::advance(std::int64_t tick, const std::function<std::int64_t()>& kept)
{
    const auto size = static_cast<std::int64_t>(d_ring.samples);
    while (clock() < tick) {
        if (tick > d_kept + size || d_log.count - d_oldest_span > spans_max / 4) {
            d_kept = std::min(kept(), clock() - ZCRING_FEED_HISTORY);
            while (d_oldest_span + 1 < d_log.count &&
                   static_cast<std::int64_t>(
                       zcring_load(&d_spans[d_oldest_span % spans_max].until)) <= d_kept)
                d_oldest_span++;
        }
        const std::int64_t end = std::min(tick, d_kept + size);
        if (end <= clock())
            return;
        decide(static_cast<std::uint64_t>(end - clock()), true);
    }
}

void live_feed::decide_without_samples(std::int64_t tick)
{
    if (tick > clock())
        decide(static_cast<std::uint64_t>(tick - clock()), false);
}

void live_feed::forget_samples()
{
    for (const zeroed_memory& channel : d_samples)
        std::memset(channel.get(), 0, d_ring.samples * d_ring.sample_bytes);
    d_kept = clock() - ZCRING_FEED_HISTORY;
}

// After the end the clock goes on, and nothing is written any more.
void live_feed::decide(std::uint64_t samples, bool with_samples)
{
    while (samples && !d_is_over) {
        zcring_presence presence{};
        const std::uint64_t run = zcring_intake_run(&d_intake, d_clock, 1, samples, 0, &presence);
        if (presence == ZCRING_ENDED) {
            d_is_over = true;
            zcring_ring_store_ended(&d_heard);
            break;
        }
        if (with_samples)
            copy(d_clock, run);
        if (zcring_intake_pass(&d_intake, d_clock + run).samples)
            note_underflow(d_clock, d_clock + run);
        d_clock += run;
        samples -= run;
        zcring_ring_store_written(&d_heard, d_clock, 0);
    }
    d_clock += samples;
}

void live_feed::copy(std::uint64_t index, std::uint64_t samples)
{
    const std::uint64_t bytes = d_ring.sample_bytes;
    while (samples) {
        const zcring_spot spot = zcring_intake_find(&d_intake, index);
        const std::uint64_t place = zcring_ring_place(index, d_ring.samples);
        const std::uint64_t n =
            std::min<std::uint64_t>({ samples, spot.run, d_ring.samples - place });
        for (unsigned c = 0; c < d_ring.channels; c++) {
            u8* to = d_ring.data[c] + place * bytes;
            if (spot.is_gap)
                std::memset(to, 0, n * bytes);
            else
                std::memcpy(to, d_fed.data[c] + spot.sample * bytes, n * bytes);
        }
        index += n;
        samples -= n;
    }
}

// A span is stored before its samples are published. A log that is full, of a feeder that comes and goes
// at every tick, takes no further span: the receivers do not count that underflow.
void live_feed::note_underflow(std::uint64_t from, std::uint64_t until)
{
    if (d_log.count) {
        zcring_feed_span& last = d_spans[(d_log.count - 1) % spans_max];
        if (last.until == from) {
            zcring_store(&last.until, until);
            return;
        }
    }
    if (d_log.count - d_oldest_span >= spans_max / 2)
        return;
    zcring_feed_span& span = d_spans[d_log.count % spans_max];
    zcring_store(&span.from, from);
    zcring_store(&span.until, until);
    zcring_store(&d_log.count, d_log.count + 1);
}

bool live_feed::is_over() const { return d_is_over || zcring_intake_has_ended(&d_intake, d_clock); }

std::int64_t live_feed::promise() const
{
    constexpr std::uint64_t any = ZCRING_SCENE_SAMPLES_MAX * 2;
    if (d_is_over)
        return std::numeric_limits<std::int64_t>::max();
    const std::uint64_t samples = zcring_intake_promised(&d_intake, d_clock, 1, any);
    if (samples == any)
        return std::numeric_limits<std::int64_t>::max();
    return clock() + static_cast<std::int64_t>(samples);
}

// The words of a feeder that is gone are kept aside: whoever it left its memory to changes nothing.
void live_feed::hang_up(bool goes_on)
{
    d_last.ended = zcring_ring_load_ended(d_fed.written);
    d_last.silent_until = zcring_ring_load_silent_until(d_fed.written);
    d_last.written = zcring_ring_load_written(d_fed.written);
    d_last.late_samples = zcring_load(&d_fed.written->late_samples);
    d_is_lost = !d_last.ended;
    if (d_is_lost && goes_on)
        d_last.silent_until = d_intake.decided + ZCRING_SCENE_SAMPLES_MAX;
    d_fed.written = &d_last;
}

void live_feed::get(zcring_feed& feed) const { zcring_feed_get(&d_fed, &feed); }

bool live_feed::feeder_wants_wake() const
{
    return d_fed.written != &d_last && zcring_ring_feed_wants_wake(d_fed.written, d_intake.freed);
}

std::shared_ptr<const shared_memory> live_feed::region(std::uint32_t which,
                                                       std::uint32_t channel) const
{
    switch (which) {
    case ZCRING_META:
        return d_taken;
    case ZCRING_CONSUMER:
        return d_written;
    case ZCRING_DATA:
        return channel < d_data.size() ? d_data[channel] : nullptr;
    }
    return nullptr;
}

} // namespace zcring::server
