// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the ring as the consumer: loads the head, hands out views, stores the tail. The order of
// loads and stores is in ring.h. A view never needs a copy, because the ring is mapped twice in
// a row. wait() looks at the ring first and sleeps only if too few samples are there, so that
// reading costs no system call while samples are there.
#include <zcring/reader.h>

#include "poll_fds.h"
#include "rational.h"
#include "session.h"
#include "unique_fd.h"

#include <sys/eventfd.h>
#include <algorithm>
#include <cerrno>
#include <system_error>

namespace zcring {

namespace {

using std::chrono::nanoseconds;
using steady = std::chrono::steady_clock;

// Indices wrap, so only their distance counts.
bool before(std::uint64_t a, std::uint64_t b) { return static_cast<std::int64_t>(a - b) < 0; }

burst from_abi(const zcring_burst& b)
{
    burst result;
    result.index = b.index;
    result.sample_clock = b.sample_clock;
    result.time_ns = b.time_ns;
    result.samples = b.samples;
    result.lost = b.lost;
    result.clipped_samples = b.clipped_samples;
    result.feed_underflow_samples = b.feed_underflow_samples;
    result.interrupt_ns = b.interrupt_ns;
    result.rate = to_double({ b.rate_num, b.rate_den });
    result.bandwidth = static_cast<double>(b.bandwidth_uhz) / 1e6;
    result.tuned_channels = b.tuned_channels;
    result.starts = b.flags & ZCRING_BURST_START;
    result.resumes = b.flags & ZCRING_BURST_RESUME;
    result.rate_changed = b.flags & ZCRING_BURST_RATE;
    result.time_changed = b.flags & ZCRING_BURST_TIME;
    result.resident = b.flags & ZCRING_BURST_RESIDENT;
    for (unsigned c = 0; c < max_channels; c++) {
        result.frequency[c] = static_cast<double>(b.channel[c].freq_uhz) / 1e6;
        result.gain[c] = b.channel[c].gain_mb / 100.0;
    }
    return result;
}

} // namespace

const char* to_string(status s) noexcept
{
    switch (s) {
    case status::data:
        return "data";
    case status::timeout:
        return "timeout";
    case status::woken:
        return "woken";
    case status::stopped:
        return "stopped";
    case status::fault:
        return "fault";
    case status::gone:
        return "gone";
    }
    return "?";
}

/*
 * Indices of samples, oldest first: tail <= cursor <= head. Indices of descriptors:
 * d_oldest is the first of which a sample is held; d_next_burst the next that next_burst()
 * returns. All descriptors from d_oldest on are still in their slots.
 */
class reader::impl final
{
public:
    explicit impl(const session& s)
        : d_session(s),
          d_backend(s.get_backend()),
          d_pages(d_backend.mapped()),
          d_wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
    {
        if (!d_wake)
            throw std::system_error(errno, std::system_category(), "zcring: no eventfd");
    }

    void follow_stream() noexcept;
    status wait(std::uint64_t samples, nanoseconds timeout) noexcept;
    view acquire(std::uint64_t most) noexcept;
    void release(std::uint64_t samples) noexcept;
    std::optional<burst> next_burst(std::uint64_t index) noexcept;
    void wake() noexcept;
    std::uint64_t held() const noexcept
    {
        return d_cursor.load(std::memory_order_relaxed) - d_tail.load(std::memory_order_relaxed);
    }

private:
    const zcring_burst& descriptor(std::uint64_t index) const noexcept
    {
        return d_pages.bursts[index];
    }
    // Bounded: a producer in another process may store anything. The head is loaded before d_oldest,
    // which no producer that frees slots by the tail can be a lap ahead of.
    std::uint64_t burst_head() const noexcept
    {
        const std::uint64_t head = zcring_ring_load_burst_head(d_pages.meta);
        const std::uint64_t oldest = d_oldest.load(std::memory_order_relaxed);
        return oldest + std::min(head - oldest, d_pages.bursts.slots);
    }
    bool bursts_full() const noexcept
    {
        return burst_head() - d_oldest.load(std::memory_order_relaxed) == d_pages.bursts.slots;
    }
    // Samples that the stream of another consumer left in the ring must not be read; and no more
    // than the ring has, whatever head another process has stored.
    std::uint64_t available() const noexcept
    {
        if (!d_stream || d_session.is_in_child())
            return 0;
        return std::min<std::uint64_t>(zcring_ring_load_head(d_pages.meta) - d_cursor,
                                       d_pages.ring_samples - held());
    }
    bool take_wake() noexcept;

    const session& d_session;
    backend& d_backend;
    const backend::pages& d_pages;
    const unique_fd d_wake;
    std::atomic<bool> d_woken{ false };

