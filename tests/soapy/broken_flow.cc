// SPDX-License-Identifier: GPL-3.0-or-later
//
// The stream of the radio with a defect. Each defect is one line at the place where it shows.

#include "broken_flow.h"

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

namespace broken {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

flow::flow(radio& owner, int direction, const std::string& format, std::vector<size_t> channels)
    : d_radio(owner),
      d_direction(direction),
      d_element_bytes(SoapySDR::formatToSize(format)),
      d_channels(std::move(channels)),
      d_memory(buffers * d_channels.size(), std::vector<unsigned char>(mtu * d_element_bytes, 1))
{
}

int flow::activate(int flags, long long time_ns, size_t elements)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (d_radio.is("activate-twice") && d_active) {
        d_active = false;
        return 0;
    }
    if (d_active)
        return 0;
    d_activations++;
    if (d_radio.is("restart") && d_activations > 2)
        return SOAPY_SDR_STREAM_ERROR;
    d_rate = d_radio.rate(d_direction);
    const long long now_ns = d_radio.time_ns();
    d_begin_ns = flags & SOAPY_SDR_HAS_TIME ? time_ns : now_ns;
    if (d_radio.is("time-start"))
        d_begin_ns += 1000000;
    d_begin = clock::now() + nanoseconds(d_begin_ns - now_ns);
    if (d_radio.is("time-restart"))
        d_begin_ns = 0;
    d_taken = 0;
    d_end = flags & SOAPY_SDR_END_BURST ? static_cast<long long>(elements) : 0;
    if (d_end && d_radio.is("burst-long"))
        d_end++;
    if (d_end && d_radio.is("burst-endless"))
        d_end = 0;
    d_next_ns = d_begin_ns;
    if (d_radio.is("overflow-endless") && d_activations > 1)
        d_repeats = 1000000;
    d_active = true;
    d_changed.notify_all();
    return 0;
}

int flow::deactivate(int)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_active = d_radio.is("read-stopped-samples");
    d_changed.notify_all();
    return d_direction == SOAPY_SDR_TX && d_radio.is("write-burst") ? SOAPY_SDR_STREAM_ERROR : 0;
}

long long flow::produced() const
{
    const double seconds = std::chrono::duration<double>(clock::now() - d_begin).count();
    const auto samples = static_cast<long long>(std::floor(seconds * d_rate));
    return d_end ? std::min(samples, d_end) : samples;
}

/*! What a read returns while the stream is not active; 0 if it became active. */
int flow::idle_read(std::unique_lock<std::mutex>& lock, clock::time_point deadline)
{
    const bool stopped = d_activations > 0;
    if (!stopped && d_radio.is("read-idle"))
        return SOAPY_SDR_NOT_SUPPORTED;
    if (!stopped && d_radio.is("read-idle-busy"))
        return SOAPY_SDR_TIMEOUT;
    if (stopped && d_radio.is("read-stopped"))
        return SOAPY_SDR_STREAM_ERROR;
    const bool active = d_changed.wait_until(lock, deadline, [this] { return d_active.load(); });
    return active ? 0 : SOAPY_SDR_TIMEOUT;
}

/*! What a read returns at once because of a defect; 0 without one. */
int flow::read_defect(size_t elements, int flags, long timeout_us)
{
    if (d_radio.is("read-no-wait") && timeout_us == 0)
        std::this_thread::sleep_for(std::chrono::seconds(2));
    if (d_radio.is("read-long-wait") && timeout_us > 1000000000)
        return SOAPY_SDR_TIMEOUT;
    if (d_radio.is("read-one") && elements == 1)
        return SOAPY_SDR_STREAM_ERROR;
    if (d_radio.is("thread-status") && d_radio.polled)
        return SOAPY_SDR_CORRUPTION;
    if (d_radio.is("thread-duplex") && d_radio.sending)
        return SOAPY_SDR_STREAM_ERROR;
    if (d_radio.is("as-uhd") && (flags & SOAPY_SDR_ONE_PACKET))
        throw std::runtime_error("one packet");
    if (d_radio.is("as-rtl-433") && elements == 65536)
        throw std::runtime_error("not that many");
    if (d_radio.is("read-crash"))
        std::abort();
    if (d_radio.is("read-hang"))
        std::this_thread::sleep_for(std::chrono::hours(1));
    return d_radio.is("read-code") ? -42 : 0;
}

int flow::read(void* const* buffs, size_t elements, int& flags, long long& time_ns, long timeout_us)
{
    const int asked = flags;
    flags = 0;
    if (const int code = read_defect(elements, asked, timeout_us))
        return code;
    const auto deadline = clock::now() + microseconds(timeout_us);
    std::unique_lock<std::mutex> lock(d_mutex);
    if (d_repeats > 0) {
        d_repeats--;
        return SOAPY_SDR_OVERFLOW;
    }
    while (true) {
        if (!d_active) {
            if (const int code = idle_read(lock, deadline))
                return code;
            continue;
        }
        const long long available = produced() - d_taken;
        if (available > static_cast<long long>(d_rate))
            if (const int code = overflow(available))
                return code;
        const auto wish = static_cast<long long>(std::min(elements, mtu));
        const bool ended = d_end && available > 0 && d_taken + available == d_end;
        const bool late = clock::now() >= deadline;
        if (available >= wish || ended || (late && available > 0))
            return give(buffs,
                        static_cast<size_t>(std::clamp<long long>(available, 0, wish)),
                        flags,
                        time_ns);
        if (late)
            return SOAPY_SDR_TIMEOUT;
        d_changed.wait_until(lock, std::min(deadline, clock::now() + microseconds(1000)));
    }
}

