// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory that is shared with clients, and who is charged for it.
//
// The kernel says by inotify when an inode ends, which it does when the last mapping, descriptor or
// message that refers to it is gone. A write lease (F_SETLEASE) would say nearly the same, but it
// overlooks descriptors that were opened with O_PATH: these keep the pages, and can be opened anew.
#include "memory.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace zcring::server {

namespace {

[[noreturn]] void throw_error(int error, const std::string& what)
{
    throw std::system_error(error, std::system_category(), what);
}

std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// The innermost charge of each thread.
thread_local memory_charge* present_charge;

} // namespace

// Guarded by its mutex. Memory is an entry while anybody holds it.
class memory_ledger::entries final
{
public:
    explicit entries(std::uint64_t limit)
        : d_limit(limit), d_inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    {
        if (!d_inotify)
            throw_error(errno,
                        "cannot watch memory; close other programs or raise "
                        "fs.inotify.max_user_instances");
    }

    int fd() const noexcept { return d_inotify.get(); }
    std::uint64_t limit() const noexcept { return d_limit; }

    std::uint64_t bytes(uid_t user) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_bytes.find(user);
        return found == d_bytes.end() ? 0 : found->second;
    }

    bool is_charged(int watch, uid_t user) const
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_entries.find(watch);
        return found != d_entries.end() && found->second.users.count(user);
    }

    void collect()
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        read_events();
    }

    //! Charges memory to a user once. \p watch is that of its entry, or -1 for new memory. Returns
    //! the watch.
    int charge(int fd, std::uint64_t bytes, uid_t user, int watch)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (watch >= 0 && d_entries.at(watch).users.count(user))
            return watch;
        if (bytes > d_limit || d_bytes[user] > d_limit - bytes)
            read_events();
        if (bytes > d_limit || d_bytes[user] > d_limit - bytes)
            throw_error(EDQUOT,
                        "user " + std::to_string(user) + " holds " + std::to_string(d_bytes[user]) +
                            " bytes of the server's memory, at most " + std::to_string(d_limit) +
                            "; set a smaller ring, or close other programs");
        if (watch < 0)
            watch = add_watch(fd, bytes);
        d_entries.at(watch).users.insert(user);
        d_bytes[user] += bytes;
        return watch;
    }

private:
    struct entry {
        std::uint64_t bytes = 0;
        std::set<uid_t> users;
    };

    int add_watch(int fd, std::uint64_t bytes)
    {
        const int watch = inotify_add_watch(d_inotify.get(), path_of(fd).c_str(), IN_DELETE_SELF);
        if (watch < 0)
            throw_error(errno, "cannot watch memory; raise fs.inotify.max_user_watches");
        d_entries[watch].bytes = bytes;
        return watch;
    }

    void end(int watch)
    {
        const auto found = d_entries.find(watch);
        if (found == d_entries.end())
            return;
        for (const uid_t user : found->second.users) {
            const auto held = d_bytes.find(user);
            held->second -= found->second.bytes;
            if (held->second == 0)
                d_bytes.erase(held);
        }
        d_entries.erase(found);
    }

    void read_events()
    {
        alignas(inotify_event) char events[4096];
        bool lost = false;
        for (;;) {
            const ssize_t length = read(d_inotify.get(), events, sizeof(events));
            if (length <= 0)
                break;
            for (ssize_t i = 0; i < length;) {
                const auto& event = *reinterpret_cast<const inotify_event*>(events + i);
                lost = lost || event.mask & IN_Q_OVERFLOW;
                if (event.mask & IN_IGNORED)
                    end(event.wd);
                i += static_cast<ssize_t>(sizeof(event) + event.len);
            }
        }
        if (lost)
            end_all_but_watched();
    }

    // The kernel drops events when too many wait, but not watches of memory that is there.
    void end_all_but_watched()
    {
        std::ifstream watched("/proc/self/fdinfo/" + std::to_string(d_inotify.get()));
        std::set<int> there;
        for (std::string line; std::getline(watched, line);) {
            if (line.compare(0, 11, "inotify wd:") == 0)
                there.insert(std::stoi(line.substr(11), nullptr, 16));
        }
        std::vector<int> gone;
        for (const auto& [watch, unused] : d_entries) {
            if (!there.count(watch))
                gone.push_back(watch);
        }
        for (const int watch : gone)
            end(watch);
    }

    const std::uint64_t d_limit;
    const unique_fd d_inotify;
    mutable std::mutex d_mutex;
    std::map<int, entry> d_entries; //!< by watch
    std::map<uid_t, std::uint64_t> d_bytes;
};

memory_ledger::memory_ledger(std::uint64_t bytes_for_each_user)
    : d_entries(std::make_shared<entries>(bytes_for_each_user))
{
}
memory_ledger::~memory_ledger() = default;

int memory_ledger::fd() const noexcept { return d_entries->fd(); }
void memory_ledger::collect() { d_entries->collect(); }
std::uint64_t memory_ledger::bytes(uid_t user) const { return d_entries->bytes(user); }
std::uint64_t memory_ledger::limit() const noexcept { return d_entries->limit(); }

memory_charge::memory_charge(const memory_ledger& ledger, uid_t user)
    : d_entries(ledger.d_entries), d_user(user), d_outer(present_charge)
{
    present_charge = this;
}

memory_charge::~memory_charge() { present_charge = d_outer; }

namespace {

unique_fd make_memfd(const char* name, std::size_t bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) // before Linux 6.3
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    unique_fd memory(fd);
    if (!memory || ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0)
        throw_error(errno,
                    "cannot get " + std::to_string(bytes) +
                        " bytes for the ring; set a smaller ring_bytes or free some memory");
    return memory;
}

} // namespace

shared_memory::shared_memory(const char* name,
                             std::size_t bytes,
                             unsigned times,
                             bool client_writes)
    : d_bytes(bytes), d_client_writes(client_writes), d_fd(make_memfd(name, bytes))
{
    charge();
    d_mapping = mapping(d_fd.get(), bytes, times);
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    const int for_readers = client_writes ? 0 : F_SEAL_FUTURE_WRITE;
    // The mode keeps other users from opening the memory anew, by /proc/PID/fd.
    if (fchmod(d_fd.get(), client_writes ? 0600 : 0400) != 0 ||
        fcntl(d_fd.get(), F_ADD_SEALS, seals | for_readers) != 0)
        throw_error(errno, "cannot seal the memory of a ring");
}

shared_memory::~shared_memory() = default;

int shared_memory::fd_for_client() const
{
    charge();
    const int flags = (d_client_writes ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    const int fd = open(path_of(d_fd.get()).c_str(), flags);
    if (fd < 0)
        throw_error(errno, "cannot open the memory of a ring for a client; mount /proc");
    return fd;
}

bool shared_memory::is_charged() const
{
    const memory_charge* present = present_charge;
    return !present || (d_charged_to.lock() == present->d_entries &&
                        present->d_entries->is_charged(d_watch, present->d_user));
}

void shared_memory::charge() const
{
    const memory_charge* present = present_charge;
    if (!present)
        return;
    if (d_charged_to.lock() != present->d_entries)
        d_watch = -1;
    d_watch = present->d_entries->charge(d_fd.get(), d_bytes, present->d_user, d_watch);
    d_charged_to = present->d_entries;
}

} // namespace zcring::server
