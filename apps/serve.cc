// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring serve: one antenna with many receivers, for other processes, until Ctrl-C or SIGTERM.
#include "serve.h"

#include "air.h"
#include "air_ports.h"
#include "interrupt.h"
#include "listener.h"
#include "rtl_tcp.h"
#include "server.h"

#include <zcring/arguments.h>

#include <grp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace app {

namespace {

constexpr rlim_t descriptors_wanted = 65536;

// What the words of the command line say.
struct request {
    std::string name;
    zcring::arguments arguments;
};

request parse(const std::vector<std::string>& words)
{
    request r;
    std::string items;
    for (const std::string& word : words) {
        if (word.find('=') != std::string::npos) {
            items += (items.empty() ? "" : ",") + word;
        } else if (r.name.empty()) {
            r.name = word;
        } else {
            throw std::invalid_argument(word + ": one name is enough (" + r.name +
                                        "); settings are items such as rate=2e6");
        }
    }
    if (r.name.empty())
        r.name = "default";
    r.arguments = zcring::parse_arguments(items);
    if (!r.arguments.device.empty())
        throw std::invalid_argument("device=" + r.arguments.device +
                                    ": a server simulates its receivers; leave device= out");
    if (r.arguments.interval_us && *r.arguments.interval_us < 1000)
        throw std::invalid_argument("interval_us=" + std::to_string(*r.arguments.interval_us) +
                                    ": a server's receivers have at least 1000");
    return r;
}

std::optional<gid_t> find_group(const std::string& name)
{
    if (name.empty())
        return std::nullopt;
    errno = 0;
    const group* const found = getgrnam(name.c_str());
    if (!found)
        throw std::invalid_argument("--group " + name +
                                    ": there is no such group; see getent group");
    return found->gr_gid;
}

zcring::server::limits limits_of(const serve_options& options)
{
    zcring::server::limits l;
    l.receivers = options.receivers;
    l.user_connections = options.user_connections;
    l.user_bytes = static_cast<std::uint64_t>(options.user_mib * 1048576);
    l.user_rate = options.user_rate;
    return l;
}

// A receiver has a descriptor for each of its regions, and the usual limit is 1024.
void raise_descriptor_limit()
{
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, descriptors_wanted));
    setrlimit(RLIMIT_NOFILE, &limit);
}

zcring::server::listener make_listener(const std::string& name, const std::string& group)
{
    if (auto inherited = zcring::server::listener::inherited()) {
        if (!group.empty())
            throw std::invalid_argument("--group " + group +
                                        ": the service manager has made the socket; set "
                                        "SocketGroup= and SocketMode=0660 in its unit");
        return std::move(*inherited);
    }
    return zcring::server::listener(zcring::server::socket_path(name, !group.empty()),
                                    find_group(group));
}

using rtl_service = std::optional<zcring::server::rtl_tcp>;

// Waits for Ctrl-C or SIGTERM, which all threads have blocked, and ends the server: the clients of
// rtl_tcp first, as long as the server answers their receivers.
class ender final
{
public:
    ender(zcring::server::server& server, rtl_service& rtl)
        : d_thread([&] {
              sigset_t ends;
              sigemptyset(&ends);
              sigaddset(&ends, SIGINT);
              sigaddset(&ends, SIGTERM);
              int number = 0;
              sigwait(&ends, &number);
              if (rtl)
                  rtl->stop();
              server.stop();
          })
    {
    }
    ~ender()
    {
        pthread_kill(d_thread.native_handle(), SIGTERM); // in case that the server has failed
        d_thread.join();
    }
    ender(const ender&) = delete;
    ender& operator=(const ender&) = delete;

private:
    std::thread d_thread;
};

} // namespace

int run_serve(const serve_options& options)
{
    const request asked = parse(options.words);
    // Otherwise each process of the user could write to the memory that clients only read, by
    // /proc/PID/mem.
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        throw std::system_error(errno, std::system_category(), "cannot protect the memory");
    raise_descriptor_limit();
    const blocked_signals blocked; // in the air's threads, too

    zcring::server::air air(asked.arguments);
    zcring::server::air_ports ports(air);
    zcring::server::server server(
        ports, make_listener(asked.name, options.group), limits_of(options));

    const std::string& path = server.socket().path();
    const bool has_own_name = zcring::server::socket_path(asked.name, false) == path;
    const std::string device = "device=" + (has_own_name ? asked.name : path);
    rtl_service rtl;
    if (!options.rtl_tcp.empty())
        rtl.emplace(zcring::server::parse_rtl_address(options.rtl_tcp),
                    device,
                    [](const std::string& line) { std::cerr << "zcring: " + line + '\n'; });
    {
        const ender ends(server, rtl);
        std::cout << "zcring: serving " << asked.name << " at " << path << "; open it with "
                  << device << std::endl;
        sd_notify(0, "READY=1");
        server.run();
        sd_notify(0, "STOPPING=1");
    }
    air.unplug_all();
    server.close_all();
    return 0;
}

} // namespace app
