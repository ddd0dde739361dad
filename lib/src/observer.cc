// SPDX-License-Identifier: GPL-3.0-or-later
#include <zcring/observer.h>

#include "rational.h"
#include "unique_fd.h"

#include <zcring/abi.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace zcring {

namespace {

const char* remedy(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return "no such device; load the driver (modprobe zcring) or use the emulator";
    case EACCES:
    case EPERM:
        return "permission denied; log in at the machine itself, or become a member of the "
               "group that owns the device";
    case ENODEV:
        return "the device is gone";
    case ENOTTY:
    case EINVAL:
        return "not a zcring device, or one whose driver is too old";
    default:
        return "it failed";
    }
}

[[noreturn]] void fail(int error, const std::string& path, const char* what)
{
    throw std::system_error(
        error, std::system_category(), path + ": " + what + ": " + remedy(error));
}

int open_device(const std::string& path)
{
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(errno, path, "cannot open");
    return fd;
}

format from_abi(std::uint32_t f)
{
    switch (f) {
    case ZCRING_FORMAT_SC8:
        return format::sc8;
    case ZCRING_FORMAT_SC16:
        return format::sc16;
    }
    return format::fc32;
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
    explicit impl(const std::string& path) : d_name(path), d_fd(open_device(path))
    {
        const auto info = ask<zcring_info>(ZCRING_IOC_GET_INFO, "cannot ask what it is");
        if (info.abi_version != ZCRING_ABI_VERSION)
            fail(ENOTTY, path, "wrong version of the interface");
    }

    const std::string& name() const noexcept { return d_name; }

    template <class T>
    T ask(unsigned long request, const char* what) const
    {
        T answer{};
        if (ioctl(d_fd.get(), request, &answer) < 0)
            fail(errno, d_name, what);
        return answer;
    }

private:
    const std::string d_name;
    const unique_fd d_fd;
};

// Lowest number first, as in zcring2, zcring10.
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

observer::observer(const std::string& path) : d_impl(std::make_unique<impl>(path)) {}
observer::~observer() = default;

const std::string& observer::name() const noexcept { return d_impl->name(); }

observer::description observer::describe() const
{
    const auto info = d_impl->ask<zcring_info>(ZCRING_IOC_GET_INFO, "cannot ask what it is");
    const auto config =
        d_impl->ask<zcring_config>(ZCRING_IOC_GET_CONFIG, "cannot read the configuration");
    description result;
    result.model.assign(info.model, strnlen(info.model, sizeof(info.model)));
    result.state = state_from_abi(info.state);
    result.format = from_abi(info.format);
    result.channels = info.channels;
    result.ring_samples = info.ring_samples;
    result.interval = static_cast<double>(config.interval_ns) / 1e9;
    return result;
}

zcring::tuning observer::tuning() const
{
    const auto t = d_impl->ask<zcring_tuning>(ZCRING_IOC_GET_TUNING, "cannot read the tuning");
    zcring::tuning result;
    result.rate = to_double({ t.rate_num, t.rate_den });
    result.bandwidth = static_cast<double>(t.bandwidth_uhz) / 1e6;
    result.time_ns = t.time_ns;
    for (unsigned c = 0; c < max_channels; c++) {
        result.frequency[c] = static_cast<double>(t.freq_uhz[c]) / 1e6;
        result.gain[c] = t.gain_mb[c] / 100.0;
    }
    return result;
}

zcring::telemetry observer::telemetry() const
{
    const auto t =
        d_impl->ask<zcring_telemetry>(ZCRING_IOC_GET_TELEMETRY, "cannot read the telemetry");
    zcring::telemetry result;
    result.sample_clock = t.sample_clock;
    result.produced_samples = t.produced_samples;
    result.consumed_samples = t.consumed_samples;
    result.lost_samples = t.lost_samples;
    result.produced_bytes = t.produced_bytes;
    result.consumed_bytes = t.consumed_bytes;
    result.overflow_bytes = t.overflow_bytes;
    result.overflow_events = t.overflow_count;
    result.bursts = t.bursts;
    return result;
}

} // namespace zcring
