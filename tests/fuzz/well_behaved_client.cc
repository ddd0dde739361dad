// SPDX-License-Identifier: GPL-3.0-or-later
//
// The well-behaved client fills its ring with the counter scene, stops the stream, and checks for a
// while that every sample, the consumer page and 8 MiB of its own memory are unchanged. A write by
// the driver on behalf of a hostile client would be seen in one of them. Of a server it also reads
// samples while they arrive, and has the antenna only meanwhile: hostile clients feed it in between.
#include "well_behaved_client.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "child_processes.h"
#include "counted_stream.h"
#include "support/accounting.h"
#include "support/deadline.h"

namespace fuzz {
namespace {

// A device whose ring is full of the counter scene while no stream runs.
class still_device final
{
public:
    still_device(shared_state& shared, const target& where, const std::string& path)
        : d_shared(shared),
          d_target(where),
          d_path(path),
          d_limit(where.server() ? process_limit : std::chrono::seconds(0))
    {
        take_antenna();
        take_device();
    }

    // Streams until the ring is full again.
    void fill()
    {
        take_antenna();
        take_device();
        if (!d_good || d_shared.stop)
            return;
        counted_stream stream(d_pages);
        const zcring_start start{};
        must(call(ZCRING_IOC_START, start), "START");
        if (d_target.server())
            receive(stream, live_samples);
        d_filled = receive(stream, stream.checked() + ring_samples, false);
        must(d_target.call(d_fd, ZCRING_IOC_STOP, nullptr) == 0, "STOP");
        receive(stream, UINT64_MAX, false); // what came in between
        check_counters(stream);
        d_kept = *d_pages.consumer;
        d_held = stream.held();
        if (d_target.server())
            give_antenna();
    }
    void check()
    {
        if (!d_good || !d_filled || d_shared.stop)
            return;
        for (std::uint32_t i = 0; i < ring_samples; i++)
            if (d_pages.data[i] != d_held[i]) {
                d_shared.report_finding(
                    "the ring of the well-behaved client was overwritten: word %u is %#x",
                    i,
                    d_pages.data[i]);
                d_good = false;
                break;
            }
        must(std::memcmp(&d_kept, d_pages.consumer, sizeof(d_kept)) == 0,
             "consumer page unchanged");
        d_shared.verified++;
    }
    bool is_good() const { return d_good; }

private:
    static constexpr std::size_t ring_bytes = 256 << 10;
    static constexpr std::size_t ring_samples = ring_bytes / 4;
    static constexpr std::uint64_t live_samples = 2 * ring_samples;

    void must(bool success, const char* what)
    {
        if (!success && d_good && !d_shared.stop)
            d_shared.report_finding(
                "%s failed for the well-behaved client: %s", what, std::strerror(errno));
        d_good = d_good && success;
    }
    template <class T>
    bool call(unsigned long command, const T& argument)
    {
        T copy = argument;
        return d_target.call(d_fd, command, &copy) == 0;
    }
    // Tries until @condition holds; on a server, others may have what is wanted.
    template <class Condition>
    void try_to(const char* what, Condition condition)
    {
        if (d_good)
            must(zcring_test::eventually([&] { return d_shared.stop || condition(); }, d_limit),
                 what);
    }

    // While this is held, no hostile client is the feeder.
    void take_antenna()
    {
        if (d_antenna < 0)
            try_to("to put the counter scene on the air", [this] { return has_antenna(); });
    }
    bool has_antenna()
    {
        if (d_antenna < 0)
            d_antenna = d_target.open_antenna(d_path, O_RDWR);
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_COUNTER;
        return d_antenna >= 0 && d_target.call(d_antenna, ZCRING_IOC_SET_SCENE, &scene) == 0;
    }
    void give_antenna()
    {
        close(d_antenna);
        d_antenna = -1;
    }

