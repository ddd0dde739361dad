// SPDX-License-Identifier: GPL-3.0-or-later
//
// One thread of a hostile client: it makes random calls on one device, most of them nearly valid.
// The threads of a client share its files and its mappings, and use no locks.
#ifndef ZCRING_TESTS_FUZZ_CLIENT_THREAD_H
#define ZCRING_TESTS_FUZZ_CLIENT_THREAD_H

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hostile_client.h"
#include "shared.h"
#include "target.h"
#include "zcring/abi.h"

namespace fuzz {

constexpr std::size_t page = 4096;

// Mappings lie in lanes of an address range that nothing else uses, so that the kind of mapping at
// an address is known even while threads race: the consumer page in the last lanes, every other
// region before. The range is low enough for User Mode Linux, where a process ends at 512 GiB.
constexpr unsigned lanes = 24;
constexpr unsigned first_consumer_lane = 18;
constexpr std::size_t lane_bytes = 4 << 20;
inline char* const arena = reinterpret_cast<char*>(0x4000000000);

// Loads or stores one byte; false where that faults.
bool touch(volatile char* at, bool store, char value = 0);

// Installs the handlers: a fault ends in touch(), and a tick interrupts a blocking call.
void catch_signals();

// One thread's view of the process.
class client_thread final
{
public:
    client_thread(shared_state& shared,
                  const target& where,
                  const role& role,
                  std::array<std::atomic<int>, 8>& files,
                  std::uint64_t seed)
        : d_shared(shared), d_target(where), d_role(role), d_files(files), d_random(seed)
    {
    }

    void run(std::uint64_t count)
    {
        while (count-- && !d_shared.stop.load(std::memory_order_relaxed))
            step();
    }

private:
    struct mapping {
        std::uint64_t slot; // offset >> 32
        std::uint64_t offset;
        std::size_t bytes;
        int protection;
        int sharing; // MAP_SHARED or MAP_PRIVATE
        int flags;
    };

    void step();
    bool choose_mapping(bool wants_consumer, mapping& m);
    void check_mapping(bool wants_consumer, const mapping& m);
    void map();
    void remap();
    void mprotect_some();
    void madvise_some();
    void corrupt();
    void force_write();
    void get();
    void set_config();
    void set_scene();
    void check_feed(const zcring_feed& feed);
    bool get_feed_of(int fd, zcring_feed& feed);
    void get_feed();
    void announce_silence_to(int fd);
    void announce_silence();
    bool set_feed_scene(int antenna, const zcring_config& config);
    void feed_live();
    void end_feed();
    void start();
    void control();
    void unknown_ioctl();
    void file_calls();
    void pass_descriptor();
    void fork_some();
    void read_some();
    void write_some();
    void open_one();
    void release_everything();
    void unmap();
    void stop();
    void poll_some();
    void duplicate();
    void close_one();

    // Of a server's client only.
    int get_memory(bool& is_writable);
    void map_memory();
    void attack_memory_by(int memory, bool can_write);
    void attack_memory();
    void attack_process();
    zcring_attach random_attach();
    void attach_one();
    void replace_dead_one();
    void attach_many();
    void inject();
    bool send_message(int to, const int* descriptors, unsigned count);
    void send_messages();
    void send_descriptors();
    void write_feed(zcring_feed_written& words, char* data, std::size_t bytes);
    void feed_server();

    bool may_change() const { return d_role.open_flags == O_RDWR && !d_role.has_other_consumer; }
    // Whether no other thread or process has the files.
    bool is_alone() const { return d_role.threads == 1 && !d_has_forked; }
    // An open file where there is one; one time in 50 any entry, open or not.
    int file()
    {
        const std::size_t first = d_random.next();
        for (std::size_t i = 0; i < d_files.size() && !d_random.one_in(50); i++)
            if (const int fd = d_files[(first + i) % d_files.size()]; fd >= 0)
                return fd;
        return d_files[first % d_files.size()];
    }
    void keep(int fd)
    {
        for (auto& kept : d_files) { // of a server, that others have ended
            int none = -1;
            if (fd >= 0 && d_target.server() && kept.compare_exchange_strong(none, fd))
                return;
        }
        if (fd >= 0)
            close_file(d_files[d_random.below(d_files.size())].exchange(fd));
    }
    static bool close_file(int fd) { return fd >= 0 && fd != d_inherited_file && close(fd) == 0; }

    std::size_t lane() { return d_random.below(lanes); }
    char* place(std::size_t lane)
    {
        return arena + lane * lane_bytes + (d_random.one_in(3) ? d_random.below(32) * page : 0);
    }
    std::size_t length()
    {
        return d_random.one_in(8) ? d_random.below(lane_bytes) : page << d_random.below(6);
    }

    // Where a call is to read or write @bytes: mostly @good, else likely an invalid one.
    void* pointer(void* good, std::size_t bytes)
    {
        switch (d_random.below(24)) {
        case 0:
            return nullptr;
        case 1:
            return reinterpret_cast<void*>(d_random.boundary_value());
        case 2:
            return reinterpret_cast<void*>(0xffff888000000000 + d_random.below(1ULL << 32));
        case 3:
            return place(lane());
        case 4:
            return arena + lane() * lane_bytes + page - d_random.below(bytes + 1);
        }
        return good;
    }
    bool change(operation which, unsigned long command, void* argument, std::size_t bytes);

    static inline int d_inherited_file = -1;
    shared_state& d_shared;
    const target& d_target;
    const role& d_role;
    std::array<std::atomic<int>, 8>& d_files;
    random_numbers d_random;
    bool d_is_child = false;
    bool d_has_forked = false;
    friend void run_hostile_client(shared_state&, const target&, const role&);
};

} // namespace fuzz

#endif
