// SPDX-License-Identifier: GPL-3.0-or-later
//
// The observer holds a file and the metadata page of each device, and checks both ways to read the
// counters: the page, by its sequence lock, and GET_TELEMETRY. The identities of docs/abi.md must
// hold in every snapshot, whatever the hostile clients do. A device that is unplugged is opened
// again.
#include "observer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "support/accounting.h"
#include "zcring/abi.h"

namespace fuzz {
namespace {

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

// A device as an observer sees it; reopened after it was unplugged.
class observed_device final
{
public:
    observed_device(shared_state& shared, const target& where, const std::string& path)
        : d_shared(shared), d_target(where), d_path(path)
    {
    }

    bool was_seen() const { return d_seen; }
    void check()
    {
        if (d_fd < 0 && !open_it())
            return;
        if (d_meta)
            check_page();
        check_queries();
    }

private:
    bool open_it()
    {
        d_fd = d_target.open_radio(d_path, O_RDONLY);
        if (d_fd < 0)
            return false;
        d_meta = static_cast<const zcring_meta*>(d_target.map(d_fd, ZCRING_META, 4096, PROT_READ));
        // A server keeps the page of another user's receiver to itself.
        const bool is_kept = !d_meta && d_target.server() && errno == EPERM;
        if (!d_meta && !is_kept)
            close_it(); // unplugged since open()
        return d_fd >= 0;
    }
    void close_it()
    {
        if (d_meta)
            munmap(const_cast<zcring_meta*>(d_meta), 4096);
        close(d_fd);
        d_meta = nullptr;
        d_fd = -1;
    }

    // @ring_samples: size of the ring that the counters belong to.
    void check_counters(const zcring_telemetry& t, std::uint64_t ring_samples, const char* where)
    {
        const std::string error = zcring_test::observed_accounting_error(t, ring_samples);
        if (!error.empty())
            d_shared.report_finding("%s: %s: %s", d_path.c_str(), where, error.c_str());
        if (t.overflow_count > t.lost_samples || t.bursts > t.produced_samples ||
            !is_zero(t.reserved, 11))
            d_shared.report_finding("%s: %s: impossible counters: more overflows than lost "
                                    "samples, more bursts than samples, or reserved fields set",
                                    d_path.c_str(),
                                    where);
    }

    // False where the device is gone, and then closed.
    template <class T>
    bool request(unsigned long request, T& answer)
    {
        if (d_fd < 0 || d_target.call(d_fd, request, &answer) == 0)
            return d_fd >= 0;
        if (errno != ENODEV)
            d_shared.report_finding(
                "%s: a query of an observer failed: %s", d_path.c_str(), std::strerror(errno));
        close_it();
        return false;
    }

    // Reads the counters by the sequence lock of docs/abi.md. A new ring has new counters, so the
    // size of the ring is queried inside of the same read section.
    void check_page()
    {
        zcring_telemetry copy;
        zcring_info info{};
        std::uint64_t before = 0;
        bool is_read = false;
        for (int tries = 0; tries < 1000 && !is_read; tries++) {
            before = load(d_meta->sequence);
            if (!request(ZCRING_IOC_GET_INFO, info))
                return;
            std::memcpy(
                &copy, const_cast<const zcring_telemetry*>(&d_meta->telemetry), sizeof(copy));
            __atomic_thread_fence(__ATOMIC_ACQUIRE);
            is_read = before % 2 == 0 && load(d_meta->sequence) == before;
            if (!is_read)
                usleep(100);
        }
        if (is_read) {
            check_counters(copy, info.ring_samples, "page");
            d_shared.observed++;
            d_seen = true;
            d_stuck = 0;
        } else if (before % 2 && before == d_stuck_at && ++d_stuck == 100) { // 10 s at least
            d_shared.report_finding("%s: the sequence of the counters stays odd", d_path.c_str());
        } else if (before != d_stuck_at) {
            d_stuck_at = before;
            d_stuck = 0;
        }
        if (d_meta->magic != ZCRING_MAGIC || d_meta->abi_version != ZCRING_ABI_VERSION ||
            load(d_meta->state) > ZCRING_STATE_GONE || !is_possible(load(d_meta->fault_code)) ||
            !is_zero(d_meta->reserved0, 3) || !is_zero(d_meta->reserved1, 6))
            d_shared.report_finding("%s: the metadata page has an impossible value",
                                    d_path.c_str());
    }

    void check_queries()
    {
        zcring_telemetry telemetry{};
        zcring_info info{};
        zcring_info after{};
        const std::uint64_t sequence = d_meta ? load(d_meta->sequence) : 0;
        if (!request(ZCRING_IOC_GET_INFO, info) || !request(ZCRING_IOC_GET_TELEMETRY, telemetry) ||
            !request(ZCRING_IOC_GET_INFO, after))
            return;
        // Each update adds 2 to the sequence. With at most one update, the ring was not exchanged
        // between the two queries of its size, not even twice. Without the page, it may have been.
        if (!d_meta)
            check_counters(telemetry, UINT64_MAX, "query");
        else if (info.ring_samples == after.ring_samples && load(d_meta->sequence) - sequence <= 2)
            check_counters(telemetry, info.ring_samples, "ioctl");
        d_seen = d_seen || !d_meta;
        if (info.channels < 1 || info.channels > ZCRING_CHANNELS_MAX || info.format < 1 ||
            info.format > 3 || info.ring_samples * info.sample_bytes > ZCRING_RING_BYTES_MAX ||
            info.role != d_target.observer_role() || info.burst_bytes < sizeof(zcring_burst) ||
            info.reserved0 || !is_zero(info.reserved, 11) ||
            std::memchr(info.model, 0, sizeof(info.model)) == nullptr)
            d_shared.report_finding("%s: GET_INFO returned impossible values", d_path.c_str());
    }

    bool is_possible(std::uint32_t fault_code) const
    {
        return fault_code == ZCRING_FAULT_CODE_NONE ||
               (d_target.has_free_pace() && fault_code == ZCRING_FAULT_CODE_FEED_LOST);
    }

    shared_state& d_shared;
    const target& d_target;
    std::string d_path;
    int d_fd = -1;
    const zcring_meta* d_meta = nullptr;
    bool d_seen = false;
    std::uint64_t d_stuck_at = 0;
    int d_stuck = 0;
};

} // namespace

void observe(shared_state& shared, const target& where, const std::vector<std::string>& paths)
{
    std::vector<observed_device> devices;
    for (const auto& path : paths)
        devices.emplace_back(shared, where, path);
    while (!shared.stop) {
        for (auto& device : devices)
            device.check();
        usleep(1000);
    }
    // Of a server's receivers only the first is there all the time.
    const std::size_t lasting = where.server() ? 1 : devices.size();
    for (std::size_t i = 0; i < lasting && !shared.findings; i++)
        if (!devices[i].was_seen())
            shared.report_finding("the observer has read no telemetry of %s", paths[i].c_str());
    _exit(0);
}

} // namespace fuzz
