// SPDX-License-Identifier: GPL-3.0-or-later
//
// Chooses the next call of a hostile client at random, by weight, and holds the shortest of the
// calls. The longer ones are in client_mappings.cc, client_ioctls.cc, client_feeds.cc and
// client_files.cc.
#include "client_thread.h"

#include <poll.h>
#include <sys/mman.h>

namespace fuzz {

void client_thread::unmap()
{
    d_shared.count(op_munmap, munmap(place(lane()), page << d_random.below(8)) == 0);
}

void client_thread::stop() { change(op_stop, ZCRING_IOC_STOP, nullptr, 0); }

void client_thread::poll_some()
{
    pollfd entry{ file(), static_cast<short>(d_random.next()), 0 };
    d_shared.count(op_poll, poll(&entry, 1, static_cast<int>(d_random.below(3))) > 0);
}

void client_thread::duplicate()
{
    const int fd = fcntl(file(), F_DUPFD_CLOEXEC, 3);
    d_shared.count(op_dup, fd >= 0);
    keep(fd);
}

void client_thread::close_one()
{
    d_shared.count(op_close, close_file(d_files[d_random.below(d_files.size())].exchange(-1)));
}

// A command that changes something. It must fail through a file that may not change the device.
bool client_thread::change(operation which,
                           unsigned long command,
                           void* argument,
                           std::size_t bytes)
{
    const bool success =
        d_target.call(file(), command, argument ? pointer(argument, bytes) : nullptr) == 0;
    if (success && !may_change())
        d_shared.report_finding("%s took effect through a file that has no right to it",
                                operation_names[which]);
    return d_shared.count(which, success);
}

void client_thread::step()
{
    struct choice {
        unsigned weight; // of 1000
        void (client_thread::*call)();
    };
    using self = client_thread;
    static constexpr choice of_driver[] = {
        { 73, &self::get },           { 110, &self::map },
        { 70, &self::corrupt },       { 60, &self::start },
        { 60, &self::control },       { 50, &self::set_config },
        { 40, &self::set_scene },     { 60, &self::write_some },
        { 60, &self::read_some },     { 40, &self::unknown_ioctl },
        { 40, &self::mprotect_some }, { 35, &self::remap },
        { 30, &self::force_write },   { 30, &self::madvise_some },
        { 30, &self::file_calls },    { 20, &self::pass_descriptor },
        { 40, &self::open_one },      { 10, &self::release_everything },
        { 2, &self::fork_some },      { 23, &self::unmap },
        { 25, &self::stop },          { 20, &self::poll_some },
        { 13, &self::duplicate },     { 12, &self::close_one },
        { 22, &self::get_feed },      { 12, &self::announce_silence },
        { 6, &self::end_feed },       { 7, &self::feed_live },
    };
    static constexpr choice of_server[] = {
        { 77, &self::get },           { 120, &self::map_memory },
        { 80, &self::corrupt },       { 60, &self::start },
        { 60, &self::control },       { 50, &self::set_config },
        { 40, &self::set_scene },     { 20, &self::write_some },
        { 20, &self::read_some },     { 18, &self::unknown_ioctl },
        { 40, &self::mprotect_some }, { 35, &self::remap },
        { 30, &self::force_write },   { 30, &self::madvise_some },
        { 20, &self::file_calls },    { 20, &self::pass_descriptor },
        { 30, &self::open_one },      { 3, &self::release_everything },
        { 2, &self::fork_some },      { 10, &self::unmap },
        { 25, &self::stop },          { 20, &self::poll_some },
        { 13, &self::duplicate },     { 12, &self::close_one },
        { 22, &self::get_feed },      { 4, &self::announce_silence },
        { 4, &self::end_feed },       { 20, &self::feed_server },
        { 50, &self::attack_memory }, { 20, &self::inject },
        { 30, &self::send_messages }, { 13, &self::send_descriptors },
        { 2, &self::attach_many },
    };
    std::uint64_t draw = d_random.below(1000);
    const auto make = [&](const auto& choices) {
        for (const choice& each : choices) {
            if (draw < each.weight)
                return (this->*each.call)();
            draw -= each.weight;
        }
    };
    if (!d_target.server())
        return make(of_driver);
    if (d_random.one_in(3))
        replace_dead_one();
    make(of_server);
}

} // namespace fuzz
