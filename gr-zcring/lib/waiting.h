/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "interruption.h"
#include "pause.h"
#include "ring_stream.h"

#include <gnuradio/block.h>

#include <atomic>
#include <chrono>
#include <functional>

namespace gr {
namespace zcring {

/*!
 * \brief The waits of work(): for samples, for a device, and for the end of an injected slowness.
 *
 * Each wait ends early when the scheduler must have its thread back: for a message, for the end of
 * the flowgraph, or because the blocks downstream are done.
 *
 * Ownership: refers to the block and to the stream, which must outlive it.
 * Threading: the thread of work(). Any thread may call wake() and slow_down().
 */
class waiting final
{
public:
    //! Called before each part of a wait. Returns the longest time until the next call.
    using idle_function = std::function<std::chrono::nanoseconds()>;

    //! A block downstream that is done cannot wake work(), and neither can a message that does not
    //! come through post(): work() checks for both after each such time without samples.
    static constexpr std::chrono::milliseconds silence{ 100 };

    waiting(gr::block& owner, ring_stream& stream);

    //! Ends the present wait, or else the next one, early.
    void wake();

    //! For \p time from now on, for_samples() finds no samples.
    void slow_down(std::chrono::nanoseconds time);

    //! Waits until the stream has samples or ends. Returns status::woken, or status::timeout, if
    //! the scheduler must have its thread back first.
    ::zcring::status for_samples(const idle_function& idle);

    //! Sleeps until \p when. False if it was woken before, or if the scheduler ends the thread.
    bool sleep_until(pause::time_point when);

    //! Whether the scheduler must have its thread back.
    bool must_return() const { return has_message() || downstream_done(); }

    //! Whether a block downstream is done.
    bool downstream_done() const;

private:
    bool has_message() const;
    bool throttle(const idle_function& idle);

    gr::block& d_owner;
    ring_stream& d_stream;
    std::atomic<pause::time_point> d_slow_until{};
    pause d_pause;
    interruption d_interruption;
};

} // namespace zcring
} // namespace gr
