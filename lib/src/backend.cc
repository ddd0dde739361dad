// SPDX-License-Identifier: GPL-3.0-or-later
#include "backend.h"

#include <poll.h>
#include <algorithm>
#include <ctime>
#include <iterator>

namespace zcring {

namespace {

// As many commands as a device keeps waiting, at least.
constexpr std::size_t most_recent = 64;

} // namespace

void backend::map()
{
    do_map();
    const std::lock_guard<std::mutex> lock(d_tuning_mutex);
    d_followed = burst_head(); // of whoever had the device before
    d_tuning = tuning();
    d_recent.clear();
}

void backend::start(const zcring_start& options)
{
    const std::lock_guard<std::mutex> lock(d_tuning_mutex);
    look_at_tuning();
    do_start(options);
    if (options.flags & ZCRING_START_RESUME)
        return;
    d_followed = 0;
    d_recent.clear(); // the stream before has obeyed them, if only when it ended
    begin_stream(options.first_index, options.preroll_samples);
}

void backend::control(const zcring_control& control)
{
    const std::lock_guard<std::mutex> lock(d_tuning_mutex);
    look_at_tuning();
    do_control(control);
    if (control.what & (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME))
        return;
    if (d_recent.size() == most_recent)
        d_recent.erase(d_recent.begin());
    d_recent.emplace_back(burst_head(), control);
    remember(control);
}

bool backend::keep(const zcring_control& control)
{
    const std::lock_guard<std::mutex> lock(d_tuning_mutex);
    if (!is_gone())
        return false;
    follow_bursts();
    d_recent.clear(); // they came before
    remember(control);
    const auto superseded = [&](const zcring_control& kept) {
        return kept.what == control.what && kept.channels == control.channels;
    };
    d_kept.erase(std::remove_if(d_kept.begin(), d_kept.end(), superseded), d_kept.end());
    d_kept.push_back(control);
    return true;
}

bool backend::reopen(const set_up& again)
{
    const std::lock_guard<std::mutex> lock(d_tuning_mutex);
    if (!is_gone())
        return false;
    follow_bursts();
    do_reopen([&](backend& fresh) { again(fresh, d_tuning); });
    if (is_emulator()) // it is the same one, and tuned as it was
        for (const zcring_control& kept : d_kept)
            do_control(kept);
    d_kept.clear();
    d_followed = 0;
    d_recent.clear();
    return true;
}

bool backend::is_gone() const noexcept
{
    return d_pages.meta && zcring_ring_load_state(d_pages.meta) == ZCRING_STATE_GONE;
}

void backend::forget_stream() noexcept { begin_stream(0, 0); }

void backend::begin_stream(std::uint64_t first_index, std::uint64_t preroll_samples) noexcept
{
    d_first_index = first_index;
    d_preroll_samples = preroll_samples;
    d_streams.fetch_add(1, std::memory_order_release);
}

std::uint64_t backend::burst_head() const noexcept
{
    return d_pages.meta ? zcring_ring_load_burst_head(d_pages.meta) : 0;
}

// With d_tuning_mutex held, as all below. A device that is there is asked: its descriptors are the
// consumer's to read, and no other thread's.
void backend::look_at_tuning()
{
    const std::uint64_t head = burst_head();
    d_tuning = tuning(); // throws where it is gone, and then is followed as it was
    d_followed = head;
    remember_recent(head);
}

// One that is gone writes no more.
void backend::follow_bursts() noexcept
{
    const std::uint64_t head = burst_head();
    if (head != d_followed) {
        const zcring_burst& last = d_pages.bursts[zcring_ring_place(head - 1, d_pages.burst_slots)];
        d_tuning.rate_num = last.rate_num;
        d_tuning.rate_den = last.rate_den;
        d_tuning.bandwidth_uhz = last.bandwidth_uhz;
        std::copy(std::begin(last.freq_uhz), std::end(last.freq_uhz), d_tuning.freq_uhz);
        std::copy(std::begin(last.gain_mb), std::end(last.gain_mb), d_tuning.gain_mb);
        d_followed = head;
    }
    remember_recent(head);
}

// What was commanded for now is obeyed, but told only with its sample: the burst that was half made
// then comes first, and the one up to that sample.
void backend::remember_recent(std::uint64_t head) noexcept
{
    constexpr std::uint64_t bursts_before = 2;
    const auto told = std::find_if(d_recent.begin(), d_recent.end(), [&](const auto& each) {
        return head - each.first <= bursts_before;
    });
    d_recent.erase(d_recent.begin(), told);
    for (const auto& [at, control] : d_recent)
        remember(control);
}

void backend::remember(const zcring_control& control) noexcept
{
    if (control.what & ZCRING_CONTROL_RATE) {
        d_tuning.rate_num = control.rate_num;
        d_tuning.rate_den = control.rate_den;
    }
    if (control.what & ZCRING_CONTROL_BANDWIDTH)
        d_tuning.bandwidth_uhz = control.bandwidth_uhz;
    for (unsigned c = 0; c < ZCRING_CHANNELS_MAX; c++) {
        if (!(control.channels >> c & 1))
            continue;
        if (control.what & ZCRING_CONTROL_FREQ)
            d_tuning.freq_uhz[c] = control.freq_uhz;
        if (control.what & ZCRING_CONTROL_GAIN)
            d_tuning.gain_mb[c] = control.gain_mb;
    }
}

bool poll_two(int fd, int wake_fd, std::int64_t timeout_ns) noexcept
{
    pollfd fds[2] = { { fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
    const timespec timeout = { static_cast<time_t>(timeout_ns / 1000000000),
                               static_cast<long>(timeout_ns % 1000000000) };

    return ppoll(fds, 2, timeout_ns < 0 ? nullptr : &timeout, nullptr) > 0 && fds[0].revents;
}

} // namespace zcring
