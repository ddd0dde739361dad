// SPDX-License-Identifier: GPL-3.0-or-later
//
// Starts, tunes and reopens a device. Each call to a device that is present also updates the
// history of its tuning, so that a device that returns can be tuned as the one that was
// unplugged. The reader's thread reads the descriptors, and other threads may tune. So, while
// the device is present, its tuning is queried; once it is gone and writes no more, its
// descriptors are read here.
#include "session.h"

#include <cerrno>
#include <system_error>

namespace zcring {

session::session(std::unique_ptr<backend> opened) : d_backend(std::move(opened))
{
    update_history(); // of the program that had the device before
}

// In a child the backend is leaked on purpose; the memory is freed when the child exits.
session::~session()
{
    if (is_in_child() && d_backend->is_bound_to_process())
        static_cast<void>(d_backend.release());
}

backend& session::checked_backend() const
{
    if (is_in_child())
        throw std::system_error(EOPNOTSUPP,
                                std::system_category(),
                                d_backend->name() + ": the device was opened before fork(), and "
                                                    "is not available in the child process; open "
                                                    "the device after fork()");
    return *d_backend;
}

bool session::is_gone() const noexcept
{
    return zcring_ring_load_state(d_backend->mapped().meta) == ZCRING_STATE_GONE;
}

void session::start(const zcring_start& options)
{
    checked_backend();
    const std::lock_guard<std::mutex> lock(d_mutex);
    update_history();
    d_backend->start(options);
    if (options.flags & ZCRING_START_RESUME)
        return;
    d_history.start_stream();
    begin_stream(options.first_index, options.preroll_samples);
}

void session::control(const zcring_control& control)
{
    checked_backend();
    const std::lock_guard<std::mutex> lock(d_mutex);
    update_history();
    d_backend->control(control);
    if (!(control.what & (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME)))
        d_history.add_command(control, burst_head());
}

bool session::keep(const zcring_control& control)
{
    checked_backend();
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (!is_gone())
        return false;
    const backend::pages& pages = d_backend->mapped();
    d_history.read_bursts(pages.bursts, burst_head());
    d_history.keep(control);
    return true;
}

void session::change_scene()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    try {
        const std::uint64_t head = burst_head();
        d_history.change_scene(d_backend->tuning(), head);
    } catch (const std::system_error&) { // the tuning stays as it was read last
    }
}

bool session::reopen(const set_up& restore_settings)
{
    checked_backend();
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (!is_gone())
        return false;
    const backend::pages& pages = d_backend->mapped();
    d_history.read_bursts(pages.bursts, burst_head());
    bool is_fresh = false;
    backend::reopening steps;
    steps.set_up = [&](backend& fresh) {
        restore_settings(fresh, d_history.tuning());
        is_fresh = true;
    };
    steps.end_stream = [this] { begin_stream(0, 0); };
    d_backend->reopen(steps);
    if (!is_fresh) // it is tuned as it was when it went away
        for (const zcring_control& kept : d_history.kept())
            d_backend->control(kept);
    d_history.reopen();
    return true;
}

std::uint64_t session::burst_head() const noexcept
{
    return zcring_ring_load_burst_head(d_backend->mapped().meta);
}

// Throws if the device is gone, and the history then stays as it was.
void session::update_history()
{
    const std::uint64_t head = burst_head();
    d_history.update(d_backend->tuning(), head);
}

void session::begin_stream(std::uint64_t first_index, std::uint64_t preroll_samples) noexcept
{
    d_first_index = first_index;
    d_preroll_samples = preroll_samples;
    d_streams.fetch_add(1, std::memory_order_release);
}

} // namespace zcring
