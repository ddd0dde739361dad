// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client does with a live feed: it sets feeds that the radio can receive, writes to
// them, announces silence, ends them, and checks what GET_FEED returns.
#include "client_thread.h"

#include <poll.h>

namespace fuzz {

// What holds for every feed. The clock is ahead of the underflows that are counted while a burst is
// made in several steps, and when a stream was stopped between two of them; at the end of a feed it
// goes on until the last sample has passed the filter. The feeder of a server counts late samples itself.
void client_thread::check_feed(const zcring_feed& feed)
{
    const std::uint64_t size = feed.buffer_samples;
    if (size < 8192 || (size & (size - 1)) || feed.flags & ~ZCRING_FEED_ENDED ||
        feed.underflow_count > feed.underflow_samples || feed.underflow_samples > feed.clock ||
        (!d_target.server() &&
         (feed.late_samples > feed.clock || feed.late_samples > feed.written)))
        d_shared.report_finding("GET_FEED: clock %llu, written %llu, buffer %llu, late %llu, "
                                "underflow %llu in %llu runs, flags %x",
                                feed.clock,
                                feed.written,
                                feed.buffer_samples,
                                feed.late_samples,
                                feed.underflow_samples,
                                feed.underflow_count,
                                feed.flags);
}

bool client_thread::get_feed_of(int fd, zcring_feed& feed)
{
    const bool success =
        d_shared.count(op_get_feed, d_target.call(fd, ZCRING_IOC_GET_FEED, &feed) == 0);
    if (success)
        check_feed(feed);
    return success;
}

void client_thread::get_feed()
{
    zcring_feed feed;
    const int fd = file();
    if (d_random.one_in(2)) {
        get_feed_of(fd, feed);
        return;
    }
    void* const to = pointer(&feed, sizeof(feed));
    d_shared.count(op_get_feed, d_target.call(fd, ZCRING_IOC_GET_FEED, to) == 0);
}

// A file whose announcement succeeds has been the feeder of this feed all the time. If nobody else
// has the file, the feed is the same before and after, and has only gone on.
void client_thread::announce_silence_to(int fd)
{
    zcring_feed before{}, after{};
    const bool was_there = get_feed_of(fd, before);
    zcring_feed_until until{};
    until.index = before.written + d_random.below(1 << d_random.below(20));
    if (d_random.one_in(4))
        until.index = before.written - d_random.below(4);
    if (d_random.one_in(8))
        d_random.mutate(&until, sizeof(until));
    void* const from = pointer(&until, sizeof(until));
    const bool success = d_target.call(fd, ZCRING_IOC_FEED_UNTIL, from) == 0;
    d_shared.count(op_feed_until, success);
    if (success && !may_change() && fd == d_inherited_file)
        d_shared.report_finding("FEED_UNTIL took effect through a file that has no right to it");
    if (!success || !was_there || !is_alone() || from != &until || !get_feed_of(fd, after))
        return;
    if (static_cast<std::int64_t>(until.index - before.written) < 0 ||
        after.written < until.index || after.clock < before.clock ||
        after.late_samples < before.late_samples ||
        after.underflow_samples < before.underflow_samples ||
        after.underflow_count < before.underflow_count)
        d_shared.report_finding("FEED_UNTIL %llu: written %llu, then %llu; clock %llu, then %llu; "
                                "underflow %llu, then %llu",
                                until.index,
                                before.written,
                                after.written,
                                before.clock,
                                after.clock,
                                before.underflow_samples,
                                after.underflow_samples);
}

void client_thread::announce_silence() { announce_silence_to(file()); }

void client_thread::end_feed() { change(op_feed_end, ZCRING_IOC_FEED_END, nullptr, 0); }

// A feed that fits the radio's rate, as a feeder that knows it would set it.
bool client_thread::set_feed_scene(int antenna, const zcring_config& config)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_FEED;
    scene.format = 1 + d_random.below(3);
    scene.channels = d_random.one_in(2) ? 1 : 1 + d_random.below(ZCRING_CHANNELS_MAX);
    scene.samples = 1 + d_random.below(20000);
    scene.rate_num = config.rate_num * (d_random.one_in(2) ? 1 : 1 + d_random.below(64));
    scene.rate_den = config.rate_den;
    return d_shared.count(op_scene, d_target.call(antenna, ZCRING_IOC_SET_SCENE, &scene) == 0);
}

// A turn of a feeder that goes on until the feed ends. Other threads may close its file meanwhile.
void client_thread::feed_live()
{
    const int flags = d_role.open_flags | O_NONBLOCK;
    const int radio = d_target.open_radio(d_role.path, flags);
    const int antenna = d_target.open_antenna(d_role.path, flags);
    zcring_config config{};
    if (!may_change() || d_target.call(radio, ZCRING_IOC_GET_CONFIG, &config) ||
        !set_feed_scene(antenna, config)) {
        close(radio);
        close(antenna);
        return;
    }
    keep(radio);
    keep(antenna);
    for (auto turns = d_random.below(64); turns; turns--) {
        zcring_feed feed;
        zcring_start start{};
        alignas(16) static thread_local char buffer[1 << 16];
        switch (d_random.below(8)) {
        case 0:
            announce_silence_to(antenna);
            break;
        case 1:
            get_feed_of(antenna, feed);
            break;
        case 2:
            d_shared.count(op_start, d_target.call(radio, ZCRING_IOC_START, &start) == 0);
            break;
        case 3:
            if (d_random.one_in(16))
                d_shared.count(op_feed_end,
                               d_target.call(antenna, ZCRING_IOC_FEED_END, nullptr) == 0);
            break;
        case 4: {
            pollfd entry{ antenna, POLLOUT, 0 };
            d_shared.count(op_poll, poll(&entry, 1, static_cast<int>(d_random.below(3))) > 0);
            break;
        }
        default: {
            const std::size_t bytes = d_random.below(sizeof(buffer));
            d_shared.count(op_write, write(antenna, pointer(buffer, bytes), bytes) > 0);
        }
        }
    }
}

} // namespace fuzz
