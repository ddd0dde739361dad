// SPDX-License-Identifier: GPL-3.0-or-later
//
// Determines how a device was tuned at its end. A command for now takes effect at once, but is
// in the descriptors only with its first sample. Up to two bursts without the command may
// come before that: the burst that was partly written, and the burst up to that sample. So a
// command is applied again on top of the last burst, until more than two bursts have
// followed it.
#include "tuning_history.h"

#include <algorithm>
#include <iterator>

namespace zcring {

namespace {

// At least as many commands as a device can have waiting.
constexpr std::size_t max_recent = 64;

constexpr std::uint64_t bursts_before_command = 2;

} // namespace

void tuning_history::update(const zcring_tuning& tuned, std::uint64_t burst_head)
{
    d_tuning = tuned;
    d_burst_head = burst_head;
    apply_recent(burst_head);
}

void tuning_history::add_command(const zcring_control& control, std::uint64_t burst_head)
{
    if (d_recent.size() == max_recent)
        d_recent.erase(d_recent.begin());
    d_recent.emplace_back(burst_head, control);
    apply(control);
}

void tuning_history::change_scene(const zcring_tuning& tuned, std::uint64_t burst_head)
{
    for (auto& [at, control] : d_recent)
        control.what &= ~ZCRING_CONTROL_NOISE;
    update(tuned, burst_head);
}

void tuning_history::start_stream()
{
    d_burst_head = 0;
    d_recent.clear();
}

void tuning_history::read_bursts(const burst_ring& bursts, std::uint64_t burst_head)
{
    if (burst_head != d_burst_head) {
        const zcring_burst& last = bursts[burst_head - 1];
        d_tuning.rate_num = last.rate_num;
        d_tuning.rate_den = last.rate_den;
        d_tuning.bandwidth_uhz = last.bandwidth_uhz;
        std::copy(std::begin(last.channel), std::end(last.channel), d_tuning.channel);
        d_burst_head = burst_head;
    }
    apply_recent(burst_head);
}

void tuning_history::keep(const zcring_control& control)
{
    d_recent.clear(); // they were given before this one
    apply(control);
    const auto is_superseded = [&](const zcring_control& kept) {
        return kept.what == control.what && kept.channels == control.channels;
    };
    d_kept.erase(std::remove_if(d_kept.begin(), d_kept.end(), is_superseded), d_kept.end());
    d_kept.push_back(control);
}

void tuning_history::reopen()
{
    d_kept.clear();
    start_stream();
}

void tuning_history::apply_recent(std::uint64_t burst_head)
{
    const auto first = std::find_if(d_recent.begin(), d_recent.end(), [&](const auto& each) {
        return burst_head - each.first <= bursts_before_command;
    });
    d_recent.erase(d_recent.begin(), first);
    for (const auto& [at, control] : d_recent)
        apply(control);
}

void tuning_history::apply(const zcring_control& control) noexcept
{
    if (control.what & ZCRING_CONTROL_RATE) {
        d_tuning.rate_num = control.rate_num;
        d_tuning.rate_den = control.rate_den;
    }
    if (control.what & ZCRING_CONTROL_BANDWIDTH)
        d_tuning.bandwidth_uhz = control.bandwidth_uhz;
    if (control.what & ZCRING_CONTROL_NOISE)
        d_tuning.noise_mb = control.noise_mb;
    for (unsigned c = 0; c < ZCRING_CHANNELS_MAX; c++) {
        if (!(control.channels >> c & 1))
            continue;
        if (control.what & ZCRING_CONTROL_FREQ)
            d_tuning.channel[c].freq_uhz = control.freq_uhz;
        if (control.what & ZCRING_CONTROL_GAIN)
            d_tuning.channel[c].gain_mb = control.gain_mb;
    }
}

} // namespace zcring
