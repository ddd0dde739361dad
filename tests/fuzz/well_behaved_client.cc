// SPDX-License-Identifier: GPL-3.0-or-later
//
// The well-behaved client fills its ring with the counter scene, stops the stream, and checks for a
// while that every sample, the consumer page and 8 MiB of its own memory are unchanged. A write by
// the driver on behalf of a hostile client would be seen in one of them.
#include "well_behaved_client.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <vector>

#include "support/counter_scene.h"
#include "text_files.h"
#include "zcring/abi.h"

namespace fuzz {
namespace {

constexpr std::uint64_t slot_bytes = 1ULL << 32;

// A device whose ring is full of the counter scene while no stream runs.
class still_device final
{
public:
    still_device(shared_state& shared, const std::string& path) : d_shared(shared)
    {
        d_fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
        zcring_config config{};
        config.format = ZCRING_FORMAT_SC16;
        config.channels = 1;
        config.ring_bytes = ring_bytes;
        config.interval_ns = 1000000;
        config.rate_num = 1000000;
        config.rate_den = 1;
        must(ioctl(d_fd, ZCRING_IOC_SET_CONFIG, &config) == 0, "SET_CONFIG");
        const int antenna = open(antenna_of(path).c_str(), O_RDWR | O_CLOEXEC);
        zcring_scene scene{}; // the file stays open: no hostile client becomes the feeder
        scene.kind = ZCRING_SCENE_COUNTER;
        must(ioctl(antenna, ZCRING_IOC_SET_SCENE, &scene) == 0, "SET_SCENE");
        d_data = static_cast<const std::uint32_t*>(map(ZCRING_DATA, ring_bytes, PROT_READ));
        d_consumer =
            static_cast<zcring_consumer*>(map(ZCRING_CONSUMER, 4096, PROT_READ | PROT_WRITE));
    }

    // Streams until the ring is full again.
    void fill()
    {
        if (!d_good)
            return;
        const zcring_start start{};
        must(ioctl(d_fd, ZCRING_IOC_START, &start) == 0, "START");
        zcring_telemetry telemetry{};
        while (d_good && telemetry.produced_samples < ring_samples && !d_shared.stop) {
            usleep(10000);
            must(ioctl(d_fd, ZCRING_IOC_GET_TELEMETRY, &telemetry) == 0, "GET_TELEMETRY");
        }
        must(ioctl(d_fd, ZCRING_IOC_STOP) == 0, "STOP");
        d_kept = *d_consumer;
    }
    void check()
    {
        if (!d_good || d_shared.stop)
            return;
        for (std::uint32_t i = 0; i < ring_samples; i++)
            if (d_data[i] != zcring_test::counter_sample(i)) {
                d_shared.report_finding(
                    "the ring of the well-behaved client was overwritten: word %u is %#x",
                    i,
                    d_data[i]);
                d_good = false;
                break;
            }
        must(std::memcmp(&d_kept, d_consumer, sizeof(d_kept)) == 0, "consumer page unchanged");
        d_shared.verified++;
    }
    bool is_good() const { return d_good; }

private:
    static constexpr std::size_t ring_bytes = 256 << 10;
    static constexpr std::size_t ring_samples = ring_bytes / 4;

    void must(bool success, const char* what)
    {
        if (!success && d_good)
            d_shared.report_finding(
                "%s failed for the well-behaved client: %s", what, std::strerror(errno));
        d_good = d_good && success;
    }
    void* map(std::uint64_t slot, std::size_t bytes, int protection)
    {
        void* const got = mmap(
            nullptr, bytes, protection, MAP_SHARED, d_fd, static_cast<off_t>(slot * slot_bytes));
        must(got != MAP_FAILED, "mmap");
        return got;
    }

    shared_state& d_shared;
    int d_fd = -1;
    bool d_good = true;
    const std::uint32_t* d_data = nullptr;
    zcring_consumer* d_consumer = nullptr;
    zcring_consumer d_kept{};
};

} // namespace

void run_well_behaved_client(shared_state& shared, const std::string& path)
{
    constexpr std::size_t canaries = (8 << 20) / 8;
    std::vector<std::uint64_t> memory(canaries);
    for (std::size_t i = 0; i < canaries; i++)
        memory[i] = i * 0x9e3779b97f4a7c15;
    still_device device(shared, path);
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
