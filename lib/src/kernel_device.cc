// SPDX-License-Identifier: GPL-3.0-or-later
//
// A device of the driver: each call is one ioctl of abi.h, and the ring is mapped from the
// device file. Waiting is poll() on the file, with the watermark in the consumer page. Scenes go
// to the antenna's own node. Faults are injected through the files that the driver has in debugfs.
#include "kernel_device.h"

#include "device_error.h"
#include "geometry.h"
#include "kernel_antenna.h"
#include "poll_fds.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <cerrno>

namespace zcring {

namespace {

int open_device(const std::string& path)
{
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        throw_device_error(errno, path, "cannot open");
    return fd;
}

unsigned number_of(int fd)
{
    struct stat about {
    };
    return fstat(fd, &about) == 0 ? minor(about.st_rdev) : 0;
}

// Writes to a file for fault injection, below the folder of the driver.
void write_debugfs(const std::string& file, const std::string& text)
{
    const std::string path = "/sys/kernel/debug/zcring/" + file;
    const unique_fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd || write(fd.get(), text.data(), text.size()) < 0)
        throw_injection_error(errno, path);
}

const char* injection_file(zcring_injection kind)
{
    switch (kind) {
    case ZCRING_INJECT_STALL:
        return "stall_ns";
    case ZCRING_INJECT_DROP:
        return "drop_samples";
    case ZCRING_INJECT_JUMP:
    case ZCRING_INJECT_UNPLUG:
    case ZCRING_INJECT_PLUG:
        break;
    }
    return "clock_jump_ns";
}

} // namespace

kernel_device::kernel_device(const std::string& path)
    : d_name(path), d_fd(open_device(path)), d_number(number_of(d_fd.get()))
{
    if (info().abi_version != ZCRING_ABI_VERSION)
        throw_device_error(ENOTTY, path, "the driver has another version of the interface");
}

void kernel_device::call(std::uint32_t command, void* argument, const char* what) const
{
    if (ioctl(d_fd.get(), command, argument) < 0)
        throw_device_error(errno, name(), what);
}

void kernel_device::configure(const zcring_config& config)
{
    zcring_config copy = config;
    call(ZCRING_IOC_SET_CONFIG, &copy, "cannot configure");
}

void kernel_device::set_scene(const zcring_scene& scene, scene_content content)
{
    if (!(info().features & ZCRING_FEATURE_SIMULATED))
        throw_device_error(EOPNOTSUPP, name(), "cannot set the scene");
    if (d_mappings.empty()) // becomes the consumer: another consumer's stream keeps its scene
        stop();
    kernel_antenna(d_number).set_scene(scene, content);
}

const void* kernel_device::map_region(unsigned region, unsigned channel, std::uint64_t bytes)
{
    zcring_region where{};
    where.region = region;
    where.channel = channel;
    call(ZCRING_IOC_GET_REGION, &where, "cannot read the ring's file offset");
    if (region == ZCRING_DATA && where.map_length != 2 * where.length)
        throw_device_error(ENOTTY, name(), "the driver does not map the ring twice");
    if (where.length < bytes)
        throw_device_error(ENOTTY, name(), "the driver's ring is shorter than the driver says");
    d_mappings.emplace_back(d_fd.get(), where.offset, where.map_length, where.writable != 0);
    return d_mappings.back().get();
}

void kernel_device::map()
{
    const zcring_info info = this->info();
    if (const char* fault = geometry_fault(info))
        throw_device_error(ENOTTY, name(), fault);
    const void* const meta = map_region(ZCRING_META, 0, sizeof(zcring_meta));
    const void* const consumer = map_region(ZCRING_CONSUMER, 0, sizeof(zcring_consumer));
    d_pages.meta = static_cast<const zcring_meta*>(meta);
    d_pages.consumer = static_cast<zcring_consumer*>(const_cast<void*>(consumer));
    d_pages.bursts = { static_cast<const std::byte*>(
                           map_region(ZCRING_BURSTS, 0, burst_bytes(info))),
                       info.burst_slots,
                       info.burst_bytes };
    for (unsigned c = 0; c < info.channels; c++)
        d_pages.data[c] =
            static_cast<const std::byte*>(map_region(ZCRING_DATA, c, data_bytes(info)));
    d_pages.ring_samples = info.ring_samples;
    d_pages.sample_bytes = info.sample_bytes;
    d_pages.channels = info.channels;
    if (d_pages.meta->magic != ZCRING_MAGIC)
        throw_device_error(ENOTTY, name(), "the metadata page is invalid");
}

void kernel_device::inject(zcring_injection kind, std::int64_t amount)
{
    if (d_pages.meta && zcring_ring_load_state(d_pages.meta) == ZCRING_STATE_GONE)
        throw_injection_error(ENODEV, name());
    write_debugfs("zcring" + std::to_string(d_number) + '/' + injection_file(kind),
                  std::to_string(amount));
}

void kernel_device::unplug() { write_debugfs("unplug", std::to_string(d_number)); }
void kernel_device::plug() { write_debugfs("plug", std::to_string(d_number)); }

void kernel_device::reopen(const reopening& steps)
{
    kernel_device fresh(name());
    steps.set_up(fresh);
    fresh.map();
    if (fresh.d_mappings.size() != d_mappings.size() ||
        fresh.d_pages.bursts.slots != d_pages.bursts.slots)
        throw_device_error(
            EINVAL,
            name(),
            "the device has returned with another geometry; close it and open it again");
    steps.end_stream();
    for (std::size_t i = 0; i < d_mappings.size(); i++)
        d_mappings[i].replace_by(std::move(fresh.d_mappings[i]));
    if (dup3(fresh.d_fd.get(), d_fd.get(), O_CLOEXEC) < 0)
        throw_device_error(errno, name(), "cannot replace the old file descriptor");
}

void kernel_device::wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept
{
    zcring_store(&d_pages.consumer->watermark, watermark);
    poll_two(d_fd.get(), wake_fd, timeout_ns);
}

} // namespace zcring
