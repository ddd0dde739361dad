// SPDX-License-Identifier: GPL-3.0-or-later
//
// The receivers of a server, by its socket. A file is a connection; the name of a radio is the number
// of the receiver that an observer watches, and a connection that does not observe gets a new receiver.
#ifndef ZCRING_TESTS_FUZZ_SERVER_TARGET_H
#define ZCRING_TESTS_FUZZ_SERVER_TARGET_H

#include <sys/types.h>
#include <sys/un.h>

#include "target.h"

namespace fuzz {

class server_target final : public target
{
public:
    server_target(const std::string& socket, bool is_free);

    int open_radio(const std::string& name, int flags) const override;
    int open_antenna(const std::string& name, int flags) const override;
    int call(int fd, unsigned long command, void* argument) const override;
    void* map(int fd, std::uint32_t region, std::size_t bytes, int protection) const override;
    bool is_possible(const zcring_region& asked, const zcring_region& answer) const override;
    std::uint32_t observer_role() const override { return ZCRING_ROLE_OBSERVER; }
    bool has_free_pace() const override { return d_is_free; }
    const server_target* server() const override { return this; }

    // A connection without a role; -1 and errno.
    int connect_only() const;
    // Gives a connection its role, and closes it where that fails. @wake: null, or for the pipe.
    int attach(int connection, zcring_attach attach, int* wake) const;
    // One request and its answer, which is that of another thread where two use one connection. 0, or -1
    // and errno. @came: null, or for the descriptor that came with the answer, else -1.
    int exchange(int connection, unsigned long command, void* argument, int* came) const;
    // The memory of a region; -1 and errno.
    int memory(int connection, zcring_region& region) const;

    // The process of the server; -1 where it is not there.
    pid_t process() const;

private:
    sockaddr_un d_address{};
    const bool d_is_free;
};

} // namespace fuzz

#endif
