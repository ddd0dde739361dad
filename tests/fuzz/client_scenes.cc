// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client of a server feeds: recordings and live feeds through memory, whose pages the
// client shares with the server and writes as it likes.
#include "client_thread.h"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server_target.h"

namespace fuzz {
namespace {

// The memory of a feed or of a recording, mapped where no other thread unmaps it.
class fed_memory final
{
public:
    fed_memory(const server_target& server, int antenna)
    {
        d_written = static_cast<zcring_feed_written*>(
            server.map(antenna, ZCRING_CONSUMER, page, PROT_READ | PROT_WRITE));
        zcring_region ring{};
        ring.region = ZCRING_DATA;
        const int memory = server.memory(antenna, ring);
        if (memory < 0)
            return;
        void* const got = mmap(nullptr, ring.length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        close(memory);
        if (got == MAP_FAILED)
            return;
        d_data = static_cast<char*>(got);
        d_bytes = ring.length;
    }
    ~fed_memory()
    {
        if (d_written)
            munmap(d_written, page);
        if (d_data)
            munmap(d_data, d_bytes);
    }
    fed_memory(const fed_memory&) = delete;
    fed_memory& operator=(const fed_memory&) = delete;

    bool is_there() const { return d_written && d_data; }
    zcring_feed_written& words() { return *d_written; }
    char* data() { return d_data; }
    std::size_t bytes() const { return d_bytes; }

private:
    zcring_feed_written* d_written = nullptr;
    char* d_data = nullptr;
    std::size_t d_bytes = 0;
};

} // namespace

// What a feeder that keeps the rules mostly would write, and sometimes any word.
void client_thread::write_feed(zcring_feed_written& words, char* data, std::size_t bytes)
{
    const std::uint64_t written = __atomic_load_n(&words.written, __ATOMIC_RELAXED);
    switch (d_random.below(8)) {
    case 0:
        __atomic_store_n(&words.silent_until, written + d_random.below(1 << 16), __ATOMIC_RELAXED);
        break;
    case 1:
        __atomic_store_n(&words.watermark, written - d_random.below(1 << 12), __ATOMIC_RELAXED);
        __atomic_store_n(&words.waiting, 1U, __ATOMIC_RELAXED);
        break;
    case 2:
        if (d_random.one_in(16))
            __atomic_store_n(&words.ended, 1U, __ATOMIC_RELEASE);
        break;
    case 3:
        if (d_random.one_in(4)) {
            auto* const all = reinterpret_cast<std::uint64_t*>(&words);
            __atomic_store_n(all + d_random.below(8), d_random.boundary_value(), __ATOMIC_RELAXED);
        }
        break;
    default: {
        const std::size_t length = d_random.below(bytes < 4096 ? bytes : 4096);
        d_random.fill(data + d_random.below(bytes - length), length);
        __atomic_store_n(&words.written, written + d_random.below(1 << 14), __ATOMIC_RELEASE);
    }
    }
}

// A turn of a feeder, which has a receiver of its own. Other threads may use and close both meanwhile.
void client_thread::feed_server()
{
    const server_target& server = *d_target.server();
    if (!may_change())
        return;
    const int antenna = server.open_antenna("", O_RDWR);
    if (!d_shared.count(op_feed, antenna >= 0))
        return;
    const int radio = server.open_radio("", O_RDWR);
    const bool is_shared = d_random.one_in(2);
    if (is_shared) {
        keep(antenna);
        keep(radio);
    }
    zcring_config config{};
    if (server.call(radio, ZCRING_IOC_GET_CONFIG, &config))
        config.rate_num = config.rate_den = 1000;
    if (d_random.one_in(3)) {
        zcring_scene recording{};
        recording.kind = ZCRING_SCENE_MEMORY;
        recording.format = 1 + d_random.below(3);
        recording.samples = 1 + d_random.below(1 << 16);
        recording.rate_num = config.rate_num;
        recording.rate_den = config.rate_den;
        recording.segments = d_random.one_in(4) ? d_random.below(4) : 0;
        d_shared.count(op_scene, server.call(antenna, ZCRING_IOC_SET_SCENE, &recording) == 0);
    } else {
        set_feed_scene(antenna, config);
    }
    fed_memory memory(server, antenna);
    for (auto turns = d_random.below(64); turns && memory.is_there(); turns--) {
        zcring_start start{};
        zcring_feed feed{};
        write_feed(memory.words(), memory.data(), memory.bytes());
        switch (d_random.below(8)) {
        case 0:
            d_shared.count(op_start, server.call(radio, ZCRING_IOC_START, &start) == 0);
            break;
        case 1:
        case 2: // the server looks at the words now
            get_feed_of(antenna, feed);
            break;
        case 3: {
            pollfd entry{ antenna, POLLIN, 0 };
            d_shared.count(op_poll, poll(&entry, 1, static_cast<int>(d_random.below(3))) > 0);
            break;
        }
        default:;
        }
    }
    if (!is_shared) {
        close(antenna);
        close(radio);
    }
}

} // namespace fuzz
