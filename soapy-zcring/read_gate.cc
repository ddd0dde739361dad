// SPDX-License-Identifier: GPL-3.0-or-later
//
// One reader at a time, and pauses. The lock is held for the change of a flag only, never while
// samples are waited for.
#include "read_gate.h"

#include <algorithm>

namespace soapy_zcring {

bool read_gate::enter(clock::time_point deadline)
{
    std::unique_lock<std::mutex> lock(d_mutex);
    const bool is_over = d_changed.wait_until(lock, deadline, [this] {
        return d_is_closed || (d_is_open && d_inside == occupant::none && !d_pauses);
    });
    const bool may_enter = is_over && !d_is_closed;
    if (may_enter)
        d_inside = occupant::reader;
    return may_enter;
}

void read_gate::leave()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_inside = occupant::none;
    d_changed.notify_all();
}

bool read_gate::is_paused() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return must_leave();
}

void read_gate::sleep_until(clock::time_point deadline)
{
    std::unique_lock<std::mutex> lock(d_mutex);
    d_changed.wait_until(lock, deadline, [this] { return must_leave(); });
}

read_gate::pause::pause(read_gate& gate) : d_gate(gate)
{
    std::unique_lock<std::mutex> lock(d_gate.d_mutex);
    d_gate.d_pauses++;
    d_gate.d_changed.notify_all();
    if (d_gate.d_inside == occupant::reader)
        d_gate.d_interrupt();
    d_gate.d_changed.wait(lock, [this] { return d_gate.d_inside == occupant::none; });
    d_gate.d_inside = occupant::pause;
}

read_gate::pause::~pause()
{
    const std::lock_guard<std::mutex> lock(d_gate.d_mutex);
    d_gate.d_pauses--;
    d_gate.d_inside = occupant::none;
    d_gate.d_changed.notify_all();
}

void read_gate::set_open(bool is_open)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_is_open = is_open;
    d_changed.notify_all();
}

bool read_gate::is_open() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_is_open;
}

void read_gate::close()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_is_closed = true;
    d_changed.notify_all();
    if (d_inside == occupant::reader)
        d_interrupt();
}

bool read_gate::is_closed() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_is_closed;
}

read_gate::clock::time_point deadline_after(long timeout_us)
{
    constexpr long year_us = 31536000000000;
    return read_gate::clock::now() +
           std::chrono::microseconds(std::clamp<long>(timeout_us, 0, year_us));
}

} // namespace soapy_zcring