    std::atomic<std::uint64_t> d_stream{ 0 }; //!< the stream of the session that this reader reads
    std::uint64_t d_next_burst = 0;
    std::atomic<std::uint64_t> d_cursor{ 0 }; // release() reads it
    // Written only by release(), which may run in another thread.
    std::atomic<std::uint64_t> d_tail{ 0 };
    std::atomic<std::uint64_t> d_oldest{ 0 };
    std::uint64_t d_total_bytes = 0;
};

void reader::impl::follow_stream() noexcept
{
    const std::uint64_t streams = d_session.streams();
    if (streams == d_stream)
        return;
    d_cursor = d_session.first_index();
    d_tail = d_cursor - d_session.preroll_samples();
    d_oldest = 0;
    d_next_burst = 0;
    d_total_bytes = 0;
    d_stream.store(streams, std::memory_order_release); // release() reads it first
}

void reader::impl::wake() noexcept
{
    if (d_session.is_in_child())
        return; // the eventfd is also the parent's
    eventfd_write(d_wake.get(), 1);
    d_woken.store(true, std::memory_order_release);
}

bool reader::impl::take_wake() noexcept
{
    if (!d_woken.load(std::memory_order_acquire))
        return false;
    d_woken.store(false);
    eventfd_t count = 0;
    eventfd_read(d_wake.get(), &count);
    return true;
}

status reader::impl::wait(std::uint64_t samples, nanoseconds timeout) noexcept
{
    std::optional<steady::time_point> deadline;
    int rounds = 0; // without enough samples
    const std::uint64_t room = std::max<std::uint64_t>(d_pages.ring_samples - held(), 1);
    const std::uint64_t wanted = std::clamp<std::uint64_t>(samples, 1, room);

    if (d_session.is_in_child())
        return status::fault;
    while (true) {
        if (take_wake())
            return status::woken;
        // Load the state before the head: if the state is the last one, so is the head.
        const std::uint32_t state = zcring_ring_load_state(d_pages.meta);
        if (available() < wanted && state == ZCRING_STATE_RUNNING)
            d_backend.produce(d_cursor + wanted);
        const std::uint64_t there = available();
        if (there >= wanted)
            return status::data;
        if (state != ZCRING_STATE_RUNNING || bursts_full()) {
            if (there)
                return status::data;
            if (state == ZCRING_STATE_STOPPED)
                return status::stopped;
            if (state == ZCRING_STATE_FAULT)
                return status::fault;
            if (state == ZCRING_STATE_GONE)
                return status::gone;
        }

        rounds++;
        nanoseconds left = timeout;
        if (timeout.count() >= 0) {
            const auto now = steady::now();
            if (!deadline)
                deadline = now + std::min<nanoseconds>(timeout, steady::time_point::max() - now);
            left = *deadline - now;
            if (left.count() <= 0)
                return status::timeout;
        }
        // With no free descriptor, or none when the producer checked last, poll() reports a
        // device as readable although no sample arrives. Only a release by another thread helps.
        if (bursts_full() || rounds > 2)
            poll_two(-1, d_wake.get(), std::min<std::int64_t>(1000000, left.count() & INT64_MAX));
        else
            d_backend.wait(d_cursor + wanted, d_wake.get(), left.count());
    }
}

reader::view reader::impl::acquire(std::uint64_t most) noexcept
{
    view v;
    v.samples = std::min(most, available());
    v.index = d_cursor;
    if (!v.samples)
        return v;
    const std::uint64_t place = zcring_ring_place(d_cursor, d_pages.ring_samples);
    for (unsigned c = 0; c < max_channels && d_pages.data[c]; c++)
        v.channel[c] = d_pages.data[c] + place * d_pages.sample_bytes;
    d_cursor.store(v.index + v.samples, std::memory_order_relaxed);
    return v;
}

void reader::impl::release(std::uint64_t samples) noexcept
{
    samples = std::min(samples, held());
    if (!samples || d_session.is_in_child() || d_stream != d_session.streams())
        return; // the held samples were of an older stream, or are the parent's
    const std::uint64_t head = burst_head();
    const std::uint64_t tail = d_tail.load(std::memory_order_relaxed) + samples;
    std::uint64_t oldest = d_oldest.load(std::memory_order_relaxed);

    for (; oldest != head; oldest++) {
        const zcring_burst& b = descriptor(oldest);
        if (before(tail, b.index + b.samples))
            break;
    }
    d_oldest.store(oldest, std::memory_order_relaxed);
    d_total_bytes += samples * d_pages.sample_bytes * d_pages.channels;
    d_tail.store(tail, std::memory_order_relaxed);
    zcring_ring_release(d_pages.consumer, tail, d_total_bytes);
}

std::optional<burst> reader::impl::next_burst(std::uint64_t index) noexcept
{
    if (d_session.is_in_child())
        return std::nullopt;
    d_next_burst = std::max(d_next_burst, d_oldest.load(std::memory_order_relaxed));
    if (d_next_burst == burst_head() || !before(descriptor(d_next_burst).index, index))
        return std::nullopt;
    return from_abi(descriptor(d_next_burst++));
}

reader::reader(device& dev) : d_impl(std::make_unique<impl>(*dev.d_session)) {}
reader::~reader() = default;

status reader::wait(std::uint64_t samples, nanoseconds timeout)
{
    d_impl->follow_stream();
    return d_impl->wait(samples, timeout);
}

reader::view reader::acquire(std::uint64_t most)
{
    d_impl->follow_stream();
    return d_impl->acquire(most);
}

void reader::release(std::uint64_t samples) { d_impl->release(samples); }

std::optional<burst> reader::next_burst(std::uint64_t index)
{
    d_impl->follow_stream();
    return d_impl->next_burst(index);
}

std::uint64_t reader::held() const noexcept { return d_impl->held(); }
void reader::wake() noexcept { d_impl->wake(); }

} // namespace zcring
