// SPDX-License-Identifier: GPL-3.0-or-later
//
// rtl_tcp_server ADDRESS ARGS: serves clients of rtl_tcp, each with a device of ARGS, until SIGTERM or
// SIGINT; prints the log. For tests with programs of others.
#include "rtl_tcp.h"

#include <csignal>
#include <exception>
#include <iostream>

namespace {

int run(const char* address, const char* arguments)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr); // of the server's threads, too
    zcring::server::rtl_tcp server(zcring::server::parse_rtl_address(address),
                                   arguments,
                                   [](const std::string& line) { std::cout << line << std::endl; });
    int signal = 0;
    sigwait(&ends, &signal);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: rtl_tcp_server ADDRESS ARGS\n";
        return 64;
    }
    try {
        return run(argv[1], argv[2]);
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 2;
    }
}
