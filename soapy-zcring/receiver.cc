// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a device needs beyond its own calls to be used by programs that know of no unplugging.
#include "receiver.h"

#include <zcring/observer.h>

#include <ctime>
#include <system_error>

namespace soapy_zcring {

namespace {

// The clock by which a time of day that was set runs on.
std::uint64_t pace_ns()
{
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

receiver::receiver(const zcring::arguments& arguments)
    : dev(arguments), in(dev), d_current{ dev.tuning(), {} }
{
}

// The device may return between the two calls, hence the loop. What a timed command sets is not so yet;
// the device tells it later.
void receiver::tune(const zcring::command& change)
{
    do {
        try {
            dev.control(change);
            if (!change.at_clock && !change.at_time_ns)
                store(change);
            return;
        } catch (const std::system_error& e) {
            if (e.code() != std::errc::no_such_device || change.time_ns || change.at_time_ns)
                throw;
        }
    } while (!dev.keep(change));
    store(change);
}

void receiver::store(const zcring::command& change)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    for (unsigned c = 0; c < dev.channels(); c++) {
        if (!(change.channels >> c & 1))
            continue;
        d_current.tuned.frequency[c] = change.frequency.value_or(d_current.tuned.frequency[c]);
        d_current.tuned.gain[c] = change.gain.value_or(d_current.tuned.gain[c]);
    }
    d_current.tuned.rate = change.rate.value_or(d_current.tuned.rate);
    d_current.tuned.bandwidth = change.bandwidth.value_or(d_current.tuned.bandwidth);
    d_current.tuned.noise = change.noise.value_or(d_current.tuned.noise);
}

zcring::tuning receiver::tuning() const
{
    try {
        const zcring::tuning now = dev.tuning();
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_current.tuned = now;
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::no_such_device)
            throw;
    }
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_current.tuned;
}

void receiver::set_time(std::uint64_t time_ns)
{
    zcring::command change;
    change.time_ns = time_ns;
    dev.control(change);
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_current.time_base_ns = time_ns - pace_ns();
}

// A kernel device that returns has the computer's time again; the emulator keeps its own.
void receiver::restore_time()
{
    zcring::command change;
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (!d_current.time_base_ns)
            return;
        change.time_ns = *d_current.time_base_ns + pace_ns();
    }
    dev.control(change);
}

std::vector<zcring::band> receiver::scene_bands() const
{
    if (!dev.is_emulator() && zcring::observer::is_server(dev.name()))
        return {};
    return dev.scene_bands();
}

// What fails here is done at the next call.
bool receiver::reopen()
{
    if (dev.reopen())
        d_is_to_restore = true;
    if (!d_is_to_restore)
        return false;
    if (!dev.is_emulator())
        restore_time();
    d_is_to_restore = false;
    return true;
}

receiver::settings receiver::current() const
{
    tuning();
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_current;
}

void receiver::restore(const settings& before)
{
    for (unsigned c = 0; c < dev.channels(); c++) {
        zcring::command change;
        change.channels = 1u << c;
        change.frequency = before.tuned.frequency[c];
        change.gain = before.tuned.gain[c];
        change.bandwidth = before.tuned.bandwidth;
        change.noise = before.tuned.noise;
        dev.control(change);
    }
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_current.time_base_ns = before.time_base_ns;
    }
    restore_time();
}

} // namespace soapy_zcring
