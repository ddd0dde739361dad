// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring play: puts a scene on the air until Ctrl-C, or feeds an antenna from a file or a pipe, and
// says at the end whether all samples were on the air in time.
#include "play.h"

#include "interrupt.h"
#include "sample_source.h"
#include "text.h"
#include "verify_recording.h"

#include <zcring/antenna.h>

#include <nlohmann/json.hpp>

#include <poll.h>
#include <chrono>
#include <cmath>
#include <iostream>
#include <stdexcept>

namespace app {

namespace {

constexpr std::chrono::nanoseconds for_ever{ -1 };

bool is_built_in(const std::string& file)
{
    return file == "tone" || file == "noise" || file == "counter";
}

// The keys that are of a receiver.
void refuse_receiver(const zcring::arguments& a)
{
    if (const char* const key = zcring::receiver_key(a))
        throw std::invalid_argument(std::string(key) +
                                    " is not of an antenna; remove it. An antenna is that of "
                                    "device=/dev/zcring0, or of a server (zcring serve)");
}

// In the arguments of play, the scene is the file; start= and loop= belong to it.
zcring::arguments parse(const play_options& options)
{
    zcring::arguments a = zcring::parse_arguments(options.arguments + ",scene=FILE");
    refuse_receiver(a);
    a.scene = options.file;
    return a;
}

std::string name_of_antenna(const zcring::arguments& a)
{
    if (!a.device.empty())
        return a.device;
    const std::vector<std::string> all = zcring::antenna::list();
    if (all.empty())
        throw std::invalid_argument("there is no antenna; load the driver (modprobe zcring), or "
                                    "start a server (zcring serve) and add device=NAME");
    return all.front();
}

void wait_for(int fd)
{
    pollfd waited = { fd, POLLIN, 0 };
    while (poll(&waited, 1, -1) < 1)
        continue;
}

std::string describe(const zcring::antenna::feed_options& d)
{
    return std::string(to_string(d.format)) + ", " + counted(d.channels, "channel") + ", " +
           scaled(d.rate, "S/s") + " at " + scaled(d.freq, "Hz");
}

// All raw samples as a scene; false, and no scene, after an interrupt.
bool load_raw(zcring::antenna& out, const zcring::arguments& a, const interrupt& end)
{
    const auto source = open_samples(*a.scene, a);
    const zcring::antenna::feed_options& d = source->description();
    const std::size_t bytes = zcring::sample_bytes(d.format);
    const std::uint64_t most = (std::uint64_t{ 1 } << 30) / (bytes * d.channels);
    std::vector<std::vector<std::byte>> samples(d.channels);
    for (;;) {
        const sample_source::piece piece = source->next(end.fd());
        if (!piece.samples)
            break;
        if (piece.place + piece.samples > most)
            throw std::invalid_argument(*a.scene + " is longer than 1 GiB; add --live");
        for (unsigned c = 0; c < d.channels; c++) {
            const auto* from = static_cast<const std::byte*>(piece.channels[c]);
            samples[c].insert(samples[c].end(), from, from + piece.samples * bytes);
        }
    }
    if (end.came())
        return false;
    std::vector<const void*> channels;
    for (const auto& channel : samples)
        channels.push_back(channel.data());
    zcring::antenna::scene_options scene;
    scene.format = d.format;
    scene.rate = d.rate;
    scene.freq = d.freq;
    scene.channels = d.channels;
    scene.loop = a.loop.value_or(scene.loop);
    out.set_scene(scene, channels.data(), samples[0].size() / bytes);
    return true;
}

int play_scene(zcring::antenna& out, zcring::arguments a, const play_options& options)
{
    const interrupt end;
    if (options.buffer > 0)
        throw std::invalid_argument("--buffer is for a live feed; add --live, or remove it");
    a.device.clear();
    if (is_built_in(options.file) || is_recording(options.file))
        out.set_scene(a);
    else if (!load_raw(out, a, end))
        return 0;
    if (options.json)
        std::cout << nlohmann::ordered_json{
            { "antenna", out.name() }, { "scene", options.file }
        }.dump(2) << std::endl;
    else
        std::cout << out.name() << ": " << options.file << " is on the air; Ctrl-C ends it"
                  << std::endl;
    wait_for(end.fd());
    return 0;
}

class live_feed final
{
public:
    live_feed(zcring::antenna& out, sample_source& in, const interrupt& end)
        : d_out(out), d_in(in), d_end(end)
    {
    }

