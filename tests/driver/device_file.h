// SPDX-License-Identifier: GPL-3.0-or-later
//
// Thin wrappers of the driver's system calls: they return errno values and do not throw.
#ifndef ZCRING_TESTS_DRIVER_DEVICE_FILE_H
#define ZCRING_TESTS_DRIVER_DEVICE_FILE_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "support/deadline.h"
#include "zcring/abi.h"

namespace driver {

using namespace std::chrono_literals;
using zcring_test::time_limit;

constexpr char device_path[] = "/dev/zcring0";
constexpr char antenna_path[] = "/dev/zcring-antenna0";
constexpr std::int64_t uhz = 1000000;

// A mapping, or the errno of its mmap().
class mapped_pages
{
public:
    mapped_pages() = default;
    explicit mapped_pages(int error) : d_error(error) {}
    mapped_pages(
        int fd, std::uint64_t offset, std::size_t bytes, int protection, int flags = MAP_SHARED)
        : d_bytes(bytes)
    {
        void* address = mmap(nullptr, bytes, protection, flags, fd, static_cast<off_t>(offset));
        d_error = address == MAP_FAILED ? errno : 0;
        d_address = d_error ? nullptr : address;
    }
    ~mapped_pages() { unmap(); }
    mapped_pages(mapped_pages&& other) noexcept { swap(other); }
    mapped_pages& operator=(mapped_pages&& other) noexcept
    {
        swap(other);
        return *this;
    }

    void unmap()
    {
        if (d_address)
            munmap(d_address, d_bytes);
        d_address = nullptr;
    }
    template <class T>
    T* as() const
    {
        return static_cast<T*>(d_address);
    }
    int error() const { return d_error; }
    std::size_t bytes() const { return d_bytes; }

private:
    void swap(mapped_pages& other)
    {
        std::swap(d_address, other.d_address);
        std::swap(d_bytes, other.d_bytes);
        std::swap(d_error, other.d_error);
    }

    void* d_address = nullptr;
    std::size_t d_bytes = 0;
    int d_error = 0;
};

// An open file of any node. Calls return 0 or an errno.
class node_file
{
public:
    node_file(const char* path, int flags) : d_fd(open(path, flags | O_CLOEXEC)) {}
    ~node_file() { close(); }
    node_file(const node_file&) = delete;
    node_file& operator=(const node_file&) = delete;

    int fd() const { return d_fd; }
    void close()
    {
        if (d_fd >= 0)
            ::close(d_fd);
        d_fd = -1;
    }
    int call(unsigned long request, void* argument = nullptr) const
    {
        return ioctl(d_fd, request, argument) < 0 ? errno : 0;
    }
    template <class T>
    T get(unsigned long request) const
    {
        T answer{};
        EXPECT_EQ(call(request, &answer), 0);
        return answer;
    }
    zcring_info info() const { return get<zcring_info>(ZCRING_IOC_GET_INFO); }

    // The events that poll() reports within @timeout_ms.
    int poll(int events, int timeout_ms) const
    {
        pollfd entry{ d_fd, static_cast<short>(events), 0 };
        return ::poll(&entry, 1, timeout_ms) < 0 ? -errno : entry.revents;
    }
    // read() or write(): bytes, or the negative errno.
    ssize_t read(void* to, std::size_t bytes) const
    {
        const ssize_t n = ::read(d_fd, to, bytes);
        return n < 0 ? -errno : n;
    }
    ssize_t write(const void* from, std::size_t bytes) const
    {
        const ssize_t n = ::write(d_fd, from, bytes);
        return n < 0 ? -errno : n;
    }

private:
    int d_fd;
};

// An open file of the antenna.
class antenna_file : public node_file
{
public:
    explicit antenna_file(int flags = O_RDWR) : node_file(antenna_path, flags) {}

    int scene(zcring_scene scene) const { return call(ZCRING_IOC_SET_SCENE, &scene); }
    int scene(std::uint32_t kind) const
    {
        zcring_scene built_in{};
        built_in.kind = kind;
        built_in.freq_uhz = 100000000 * uhz;
        return scene(built_in);
    }
};

// Puts a built-in scene on the air.
inline int set_scene(std::uint32_t kind) { return antenna_file().scene(kind); }

// An open file of the radio.
class device_file : public node_file
{
public:
    explicit device_file(int flags = O_RDWR) : node_file(device_path, flags) {}

    zcring_config config() const { return get<zcring_config>(ZCRING_IOC_GET_CONFIG); }
    zcring_tuning tuning() const { return get<zcring_tuning>(ZCRING_IOC_GET_TUNING); }
    zcring_telemetry telemetry() const { return get<zcring_telemetry>(ZCRING_IOC_GET_TELEMETRY); }
    zcring_region region(std::uint32_t which, std::uint32_t channel = 0) const
    {
        zcring_region region{};
        region.region = which;
        region.channel = channel;
        EXPECT_EQ(call(ZCRING_IOC_GET_REGION, &region), 0);
        return region;
    }

    int configure(zcring_config config) const { return call(ZCRING_IOC_SET_CONFIG, &config); }
    int control(zcring_control control) const { return call(ZCRING_IOC_CONTROL, &control); }
    int start(std::uint64_t flags = 0, std::uint64_t first = 0, std::uint64_t preroll = 0) const
    {
        zcring_start start{};
        start.flags = flags;
        start.first_index = first;
        start.preroll_samples = preroll;
        return call(ZCRING_IOC_START, &start);
    }
    int stop() const { return call(ZCRING_IOC_STOP); }

    mapped_pages map(std::uint32_t which, std::uint32_t channel = 0, int protection = 0) const
    {
        const zcring_region where = region(which, channel);
        if (!protection)
            protection = where.writable ? PROT_READ | PROT_WRITE : PROT_READ;
        return mapped_pages(fd(), where.offset, where.map_length, protection);
    }
    bool wait_readable() const
    {
        return poll(POLLIN, std::chrono::milliseconds(time_limit).count()) & POLLIN;
    }
};

} // namespace driver

#endif
