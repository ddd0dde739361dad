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

std::optional<band> band_of(const zcring_scene& scene,
                            const std::vector<zcring_segment>& segments,
                            double rate) noexcept
{
    const double centre = from_uhz(scene.freq_uhz);
    if (scene.kind == ZCRING_SCENE_TONE)
        return band{ centre + rate / 8, centre + rate / 8 };
    if (scene.kind != ZCRING_SCENE_MEMORY)
        return std::nullopt;
    const double half = to_double({ scene.rate_num, scene.rate_den }) / 2;
    if (segments.empty())
        return band{ centre - half, centre + half };
    const auto [low, high] = std::minmax_element(
        segments.begin(), segments.end(), [](const zcring_segment& a, const zcring_segment& b) {
            return a.freq_uhz < b.freq_uhz;
        });
    return band{ from_uhz(low->freq_uhz) - half, from_uhz(high->freq_uhz) + half };
}

} // namespace zcring
