// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a kernel device through a read-only file, and a receiver of a server through a connection:
// every query is one call, no memory is mapped, and nothing is set. So an observer never disturbs the
// consumer of the device.
#include <zcring/observer.h>

#include "abi_values.h"
#include "device_error.h"
#include "server_connection.h"
#include "server_names.h"
#include "unique_fd.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace zcring {

namespace {

int open_device(const std::string& path)
{
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        throw_device_error(errno, path, "cannot open");
    return fd;
}

state state_from_abi(std::uint32_t s)
{
    switch (s) {
    case ZCRING_STATE_STOPPED:
        return state::stopped;
    case ZCRING_STATE_RUNNING:
        return state::running;
    case ZCRING_STATE_FAULT:
        return state::fault;
    }
    return state::gone;
}

std::unique_ptr<server_connection> connect_observer(const std::string& name, std::uint64_t receiver)
{
    zcring_attach attach{};
    attach.role = ZCRING_ROLE_OBSERVER;
    attach.receiver = receiver;
    return std::make_unique<server_connection>(name, attach);
}

bool is_device_name(const std::string& name)
{
    const std::string prefix = "zcring";
    return name.size() > prefix.size() && name.compare(0, prefix.size(), prefix) == 0 &&
           name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
}

} // namespace

const char* to_string(state s) noexcept
{
    switch (s) {
    case state::stopped:
        return "stopped";
    case state::running:
        return "running";
    case state::fault:
        return "fault";
    case state::gone:
        return "gone";
    }
    return "?";
}

class observer::impl final
{
public:
    impl(const std::string& path, std::uint64_t receiver) : d_name(path)
    {
        if (zcring::is_server(path)) {
            d_server = connect_observer(path, receiver);
            return;
        }
        d_fd = unique_fd(open_device(path));
        const auto info =
            query<zcring_info>(ZCRING_IOC_GET_INFO, "cannot read the device's description");
        if (info.abi_version != ZCRING_ABI_VERSION)
            throw_device_error(ENOTTY, path, "the driver has another version of the interface");
    }

    const std::string& name() const noexcept { return d_name; }

    template <class T>
    T query(std::uint32_t request, const char* what) const
    {
        T answer{};
        if (d_server)
            d_server->checked_call(request, &answer, what);
        else if (ioctl(d_fd.get(), request, &answer) < 0)
            throw_device_error(errno, d_name, what);
        return answer;
    }

private:
    const std::string d_name;
    std::unique_ptr<server_connection> d_server; //!< or the file of a kernel device
    unique_fd d_fd;
};

// The lowest number first: zcring2 before zcring10.
std::vector<std::string> observer::list()
{
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored))
        if (is_device_name(entry.path().filename()))
            paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
        return std::make_pair(a.size(), a) < std::make_pair(b.size(), b);
    });
    return paths;
}

std::vector<std::string> observer::list_servers()
{
    std::vector<std::string> names;
    for (const found_server& server : find_servers())
        names.push_back(server.name);
    return names;
}

bool observer::is_server(const std::string& path) noexcept { return zcring::is_server(path); }

observer::observer(const std::string& path, std::uint64_t receiver)
    : d_impl(std::make_unique<impl>(path, receiver))
{
}
observer::~observer() = default;

const std::string& observer::name() const noexcept { return d_impl->name(); }

observer::description observer::describe() const
{
    const auto info =
        d_impl->query<zcring_info>(ZCRING_IOC_GET_INFO, "cannot read the device's description");
    const auto config =
        d_impl->query<zcring_config>(ZCRING_IOC_GET_CONFIG, "cannot read the configuration");
    description result;
    result.model.assign(info.model, strnlen(info.model, sizeof(info.model)));
    result.state = state_from_abi(info.state);
    result.format = format_from_abi(info.format);
    result.receiver = info.receiver;
    result.channels = info.channels;
    result.ring_samples = info.ring_samples;
    result.interval = static_cast<double>(config.interval_ns) / 1e9;
    return result;
}

zcring::tuning observer::tuning() const
{
    return tuning_from_abi(
        d_impl->query<zcring_tuning>(ZCRING_IOC_GET_TUNING, "cannot read the tuning"));
}

zcring::telemetry observer::telemetry() const
{
    return telemetry_from_abi(
        d_impl->query<zcring_telemetry>(ZCRING_IOC_GET_TELEMETRY, "cannot read the telemetry"));
}

} // namespace zcring
