// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A server (zcring serve) that no other program finds. ZCRING_COMMAND is the command's path.
 */
#pragma once

#include "lib/support.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace zcring_test {

//! zcring serve NAME, in a runtime folder of this process's own.
class served final
{
public:
    //! \p arguments are those of the command, behind the name.
    explicit served(std::string name,
                    std::vector<std::string> arguments = { "scene=counter",
                                                           "rate=1e6",
                                                           "interval_us=2000" })
        : d_name(std::move(name)), d_arguments(std::move(arguments))
    {
        setenv("XDG_RUNTIME_DIR", d_where.path().c_str(), 1);
    }
    ~served() { end(); }
    served(const served&) = delete;
    served& operator=(const served&) = delete;

    void begin()
    {
        std::vector<char*> words;
        std::string command = "zcring", verb = "serve";
        for (std::string* word : { &command, &verb, &d_name })
            words.push_back(word->data());
        for (std::string& word : d_arguments)
            words.push_back(word.data());
        words.push_back(nullptr);
        d_pid = fork();
        if (d_pid == 0) {
            execv(ZCRING_COMMAND, words.data());
            _exit(127);
        }
        ASSERT_TRUE(eventually([this] { return takes_connections(); }));
    }
    void end()
    {
        if (d_pid <= 0)
            return;
        kill(d_pid, SIGTERM);
        kill(d_pid, SIGCONT);
        waitpid(d_pid, nullptr, 0);
        d_pid = -1;
    }

    //! The server gets no processor for so long, as on a machine that is busy.
    void stop_for(std::chrono::milliseconds time) const
    {
        kill(d_pid, SIGSTOP);
        waitpid(d_pid, nullptr, WUNTRACED);
        std::this_thread::sleep_for(time);
        kill(d_pid, SIGCONT);
    }

private:
    // The socket is there a moment before.
    bool takes_connections() const
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (d_where.path() / "zcring" / d_name).string();
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        const bool is_connected =
            connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
        close(fd);
        return is_connected;
    }

    std::string d_name;
    std::vector<std::string> d_arguments;
    temporary_directory d_where;
    pid_t d_pid = -1;
};

} // namespace zcring_test
