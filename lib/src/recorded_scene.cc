// SPDX-License-Identifier: GPL-3.0-or-later
//
// Brings a recording to the rate at which the engine plays it: as it is, or resampled.
#include "recorded_scene.h"

#include "abi_values.h"
#include "argument_table.h"
#include "resampler.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace zcring {

namespace {

bool can_decimate(rational recorded, rational rate)
{
    zcring_scene scene{};
    scene.kind = ZCRING_SCENE_MEMORY;
    scene.rate_num = recorded.num;
    scene.rate_den = recorded.den;
    return zcring_scene_decimation(&scene, rate.num, rate.den) != 0;
}

rational rate_of_scene(rational recorded, rational rate)
{
    if (can_decimate(recorded, rate))
        return recorded;
    const double times = std::ceil(to_double(recorded) / to_double(rate));
    const double most = ZCRING_DECIMATION_MAX;
    return { rate.num * static_cast<std::uint64_t>(std::clamp(times, 1.0, most)), rate.den };
}

double samples_max(const recording& r)
{
    const double frame = r.channels() * static_cast<double>(sample_bytes(r.format()));
    return std::floor(static_cast<double>(recording::load_bytes_max) / frame);
}

bool fits_memory(const recording& r, double rate)
{
    return static_cast<double>(r.samples()) * rate / r.rate() <= samples_max(r);
}

[[noreturn]] void throw_too_long(const std::string& file, const recording& r, double rate)
{
    throw std::invalid_argument(
        "zcring: " + file +
        " is too long for memory, and so it cannot be resampled to rate=" + number_text(rate) +
        "; set the rate to " + number_text(r.rate()) + " divided by a whole number of 1 to " +
        std::to_string(ZCRING_DECIMATION_MAX) + ", or select a part of at most " +
        number_text(std::floor(samples_max(r) / r.rate())) + " seconds with start= and stop=");
}

std::vector<zcring_segment>
to_abi(const std::string& file, const std::vector<segment>& segments, double default_freq)
{
    std::vector<zcring_segment> out;
    double freq = default_freq;
    std::uint64_t missing = 0;
    for (const segment& s : segments) {
        freq = s.frequency.value_or(freq);
        missing += s.gap;
        if (s.first + missing >= ZCRING_SCENE_SAMPLES_MAX)
            throw std::invalid_argument("zcring: " + file +
                                        ": too many samples are missing before sample " +
                                        std::to_string(s.first) + "; correct core:global_index");
        zcring_segment next{};
        next.first = s.first;
        next.place = s.first + missing;
        next.freq_uhz = to_uhz(freq);
        out.push_back(next);
    }
    return out;
}

} // namespace

recorded_scene open_recorded_scene(const arguments& a,
                                   std::optional<rational> rate,
                                   double default_freq,
                                   bool can_stay_in_file)
{
    auto file = std::make_shared<const recording>(*a.scene, a.start, a.stop);
    const bool loops = a.loop != looping::no;
    const rational recorded = to_rational(file->rate());
    const rational played = rate_of_scene(recorded, rate.value_or(recorded));
    const bool is_as_recorded = played.num == recorded.num && played.den == recorded.den;
    std::vector<segment> segments = file->segments();
    recorded_scene out;

    out.file = file;
    out.scene.samples = file->samples();
    if (is_as_recorded && can_stay_in_file && !fits_memory(*file, file->rate())) {
        out.content.file = file;
    } else {
        if (!is_as_recorded && !fits_memory(*file, to_double(played)))
            throw_too_long(*a.scene, *file, to_double(*rate));
        out.content.samples = file->load();
    }
    if (!is_as_recorded) {
        const resampler to_played(recorded, played);
        segments = to_played.scale(segments, file->samples());
        out.scene.samples = to_played.length_of(file->samples());
        out.content.samples =
            to_played.run(file->format(), file->channels(), out.content.samples, loops);
    }
    const double freq = file->frequency().value_or(default_freq);
    out.scene.kind = ZCRING_SCENE_MEMORY;
    out.scene.format = zcring::to_abi(file->format());
    out.scene.rate_num = played.num;
    out.scene.rate_den = played.den;
    out.scene.flags = loops ? 0 : ZCRING_SCENE_ONCE;
    out.scene.channels = file->channels();
    out.scene.freq_uhz = to_uhz(freq);
    if (segments.size() > 1)
        out.content.segments = to_abi(*a.scene, segments, freq);
    out.scene.segments = static_cast<std::uint32_t>(out.content.segments.size());
    return out;
}

} // namespace zcring
