// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a stream takes from the ring: samples with their times, the end of the stream, and a device that
// is gone until it returns. All of this is done by the thread inside of the gate.
#include "rx_stream.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Logger.hpp>

#include <algorithm>
#include <system_error>

namespace soapy_zcring {

namespace {

using namespace std::chrono_literals;
using clock = read_gate::clock;
using std::chrono::nanoseconds;

constexpr nanoseconds reopen_period = 20ms;

} // namespace

// Gets samples until there are \p wanted, or a gap among them, or no more come in time. Returns whether
// there are any.
bool rx_stream::fill(std::uint64_t wanted, clock::time_point deadline, piece& found)
{
    wanted = std::min(wanted, max_at_once());
    if (d_remaining)
        wanted = std::min(wanted, *d_remaining);
    while (d_rest.samples < wanted) {
        if (d_rest.samples && d_times.contiguous(d_rest.index, d_rest.samples) < d_rest.samples)
            return true;
        if (!wait_for_more(wanted - d_rest.samples, deadline, found))
            return found.result != interrupted && d_rest.samples;
    }
    return true;
}

// Views follow each other in memory, as the ring is mapped twice. A view that begins in the second
// mapping is read in the first, behind which there is room for a whole ring.
void rx_stream::append(const zcring::reader::view& more)
{
    if (!d_rest.samples) {
        d_rest = more;
        return;
    }
    const std::size_t ring_bytes = d_from->dev.ring_samples() * d_sample_bytes;
    for (unsigned c = 0; c < d_from->dev.channels(); c++) {
        const auto* const begin = static_cast<const std::byte*>(d_from->dev.ring(c));
        const auto* const rest = static_cast<const std::byte*>(d_rest.channel[c]);
        if (static_cast<std::size_t>(rest - begin) >= ring_bytes)
            d_rest.channel[c] = rest - ring_bytes;
    }
    d_rest.samples += more.samples;
}

// Gets the descriptors of all samples that were taken. Returns false if a server did not write them.
bool rx_stream::add_bursts()
{
    const std::uint64_t end = d_rest.index + d_rest.samples;
    while (const auto b = d_from->in.next_burst(end))
        if (!d_times.add(*b))
            return false;
    return d_times.covers(d_rest.index, d_rest.samples);
}

// Gets what is in the ring, and the descriptors of it.
bool rx_stream::wait_for_more(std::uint64_t wanted, clock::time_point deadline, piece& found)
{
    zcring::reader& in = d_from->in;
    while (true) {
        const auto left = std::max<nanoseconds>(deadline - clock::now(), 0ns);
        const zcring::status status = in.wait(wanted, left);
        if (const zcring::reader::view more = in.acquire(); more.samples) {
            append(more);
            if (add_bursts())
                return status == zcring::status::data;
            log_once(d_from->dev.name() + ": the samples have no valid descriptors, so that the "
                                          "stream has ended; restart the server");
            d_rest = {};
            finish();
            found.result = SOAPY_SDR_STREAM_ERROR;
            return false;
        }
        if (status == zcring::status::woken && !d_gate.is_paused())
            continue; // of a pause that is over
        if (d_rest.samples && status != zcring::status::woken) {
            found.result = SOAPY_SDR_TIMEOUT; // the next call tells why no more come
            return false;
        }
        found = end_of_samples(status);
        return false;
    }
}

rx_stream::piece rx_stream::end_of_samples(zcring::status why)
{
    piece found;
    const std::string& name = d_from->dev.name();
    switch (why) {
    case zcring::status::data:
    case zcring::status::woken:
        found.result = interrupted;
        break;
    case zcring::status::timeout:
        found.result = SOAPY_SDR_TIMEOUT;
        break;
    case zcring::status::stopped: // the scene, or the feed, has ended
        found.flags = SOAPY_SDR_END_BURST;
        finish();
        break;
    case zcring::status::fault:
        log_once(name + ": the stream ended by an error; deactivate it and activate it again");
        found.result = SOAPY_SDR_STREAM_ERROR;
        finish();
        break;
    case zcring::status::gone:
        SoapySDR::log(SOAPY_SDR_WARNING, name + ": the device is gone; waiting for it");
        found.result = SOAPY_SDR_STREAM_ERROR;
        d_is_lost = true;
        break;
    }
    return found;
}

// Waits for the device that was gone, and starts it. What it lost is no gap of its stream: the times
// of the samples tell.
bool rx_stream::come_back(clock::time_point deadline, piece& found)
{
    while (true) {
        try {
            d_held.forget();
            d_from->reopen();
            begin({});
            SoapySDR::log(SOAPY_SDR_INFO, d_from->dev.name() + ": the device is back");
            d_is_lost = false;
            return true;
        } catch (const std::system_error& e) {
            if (e.code() != std::errc::no_such_device &&
                e.code() != std::errc::no_such_file_or_directory)
                log_once(e.what());
        } catch (const std::exception& e) { // the recording is not valid any more
            log_once(e.what());
        }
        d_gate.sleep_until(std::min(deadline, clock::now() + reopen_period));
        const bool is_late = clock::now() >= deadline;
        if (!d_gate.is_paused() && !is_late)
            continue;
        found.result = d_gate.is_paused() ? interrupted : SOAPY_SDR_TIMEOUT;
        return false;
    }
}

// Drops samples before the time at which the stream is to begin. Returns whether it did anything.
bool rx_stream::skip_to_begin()
{
    if (!d_begin_ns)
        return false;
    const std::uint64_t index = d_rest.index;
    const std::uint64_t n = d_times.contiguous(index, d_rest.samples);
    const std::uint64_t before = d_times.samples_before(index, n, *d_begin_ns);
    if (!before) {
        d_times.clip_gap(index, *d_begin_ns);
        d_begin_ns.reset();
        return true;
    }
    d_times.take_gap(index); // it was before the begin, too
    drop(before);
    return true;
}

void rx_stream::drop(std::uint64_t samples)
{
    cut(samples);
    d_held.add_free(samples, releaser());
}

zcring::reader::view rx_stream::cut(std::uint64_t samples)
{
    zcring::reader::view first = d_rest;
    first.samples = samples;
    d_rest.samples -= samples;
    d_rest.index += samples;
    for (const void*& channel : d_rest.channel)
        if (channel)
            channel = static_cast<const std::byte*>(channel) + samples * d_sample_bytes;
    return first;
}

} // namespace soapy_zcring
