// SPDX-License-Identifier: GPL-3.0-or-later
//
// Samples that were taken from the ring and are not given back yet, oldest first.
#include "held_runs.h"

#include <algorithm>

namespace soapy_zcring {

void held_runs::release_oldest(const release_samples& release)
{
    std::uint64_t samples = 0;
    while (!d_runs.empty() && d_runs.front().is_free) {
        samples += d_runs.front().samples;
        d_runs.pop_front();
    }
    if (samples)
        release(samples);
}

void held_runs::add_free(std::uint64_t samples, const release_samples& release)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_runs.push_back({ samples, true, count });
    release_oldest(release);
}

std::size_t held_runs::add_held(std::uint64_t samples)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    while (d_is_held[d_next])
        d_next = (d_next + 1) % count;
    const std::size_t handle = d_next;
    d_next = (d_next + 1) % count;
    d_is_held[handle] = true;
    d_held++;
    d_runs.push_back({ samples, false, handle });
    return handle;
}

bool held_runs::wait_free(read_gate::clock::time_point deadline)
{
    std::unique_lock<std::mutex> lock(d_mutex);
    const bool is_over =
        d_given_back.wait_until(lock, deadline, [this] { return d_is_closed || d_held < count; });
    return is_over && !d_is_closed;
}

void held_runs::close()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_is_closed = true;
    d_given_back.notify_all();
}

bool held_runs::has_free() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_held < count;
}

void held_runs::give_back(std::size_t handle, const release_samples& release)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (handle >= count || !d_is_held[handle])
        return;
    d_is_held[handle] = false;
    d_held--;
    const auto found = std::find_if(
        d_runs.begin(), d_runs.end(), [handle](const run& r) { return r.handle == handle; });
    if (found != d_runs.end()) { // else it was of an older stream
        found->is_free = true;
        found->handle = count;
        release_oldest(release);
    }
    d_given_back.notify_all();
}

void held_runs::forget()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_runs.clear();
}

std::size_t held_runs::held() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_held;
}

} // namespace soapy_zcring
