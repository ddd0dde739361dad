/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// Compares the band of each channel with the band of the scene, whenever one of them changes.
#include "band_watch.h"

#include "setting_policy.h"

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
    const auto band = d_device.scene_band().value();
    const bool is_line = band.low == band.high;
    const std::string where =
        is_line ? "a tone at " + megahertz(band.low)
                : "which is from " + megahertz(band.low) + " to " + megahertz(band.high);

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