    // Sends all samples, and ends the feed. An interrupt ends it early.
    void run()
    {
        while (!d_end.came()) {
            const sample_source::piece piece = d_in.next(d_end.fd());
            if (!piece.samples)
                break;
            send(piece);
        }
        d_out.end_feed();
        d_is_complete = !d_end.came() && d_out.wait_taken(for_ever, d_end.fd());
    }

    bool is_complete() const noexcept { return d_is_complete; }

private:
    void send(const sample_source::piece& piece)
    {
        const std::size_t bytes = zcring::sample_bytes(d_in.description().format);
        std::vector<const void*> at = piece.channels;
        if (piece.place > d_position) // samples that are missing in the recording
            d_out.silence_until(piece.place);
        for (std::uint64_t done = 0; done < piece.samples && !d_end.came();) {
            if (!d_out.wait_room(1, for_ever, d_end.fd()))
                continue;
            const std::uint64_t n = d_out.write(at.data(), piece.samples - done);
            for (const void*& channel : at)
                channel = static_cast<const std::byte*>(channel) + n * bytes;
            done += n;
        }
        d_position = piece.place + piece.samples;
    }

    zcring::antenna& d_out;
    sample_source& d_in;
    const interrupt& d_end;
    std::uint64_t d_position = 0;
    bool d_is_complete = false;
};

const char* verdict(const zcring::antenna::feed_status& s, bool is_complete)
{
    if (s.late_samples || s.underflow_samples)
        return "late: samples came after their time; send them faster, or begin further ahead";
    return is_complete ? "in time: all samples were on the air"
                       : "ended early: no sample was late so far";
}

void print_report(const live_feed& feed,
                  const zcring::antenna::feed_status& s,
                  std::uint64_t bytes_left)
{
    table rows(1);
    rows.row("written", { grouped(s.position), "samples" });
    rows.row("on the air", { grouped(std::min(s.clock, s.position)), "samples" });
    rows.row("late", { grouped(s.late_samples), "samples, which were dropped" });
    rows.row(
        "silence",
        { grouped(s.underflow_samples), "samples, in " + counted(s.underflow_count, "underflow") });
    std::cout << rows;
    if (bytes_left)
        std::cout << "The last " << counted(bytes_left, "byte")
                  << " are no whole sample of each channel, and were not sent.\n";
    std::cout << verdict(s, feed.is_complete()) << '\n';
}

void print_json(const zcring::antenna& out,
                const live_feed& feed,
                const zcring::antenna::feed_status& s,
                std::uint64_t bytes_left)
{
    std::cout << nlohmann::ordered_json{
        { "antenna", out.name() },
        { "written_samples", s.position },
        { "clock", s.clock },
        { "late_samples", s.late_samples },
        { "underflow_samples", s.underflow_samples },
        { "underflow_count", s.underflow_count },
        { "bytes_left", bytes_left },
        { "complete", feed.is_complete() }
    }.dump(2) << '\n';
}

int play_live(zcring::antenna& out, const zcring::arguments& a, const play_options& options)
{
    if (is_built_in(options.file))
        throw std::invalid_argument(options.file + " is a scene, not a live feed; remove --live");
    if (a.loop)
        throw std::invalid_argument("loop= is for a scene; remove it, or --live");
    const auto source = open_samples(options.file, a);
    zcring::antenna::feed_options description = source->description();
    description.buffer_samples =
        static_cast<std::uint64_t>(std::ceil(options.buffer * description.rate));
    const interrupt end;
    out.begin_feed(description);
    if (!options.json)
        std::cout << out.name() << ": a live feed: " << describe(description) << ", a buffer of "
                  << counted(out.status().buffer_samples, "sample") << std::endl;
    live_feed feed(out, *source, end);
    feed.run();
    const zcring::antenna::feed_status s = out.status();
    if (options.json)
        print_json(out, feed, s, source->bytes_left());
    else
        print_report(feed, s, source->bytes_left());
    return s.late_samples || s.underflow_samples ? 1 : 0;
}

} // namespace

int run_play(const play_options& options)
{
    const zcring::arguments a = parse(options);
    const blocked_signals blocked;
    zcring::antenna out(name_of_antenna(a));
    return options.live ? play_live(out, a, options) : play_scene(out, a, options);
}

} // namespace app