    // A feeder of before may have unplugged the device.
    void take_device()
    {
        zcring_info info{};
        if (d_fd >= 0 && d_target.call(d_fd, ZCRING_IOC_GET_INFO, &info) == 0)
            return;
        try_to("to open and configure a device", [this] { return has_device(); });
        d_filled = false;
    }
    bool has_device()
    {
        give_device();
        zcring_config config{};
        config.format = ZCRING_FORMAT_SC16;
        config.channels = 1;
        config.ring_bytes = ring_bytes;
        config.interval_ns = 1000000;
        config.rate_num = 1000000;
        config.rate_den = 1;
        d_fd = d_target.open_radio(d_path, O_RDWR);
        zcring_info info{};
        if (d_fd < 0 || !call(ZCRING_IOC_SET_CONFIG, config) ||
            d_target.call(d_fd, ZCRING_IOC_GET_INFO, &info) != 0)
            return false;
        d_pages.burst_bytes = info.burst_bytes;
        d_pages.burst_slots = info.burst_slots;
        d_pages.ring_samples = info.ring_samples;
        map(d_pages.meta, ZCRING_META, 4096, PROT_READ);
        map(d_pages.consumer, ZCRING_CONSUMER, 4096, PROT_READ | PROT_WRITE);
        map(d_pages.bursts, ZCRING_BURSTS, bursts_bytes(), PROT_READ);
        map(d_pages.data, ZCRING_DATA, ring_bytes, PROT_READ);
        return d_pages.meta && d_pages.consumer && d_pages.bursts && d_pages.data;
    }
    void give_device()
    {
        unmap(d_pages.meta, 4096);
        unmap(d_pages.consumer, 4096);
        unmap(d_pages.bursts, bursts_bytes());
        unmap(d_pages.data, ring_bytes);
        if (d_fd >= 0)
            close(d_fd);
        d_fd = -1;
    }
    std::size_t bursts_bytes() const { return d_pages.burst_bytes * d_pages.burst_slots; }
    template <class T>
    void map(T*& to, std::uint32_t region, std::size_t bytes, int protection)
    {
        to = static_cast<T*>(d_target.map(d_fd, region, bytes, protection));
    }
    template <class T>
    void unmap(T*& from, std::size_t bytes)
    {
        if (from)
            munmap(const_cast<void*>(static_cast<const void*>(from)), bytes);
        from = nullptr;
    }

    // Checks samples until @count of the stream are there, for the last time once the stream has ended.
    // Whether they are.
    bool receive(counted_stream& stream, std::uint64_t count, bool releases = true)
    {
        const bool has_ended = count == UINT64_MAX;
        std::string error;
        const bool is_there = zcring_test::eventually(
            [&] {
                error = stream.check(count);
                if (releases)
                    stream.release();
                return !error.empty() || stream.checked() >= count || has_ended || d_shared.stop;
            },
            process_limit,
            std::chrono::microseconds(500));
        if (!error.empty()) {
            d_shared.report_finding("the well-behaved client: %s", error.c_str());
            d_good = false;
        }
        if (!is_there)
            must(false, "to receive samples");
        return stream.checked() >= count;
    }

    // No sample is lost with free pace; with real pace one is if this process was late.
    void check_counters(const counted_stream& stream)
    {
        zcring_telemetry counters{};
        must(d_target.call(d_fd, ZCRING_IOC_GET_TELEMETRY, &counters) == 0, "GET_TELEMETRY");
        if (!d_good || d_shared.stop)
            return;
        const std::string error = zcring_test::accounting_error(
            counters,
            stream.checked() - __atomic_load_n(&d_pages.consumer->tail, __ATOMIC_RELAXED));
        if (!error.empty())
            d_shared.report_finding("the well-behaved client: %s", error.c_str());
        if (counters.produced_samples != stream.checked() || counters.lost_samples < stream.lost())
            d_shared.report_finding(
                "the well-behaved client: %llu samples produced and %llu lost, but %llu and %llu "
                "in the descriptors",
                counters.produced_samples,
                counters.lost_samples,
                static_cast<unsigned long long>(stream.checked()),
                static_cast<unsigned long long>(stream.lost()));
        if (d_target.server() && d_target.has_free_pace() && counters.lost_samples)
            d_shared.report_finding("the well-behaved client, a member, lost %llu samples",
                                    counters.lost_samples);
    }

    shared_state& d_shared;
    const target& d_target;
    const std::string d_path;
    const std::chrono::seconds d_limit;
    int d_antenna = -1;
    int d_fd = -1;
    bool d_good = true;
    bool d_filled = false;
    stream_pages d_pages;
    zcring_consumer d_kept{};
    std::vector<std::uint32_t> d_held;
};

} // namespace

void run_well_behaved_client(shared_state& shared, const target& where, const std::string& path)
{
    constexpr std::size_t canaries = (8 << 20) / 8;
    std::vector<std::uint64_t> memory(canaries);
    for (std::size_t i = 0; i < canaries; i++)
        memory[i] = i * 0x9e3779b97f4a7c15;
    still_device device(shared, where, path);
    shared.ready = true;
    while (!shared.stop && device.is_good()) {
        device.fill();
        for (int i = 0; i < 20; i++, usleep(20000))
            device.check();
        for (std::size_t i = 0; i < canaries; i++)
            if (memory[i] != i * 0x9e3779b97f4a7c15) {
                shared.report_finding("the memory of the well-behaved client was overwritten");
                break;
            }
    }
    shared.ready = true;
    _exit(0);
}

} // namespace fuzz
