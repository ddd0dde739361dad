// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace soapy_zcring {

/*!
 * \brief Lets one thread at a time read from a stream, and others end its reading.
 *
 * A thread that reads is inside the gate, and holds no lock there, so that it may wait for samples. A
 * thread that starts, stops or replaces what is read from pauses the reading: the reader leaves the
 * gate at once, and waits until the pause is over.
 * Threading: any thread may make every call.
 */
class read_gate final
{
public:
    using clock = std::chrono::steady_clock;

    //! \p interrupt makes the thread that reads stop waiting. It is called with the gate's lock held
    //! while one is inside, and must not wait.
    explicit read_gate(std::function<void()> interrupt) : d_interrupt(std::move(interrupt)) {}

    //! Waits until the gate is open, nothing pauses the reading and no other thread is inside, or
    //! \p deadline has passed. Returns whether the caller is inside now; it must then call leave().
    //! False at once after close().
    bool enter(clock::time_point deadline);
    void leave();
    //! The same for a scope: leaves at its end, also by an exception.
    class visit final
    {
    public:
        visit(read_gate& gate, clock::time_point deadline)
            : d_gate(gate), d_is_inside(gate.enter(deadline))
        {
        }
        ~visit()
        {
            if (d_is_inside)
                d_gate.leave();
        }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        explicit operator bool() const { return d_is_inside; }

    private:
        read_gate& d_gate;
        const bool d_is_inside;
    };
    //! For the thread inside: whether it has to leave.
    bool is_paused() const;
    //! For the thread inside: sleeps until \p deadline, or until it has to leave.
    void sleep_until(clock::time_point deadline);

    //! Pauses the reading while it exists: no thread reads, and no other one pauses.
    class pause final
    {
    public:
        explicit pause(read_gate& gate);
        ~pause();
        pause(const pause&) = delete;
        pause& operator=(const pause&) = delete;

    private:
        read_gate& d_gate;
    };

    //! Opens or shuts the gate: a stream that is not active has a shut one.
    void set_open(bool is_open);
    bool is_open() const;

    //! Lets no thread in any more: one that waits to enter gives up, and one inside has to leave.
    void close();
    bool is_closed() const;

private:
    bool must_leave() const { return d_pauses > 0 || d_is_closed; }

    const std::function<void()> d_interrupt;
    mutable std::mutex d_mutex;
    std::condition_variable d_changed;
    enum class occupant { none, reader, pause };
    bool d_is_open = false;
    bool d_is_closed = false;
    occupant d_inside = occupant::none;
    int d_pauses = 0; //!< and those that wait for their turn
};

//! The end of a timeout as SoapySDR gives it; a negative one has passed.
read_gate::clock::time_point deadline_after(long timeout_us);

} // namespace soapy_zcring
