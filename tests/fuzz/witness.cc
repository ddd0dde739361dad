// SPDX-License-Identifier: GPL-3.0-or-later
#include "witness.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "zcring/abi.h"

namespace fuzz {
namespace {

constexpr std::uint64_t slot_bytes = 1ULL << 32;

template <class T>
T load(const T& from)
{
    return __atomic_load_n(&from, __ATOMIC_ACQUIRE);
}

bool is_zero(const __u64* words, std::size_t count)
{
    while (count--)
        if (words[count])
            return false;
    return true;
}

// A device as an observer sees it; opened anew whenever it was unplugged.
class observed_device
{
public:
    observed_device(shared_state& shared, const std::string& path) : d_shared(shared), d_path(path)
    {
    }

    bool was_seen() const { return d_seen; }
    void look()
    {
        if (d_fd < 0 && !open_it())
            return;
        look_at_page();
        look_at_answers();
    }

private:
    bool open_it()
    {
        d_fd = open(d_path.c_str(), O_RDONLY | O_CLOEXEC);
        if (d_fd < 0)
            return false;
        void* const page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, d_fd, 0);
        d_meta = page == MAP_FAILED ? nullptr : static_cast<const zcring_meta*>(page);
        if (!d_meta)
            close_it(); // unplugged just now
        return d_meta;
    }
    void close_it()
    {
        if (d_meta)
            munmap(const_cast<zcring_meta*>(d_meta), 4096);
        close(d_fd);
        d_meta = nullptr;
        d_fd = -1;
    }

    // @ring_samples: of the ring that the counters are of.
    void check(const zcring_telemetry& t, std::uint64_t ring_samples, const char* where)
    {
        if (t.sample_clock != t.produced_samples + t.lost_samples)
            d_shared.found("%s: %s: clock %llu, produced %llu, lost %llu",
                           d_path.c_str(),
                           where,
                           static_cast<unsigned long long>(t.sample_clock),
                           static_cast<unsigned long long>(t.produced_samples),
                           static_cast<unsigned long long>(t.lost_samples));
        if (t.consumed_samples > t.produced_samples ||
            t.produced_samples - t.consumed_samples > ring_samples)
            d_shared.found("%s: %s: produced %llu, consumed %llu, ring %llu",
                           d_path.c_str(),
                           where,
                           static_cast<unsigned long long>(t.produced_samples),
                           static_cast<unsigned long long>(t.consumed_samples),
                           static_cast<unsigned long long>(ring_samples));
        if (t.overflow_count > t.lost_samples || t.bursts > t.produced_samples ||
            !is_zero(t.reserved, 7))
            d_shared.found("%s: %s: counters that cannot be", d_path.c_str(), where);
    }

    // False, and no more to be looked at, where it is gone.
    template <class T>
    bool ask(unsigned long request, T& answer)
    {
        if (d_fd < 0 || ioctl(d_fd, request, &answer) == 0)
            return d_fd >= 0;
        if (errno != ENODEV)
            d_shared.found("%s: an observer is refused: %s", d_path.c_str(), std::strerror(errno));
        close_it();
        return false;
    }

    // The counters are read as docs/abi.md says. A new ring has new counters, and so the one that
    // is asked for in their midst is theirs.
    void look_at_page()
    {
        zcring_telemetry copy;
        zcring_info info{};
        std::uint64_t before = 0;
        bool is_read = false;
        for (int tries = 0; tries < 1000 && !is_read; tries++) {
            before = load(d_meta->sequence);
            if (!ask(ZCRING_IOC_GET_INFO, info))
                return;
            std::memcpy(
                &copy, const_cast<const zcring_telemetry*>(&d_meta->telemetry), sizeof(copy));
            __atomic_thread_fence(__ATOMIC_ACQUIRE);
            is_read = before % 2 == 0 && load(d_meta->sequence) == before;
            if (!is_read)
                usleep(100);
        }
        if (is_read) {
            check(copy, info.ring_samples, "page");
            d_shared.observed++;
            d_seen = true;
            d_stuck = 0;
        } else if (before % 2 && before == d_stuck_at && ++d_stuck == 100) { // 10 s at least
            d_shared.found("%s: the counters are being written for ever", d_path.c_str());
        } else if (before != d_stuck_at) {
            d_stuck_at = before;
            d_stuck = 0;
        }
        if (d_meta->magic != ZCRING_MAGIC || d_meta->abi_version != ZCRING_ABI_VERSION ||
            load(d_meta->state) > ZCRING_STATE_GONE || d_meta->reserved0 ||
            !is_zero(d_meta->reserved1, 4) || !is_zero(d_meta->reserved2, 6))
            d_shared.found("%s: the page of metadata was overwritten", d_path.c_str());
    }

    void look_at_answers()
    {
        zcring_telemetry telemetry{};
        zcring_info info{};
        zcring_info after{};
        const std::uint64_t sequence = d_meta ? load(d_meta->sequence) : 0;
        if (!ask(ZCRING_IOC_GET_INFO, info) || !ask(ZCRING_IOC_GET_TELEMETRY, telemetry) ||
            !ask(ZCRING_IOC_GET_INFO, after))
            return;
        // Each account adds 2. Where there was but one, the ring was not exchanged, twice perhaps,
        // in between.
        if (info.ring_samples == after.ring_samples && load(d_meta->sequence) - sequence <= 2)
            check(telemetry, info.ring_samples, "ioctl");
        if (info.channels < 1 || info.channels > ZCRING_CHANNELS_MAX || info.format < 1 ||
            info.format > 3 || info.ring_samples * info.sample_bytes > ZCRING_RING_BYTES_MAX ||
            !is_zero(info.reserved, 7) || std::memchr(info.model, 0, sizeof(info.model)) == nullptr)
            d_shared.found("%s: a device that cannot be", d_path.c_str());
    }

    shared_state& d_shared;
    std::string d_path;
    int d_fd = -1;
    const zcring_meta* d_meta = nullptr;
    bool d_seen = false;
    std::uint64_t d_stuck_at = 0;
    int d_stuck = 0;
};

// A device with a full ring of the counter scene, which lies still.
class still_device
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
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_COUNTER;
        must(ioctl(d_fd, ZCRING_IOC_SET_SCENE, &scene) == 0, "SET_SCENE");
        d_data = static_cast<const std::uint32_t*>(map(ZCRING_DATA, ring_bytes, PROT_READ));
        d_consumer =
            static_cast<zcring_consumer*>(map(ZCRING_CONSUMER, 4096, PROT_READ | PROT_WRITE));
    }

    // A stream until the ring is full; what it had is overwritten.
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
            if (d_data[i] != i) {
                d_shared.found("the bystander's ring was written to: word %u is %#x", i, d_data[i]);
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
            d_shared.found("the bystander was disturbed: %s: %s", what, std::strerror(errno));
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

void observe(shared_state& shared, const std::vector<std::string>& paths)
{
    std::vector<observed_device> devices;
    for (const auto& path : paths)
        devices.emplace_back(shared, path);
    while (!shared.stop) {
        for (auto& device : devices)
            device.look();
        usleep(1000);
    }
    for (std::size_t i = 0; i < devices.size(); i++)
        if (!devices[i].was_seen())
            shared.found("the observer has seen no accounting of %s", paths[i].c_str());
    _exit(0);
}

void stand_by(shared_state& shared, const std::string& path)
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
                shared.found("the bystander's memory was written to");
                break;
            }
    }
    shared.ready = true;
    _exit(0);
}

} // namespace fuzz
