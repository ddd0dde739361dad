/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Compares the band of each channel with the bands of the scene, whenever a channel is tuned.
#include "band_watch.h"

#include "setting_policy.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gr {
namespace zcring {

namespace {

std::string megahertz(double hz) { return number(hz / 1e6) + " MHz"; }

} // namespace

band_watch::band_watch(const ::zcring::device& device, gr::logger_ptr logger)
    : d_device(device), d_logger(std::move(logger))
{
}

// A new stream, or a new gain, is no new tuning.
void band_watch::check(const ::zcring::burst& burst)
{
    if (!burst.starts && !burst.rate_changed && !burst.tuned_channels)
        return;
    for (unsigned c = 0; c < d_device.channels(); c++) {
        std::optional<tuned>& warned = d_warned[c];
        const double frequency = burst.frequency[c];
        if (d_device.receives(frequency, burst.rate)) {
            warned.reset();
        } else if (!warned || warned->frequency != frequency || warned->rate != burst.rate) {
            warned = { frequency, burst.rate };
            warn(c, frequency);
        }
    }
}

void band_watch::warn(unsigned channel, double frequency) const
{
    const auto& bands = d_device.scene_bands();
    const auto distance = [=](const ::zcring::band& b) {
        return std::max(b.low - frequency, frequency - b.high);
    };
    const ::zcring::band nearest = *std::min_element(
        bands.begin(), bands.end(), [&](const ::zcring::band& a, const ::zcring::band& b) {
            return distance(a) < distance(b);
        });
    const bool is_line = nearest.low == nearest.high;
    const std::string where =
        is_line ? "a tone at " + megahertz(nearest.low)
                : (bands.size() == 1 ? "which is from " : "whose nearest band is from ") +
                      megahertz(nearest.low) + " to " + megahertz(nearest.high);

    d_logger->warn("{:s}: channel {:d} is tuned to {:s}, and receives nothing of the scene, {:s}; "
                   "set the frequency of the channel to {:s}",
                   d_device.name(),
                   channel,
                   megahertz(frequency),
                   where,
                   is_line ? "less than half of the sample rate from it" : "one within this band");
}

} // namespace zcring
} // namespace gr
