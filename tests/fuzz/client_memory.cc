// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client of a server does with the memory that it gets: it maps it, and tries to change
// its size, its seals, and the pages that only the server may write. The name of the memory says which
// it is: threads may exchange the connection that it came from. What succeeds in spite of the seals is
// reported as a finding.
#include "client_thread.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>

#include "server_target.h"

namespace fuzz {
namespace {

struct memory_kind {
    const char* name;
    bool is_writable; // by the client that gets it
};

constexpr memory_kind kinds[] = { { "meta", false },  { "bursts", false },  { "data", false },
                                  { "taken", false }, { "consumer", true }, { "written", true },
                                  { "feed", true },   { "scene", true } };

void path_of(int fd, char (&path)[32])
{
    std::snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
}

// Null for memory that no server hands out.
const memory_kind* kind_of(int memory)
{
    char path[32], link[64] = {};
    path_of(memory, path);
    if (readlink(path, link, sizeof(link) - 1) < 0)
        return nullptr;
    for (const memory_kind& kind : kinds) {
        char name[64];
        std::snprintf(name, sizeof(name), "/memfd:zcring-%s (deleted)", kind.name);
        if (std::strcmp(name, link) == 0)
            return &kind;
    }
    return nullptr;
}

bool map_for_writing(int memory)
{
    void* const got = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    return got != MAP_FAILED && munmap(got, page) == 0;
}

bool make_mapping_writable(int memory)
{
    void* const got = mmap(nullptr, page, PROT_READ, MAP_SHARED, memory, 0);
    if (got == MAP_FAILED)
        return false;
    const bool success = mprotect(got, page, PROT_READ | PROT_WRITE) == 0;
    munmap(got, page);
    return success;
}

bool write_copy(int memory)
{
    void* const got = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, memory, 0);
    if (got == MAP_FAILED)
        return false;
    std::memset(got, 0x5a, page);
    return munmap(got, page) == 0;
}

} // namespace

// A region of a connection, of any role; -1 if it has none.
int client_thread::get_memory(bool& is_writable)
{
    zcring_region region{};
    region.region = d_random.below(4);
    region.channel = region.region == ZCRING_DATA && d_random.one_in(2) ? d_random.below(3) : 0;
    const int memory = d_target.server()->memory(file(), region);
    if (!d_shared.count(op_memory, memory >= 0))
        return -1;
    const memory_kind* const kind = kind_of(memory);
    is_writable = kind && kind->is_writable;
    if ((fcntl(memory, F_GETFL) & O_ACCMODE) != (is_writable ? O_RDWR : O_RDONLY))
        d_shared.report_finding("the server gave %s memory that is open for more or less",
                                is_writable ? "writable" : "read-only");
    if (!kind || (region.writable != 0) != is_writable)
        d_shared.report_finding("the server gave memory that is called %s and is not \"%s\"",
                                region.writable ? "writable" : "read-only",
                                kind ? kind->name : "of a zcring");
    if (is_writable && !may_change())
        d_shared.report_finding("an observer got memory that it may write: %s", kind->name);
    return memory;
}

// Into a lane of its kind, so that what may be written there is known.
void client_thread::map_memory()
{
    bool is_writable = false;
    const int memory = get_memory(is_writable);
    if (memory < 0)
        return;
    constexpr int protections[] = { PROT_READ,  PROT_READ, PROT_READ | PROT_WRITE,
                                    PROT_WRITE, PROT_NONE, PROT_READ | PROT_WRITE | PROT_EXEC };
    const int protection = is_writable && !d_random.one_in(4) ? PROT_READ | PROT_WRITE
                                                              : protections[d_random.below(6)];
    const std::size_t to = is_writable
                               ? first_consumer_lane + d_random.below(lanes - first_consumer_lane)
                               : d_random.below(first_consumer_lane);
    const std::size_t bytes = is_writable && !d_random.one_in(8) ? page : length();
    const std::uint64_t offset = d_random.one_in(8) ? d_random.below(1 << 10) * page : 0;
    char* const where = arena + to * lane_bytes;
    void* const got =
        mmap(where, bytes, protection, MAP_SHARED | MAP_FIXED, memory, static_cast<off_t>(offset));
    if (d_shared.count(op_mmap, got != MAP_FAILED)) {
        if (protection & PROT_WRITE && !is_writable)
            d_shared.report_finding("mmap() of read-only memory for writing succeeded");
        touch(where + d_random.below(bytes), false);
    }
    if (d_random.one_in(32))
        keep(memory);
    else
        close(memory);
}