/*! Drops what was not read. Returns OVERFLOW, or what a defect makes of it. */
int flow::overflow(long long available)
{
    if (d_radio.is("overflow-late")) { // told, but the samples follow
        d_begin += nanoseconds(std::llround(static_cast<double>(available) * 1e9 / d_rate));
        return SOAPY_SDR_OVERFLOW;
    }
    d_taken += available;
    if (d_radio.is("overflow-half"))
        d_begin_ns += std::llround(0.5e9 / d_rate);
    if (d_radio.is("overflow-twice"))
        d_repeats = 1;
    if (d_radio.is("overflow-status"))
        d_untold++;
    return d_radio.is("overflow-untold") ? 0 : SOAPY_SDR_OVERFLOW;
}

int flow::give(void* const* buffs, size_t elements, int& flags, long long& time_ns)
{
    const size_t extra = d_radio.is("read-overrun") ? 4 : 0;
    for (size_t i = 0; i < d_channels.size(); i++)
        if (i == 0 || !d_radio.is("setup-channels-all"))
            std::memset(buffs[i], 1, elements * d_element_bytes + extra);
    flags = SOAPY_SDR_HAS_TIME;
    time_ns = time_of(d_taken, elements);
    d_taken += static_cast<long long>(elements);
    if (d_end && d_taken == d_end) {
        flags |= SOAPY_SDR_END_BURST;
        d_active = false;
    }
    if (d_radio.is("read-flags"))
        flags |= 1 << 10;
    if (d_radio.is("read-flags-burst"))
        flags |= SOAPY_SDR_END_BURST;
    return static_cast<int>(elements) + (d_radio.is("read-many") ? 1 : 0);
}

long long flow::time_of(long long sample, size_t elements)
{
    const auto exact = d_begin_ns + std::llround(static_cast<double>(sample) * 1e9 / d_rate);
    if (d_radio.is("time-drift")) {
        const long long time = d_next_ns;
        d_next_ns += static_cast<long long>(static_cast<double>(elements) * 1e9 / d_rate) + 1;
        return time;
    }
    if (d_radio.is("time-odd"))
        return d_begin_ns + std::llround(static_cast<double>(sample / 1000 * 1000) * 1e9 / d_rate);
    if (d_radio.is("time-hardware"))
        return exact + 3600000000000;
    return exact;
}

int flow::write(size_t elements, long timeout_us)
{
    if (d_radio.is("write-code"))
        return SOAPY_SDR_STREAM_ERROR;
    if (d_radio.is("write-no-wait") && timeout_us == 0)
        std::this_thread::sleep_for(std::chrono::seconds(2));
    const auto deadline = clock::now() + microseconds(timeout_us);
    std::unique_lock<std::mutex> lock(d_mutex);
    while (true) {
        // Half a second of samples is taken in advance; silence follows what was taken too late.
        long long room = 0;
        if (d_active) {
            d_taken = std::max(d_taken, produced());
            room = produced() + static_cast<long long>(d_rate / 2) - d_taken;
        }
        if (room > 0) {
            const long long taken =
                std::min({ room, static_cast<long long>(elements), static_cast<long long>(mtu) });
            d_taken += taken;
            return static_cast<int>(taken) + (d_radio.is("write-sizes") ? 1000 : 0);
        }
        if (clock::now() >= deadline)
            return SOAPY_SDR_TIMEOUT;
        d_changed.wait_until(lock, std::min(deadline, clock::now() + microseconds(1000)));
    }
}

int flow::status(long timeout_us)
{
    if (d_radio.is("status-quiet"))
        return 0;
    if (d_radio.is("as-rate") && timeout_us == 0)
        throw std::runtime_error("wait");
    std::unique_lock<std::mutex> lock(d_mutex);
    if (d_untold > 0) {
        d_untold--;
        return SOAPY_SDR_OVERFLOW;
    }
    d_radio.polled = true;
    d_changed.wait_for(lock, microseconds(timeout_us), [] { return false; });
    d_radio.polled = false;
    return SOAPY_SDR_TIMEOUT;
}

int flow::addresses(size_t handle, void** buffs)
{
    if (d_radio.is("direct-none"))
        return 0;
    for (size_t i = 0; i < d_channels.size(); i++)
        buffs[i] = d_memory[handle * d_channels.size() + i].data() +
                   (d_radio.is("direct-addresses") ? 1 : 0);
    return 0;
}

int flow::acquire(
    size_t& handle, const void** buffs, int& flags, long long& time_ns, long timeout_us)
{
    size_t free = 0;
    while (d_held.count(free) && !d_radio.is("direct-together"))
        free++;
    if (free >= buffers)
        return SOAPY_SDR_TIMEOUT;
    std::vector<void*> memory(d_channels.size());
    for (size_t i = 0; i < memory.size(); i++)
        buffs[i] = memory[i] = d_memory[free * d_channels.size() + i].data();
    const int got = read(memory.data(), mtu, flags, time_ns, timeout_us);
    if (got < 0)
        return got;
    d_held.insert(free);
    handle = d_radio.is("direct-turn") ? buffers : free;
    return got;
}

void flow::release(size_t handle) { d_held.erase(handle); }

int flow::acquire_write(size_t& handle, void** buffs, long timeout_us)
{
    handle = d_radio.is("direct-write") ? buffers : 0;
    buffs[0] = d_memory[0].data();
    return write(mtu, timeout_us);
}

} // namespace broken
