// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a receiver of a scene can be set to: the rates at which a recording plays, and the
// frequencies at which there is something to receive. The engine decides by the same rules.
#include "scene_ranges.h"

#include <zcring/limits.h>

#include "abi_values.h"
#include "engine.h"
#include "rational.h"

#include <algorithm>

namespace zcring {

std::vector<double> rates_of(const zcring_scene& scene)
{
    std::vector<double> rates;
    if (scene.kind != ZCRING_SCENE_MEMORY)
        return rates;
    for (unsigned d = 1; d <= ZCRING_DECIMATION_MAX; d++) {
        const double rate = to_double({ scene.rate_num, scene.rate_den }) / d;
        if (rate < limits::rate_min)
            break;
        // Of a rate that is no simple fraction, a part may be another one as a double.
        const rational asked = to_rational(rate);
        if (zcring_scene_decimation(&scene, asked.num, asked.den))
            rates.push_back(rate);
    }
    return rates;
}

// A resampled recording has nothing beyond the rate at which it was made.
std::vector<band>
bands_of(const zcring_scene& scene, const std::vector<zcring_segment>& segments, double rate)
{
    if (scene.kind == ZCRING_SCENE_TONE) {
        const double tone = from_uhz(scene.freq_uhz) + rate / 8;
        return { { tone, tone } };
    }
    if (scene.kind != ZCRING_SCENE_MEMORY)
        return {};
    const double half = std::min(to_double({ scene.rate_num, scene.rate_den }), rate) / 2;
    std::vector<std::int64_t> centres;
    for (const zcring_segment& s : segments)
        centres.push_back(s.freq_uhz);
    if (centres.empty())
        centres.push_back(scene.freq_uhz);
    std::sort(centres.begin(), centres.end());
    std::vector<band> bands;
    for (const std::int64_t centre : centres) {
        const band next = { from_uhz(centre) - half, from_uhz(centre) + half };
        if (!bands.empty() && next.low <= bands.back().high)
            bands.back().high = next.high;
        else
            bands.push_back(next);
    }
    return bands;
}

bool receives_any(const std::vector<band>& bands, double frequency, double rate) noexcept
{
    return std::any_of(bands.begin(), bands.end(), [&](const band& b) {
        const double low = std::max(frequency - rate / 2, b.low);
        const double high = std::min(frequency + rate / 2, b.high);
        return high - low >= std::min(rate / 20, b.high - b.low);
    });
}

} // namespace zcring