// @can_write: whether the client may write this memory.
void client_thread::attack_memory_by(int memory, bool can_write)
{
    char bytes[64];
    d_random.fill(bytes, sizeof(bytes));
    struct stat before {
    };
    fstat(memory, &before);
    const char* what = nullptr; // that succeeded and must not
    switch (d_random.below(9)) {
    case 0:
        if (write(memory, bytes, sizeof(bytes)) > 0 && !can_write)
            what = "write()";
        break;
    case 1:
        if (pwrite(memory, bytes, sizeof(bytes), d_random.below(page)) > 0 && !can_write)
            what = "pwrite()";
        break;
    case 2:
        if (ftruncate(memory, d_random.one_in(2) ? 0 : before.st_size + page) == 0)
            what = "ftruncate()";
        break;
    case 3:
        if (fallocate(memory, 0, before.st_size, page) == 0)
            what = "fallocate()";
        break;
    case 4:
        if (fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page) == 0 &&
            !can_write)
            what = "fallocate() of a hole";
        break;
    case 5:
        if (fcntl(memory, F_ADD_SEALS, d_random.one_in(2) ? F_SEAL_WRITE : F_SEAL_SEAL) == 0)
            what = "fcntl(F_ADD_SEALS)";
        break;
    case 6:
        if (map_for_writing(memory) && !can_write)
            what = "mmap() for writing";
        break;
    case 7:
        if (make_mapping_writable(memory) && !can_write)
            what = "mprotect() for writing";
        break;
    default: // may succeed, and must disturb nobody
        write_copy(memory);
        fcntl(memory, F_SETLEASE, d_random.one_in(2) ? F_RDLCK : F_WRLCK);
        flock(memory, LOCK_EX | LOCK_NB);
        fcntl(memory, F_SETFL, O_NONBLOCK | O_APPEND);
    }
    struct stat after {
    };
    fstat(memory, &after);
    if (what || before.st_size != after.st_size)
        d_shared.report_finding("%s changed %s memory of the server",
                                what ? what : "a call",
                                can_write ? "the size or the seals of" : "read-only");
}

void client_thread::attack_memory()
{
    bool is_writable = false;
    const int memory = get_memory(is_writable);
    if (memory < 0)
        return;
    struct stat owner {
    };
    fstat(memory, &owner);
    const bool is_owner = owner.st_uid == geteuid();
    for (auto turns = d_random.below(6); turns; turns--)
        attack_memory_by(memory, is_writable);
    if (d_random.one_in(2)) { // opened anew, as its owner can; the seals hold all the same
        char path[32];
        path_of(memory, path);
        if (fchmod(memory, 0777) == 0 && !is_owner)
            d_shared.report_finding("another user changed the mode of the server's memory");
        const int again = open(path, O_RDWR | O_CLOEXEC);
        if (again >= 0 && !is_owner)
            d_shared.report_finding("another user opened the server's memory anew");
        if (again >= 0)
            attack_memory_by(again, is_writable);
        close(again);
    }
    close(memory);
}

// Writes into the process of the server, as a debugger does. Root may.
void client_thread::attack_process()
{
    if (geteuid() == 0)
        return;
    const pid_t server = d_target.server()->process();
    char path[32], bytes[64] = {};
    std::snprintf(path, sizeof(path), "/proc/%d/mem", server);
    const int memory = open(path, O_RDWR | O_CLOEXEC);
    const iovec from{ bytes, sizeof(bytes) };
    const iovec to{ arena, sizeof(bytes) };
    const bool is_open = memory >= 0 || process_vm_writev(server, &from, 1, &to, 1, 0) > 0 ||
                         errno == EFAULT || ptrace(PTRACE_SEIZE, server, nullptr, nullptr) == 0;
    if (server > 0 && is_open)
        d_shared.report_finding("the memory of the server's process is open to its clients");
    d_shared.count(op_force_write, server > 0 && is_open);
    close(memory);
}

} // namespace fuzz
