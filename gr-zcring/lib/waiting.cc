/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// How work() waits. No lock is held during a wait, and the scheduler can end every one.
//
// The scheduler handles messages and the end of the flowgraph only between two calls of work().
// A source without samples may wait for a minute, so each wait here ends early for both.
#include "waiting.h"

#include <gnuradio/block_detail.h>
#include <gnuradio/buffer.h>

#include <algorithm>

namespace gr {
namespace zcring {

using ::zcring::status;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

waiting::waiting(gr::block& owner, ring_stream& stream)
    : d_owner(owner), d_stream(stream), d_interruption([this] { wake(); })
{
}

void waiting::wake()
{
    if (!d_stream.is_here()) // nothing waits, and the mutex of the pause may be locked for ever
        return;
    d_stream.in.wake();
    d_pause.wake();
}

void waiting::slow_down(std::chrono::nanoseconds time)
{
    d_slow_until = steady::now() + time;
    wake();
}

status waiting::for_samples(const idle_function& idle)
{
    if (!throttle(idle))
        return status::woken;
    status found = d_stream.in.wait(1, 0ns);
    if (found == status::woken) // by a message that the scheduler has handled or handles next
        found = d_stream.in.wait(1, 0ns);
    while (found == status::timeout && !must_return()) {
        const auto longest = idle();
        if (!d_interruption.during([&] { found = d_stream.in.wait(1, longest); }))
            return status::woken;
    }
    return found;
}

bool waiting::sleep_until(pause::time_point when)
{
    bool woken = false;
    return d_interruption.during([&] { woken = d_pause.until(when); }) && !woken;
}

// Waits for the end of the slowness. False if the wait ended early.
bool waiting::throttle(const idle_function& idle)
{
    for (auto now = steady::now(); now < d_slow_until.load(); now = steady::now()) {
        const auto longest = idle();
        if (must_return() || !sleep_until(std::min(d_slow_until.load(), now + longest)))
            return false;
    }
    return true;
}

bool waiting::has_message() const
{
    const gr::thread::scoped_lock guard(d_owner.detail()->d_tpb.mutex);
    return d_owner.detail()->d_tpb.input_changed;
}

// The scheduler checks this only once the output is full. But a ring that no block reads may run
// out of descriptors before it is full, and then no sample comes any more.
bool waiting::downstream_done() const
{
    for (int port = 0; port < d_owner.detail()->noutputs(); port++) {
        const gr::buffer_sptr buffer = d_owner.detail()->output(static_cast<unsigned>(port));
        const gr::thread::scoped_lock guard(*buffer->mutex());
        if (buffer->done())
            return true;
    }
    return false;
}

} // namespace zcring
} // namespace gr
