// SPDX-License-Identifier: GPL-3.0-or-later
#include "attacker.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "zcring/abi.h"

namespace fuzz {
namespace {

constexpr std::size_t page = 4096;
constexpr unsigned slots = ZCRING_DATA + ZCRING_CHANNELS_MAX;

// Mappings lie in lanes of an address range that nobody else uses, so that what is there
// is known even while threads race: the consumer page in the last few, all else before. Low
// enough for User Mode Linux, where processes end at 512 GiB.
constexpr unsigned lanes = 24;
constexpr unsigned first_consumer_lane = 18;
constexpr std::size_t lane_bytes = 4 << 20;
char* const arena = reinterpret_cast<char*>(0x4000000000);

thread_local sigjmp_buf* volatile fault_landing;

void on_fault(int)
{
    if (fault_landing)
        siglongjmp(*fault_landing, 1);
    _exit(99); // nothing here may fault elsewhere
}

void on_tick(int) {} // it interrupts a call, that is all

// A load or a store, which may fault; whether it did not.
bool touch(volatile char* at, bool store, char value)
{
    sigjmp_buf landing;
    if (sigsetjmp(landing, 0)) {
        fault_landing = nullptr;
        return false;
    }
    fault_landing = &landing;
    if (store)
        *at = value;
    else
        static_cast<void>(*at);
    fault_landing = nullptr;
    return true;
}

// One thread's view of the process.
class attacker
{
public:
    attacker(shared_state& shared,
             const role& role,
             std::array<std::atomic<int>, 8>& files,
             std::uint64_t seed)
        : d_shared(shared), d_role(role), d_files(files), d_random(seed)
    {
    }

    void run(std::uint64_t count)
    {
        while (count-- && !d_shared.stop.load(std::memory_order_relaxed))
            step();
    }

private:
    void step();
    void map();
    void remap();
    void mprotect_some();
    void madvise_some();
    void scribble();
    void force_write();
    void get();
    void set_config();
    void set_scene();
    void start();
    void control();
    void wild_ioctl();
    void file_calls();
    void pass_descriptor();
    void fork_some();
    void read_some();
    void write_some();
    void open_one();
    void let_go();

    bool may_change() const { return d_role.open_flags == O_RDWR && !d_role.is_foreign; }
    // One of the open ones, if there are any; now and then any.
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
        if (fd >= 0)
            close_file(d_files[d_random.below(d_files.size())].exchange(fd));
    }
    static bool close_file(int fd) { return fd >= 0 && fd != d_given && close(fd) == 0; }

    std::size_t lane() { return d_random.below(lanes); }
    char* place(std::size_t lane)
    {
        return arena + lane * lane_bytes + (d_random.one_in(3) ? d_random.below(32) * page : 0);
    }
    std::size_t length()
    {
        return d_random.one_in(8) ? d_random.below(lane_bytes) : page << d_random.below(6);
    }

    // Somewhere that a call may be told to read or write @bytes, or had better not.
    void* pointer(void* good, std::size_t bytes)
    {
        switch (d_random.below(24)) {
        case 0:
            return nullptr;
        case 1:
            return reinterpret_cast<void*>(d_random.nasty());
        case 2:
            return reinterpret_cast<void*>(0xffff888000000000 + d_random.below(1ULL << 32));
        case 3:
            return place(lane());
        case 4:
            return arena + lane() * lane_bytes + page - d_random.below(bytes + 1);
        }
        return good;
    }
    // A command that changes something. It must fail for whom it is not meant.
    bool change(operation which, unsigned long command, void* argument, std::size_t bytes)
    {
        const bool success =
            ioctl(file(), command, argument ? pointer(argument, bytes) : nullptr) == 0;
        if (success && !may_change())
            d_shared.found("%s took effect through a file that has no right to it",
                           operation_names[which]);
        return d_shared.count(which, success);
    }

    static inline int d_given = -1;
    shared_state& d_shared;
    const role& d_role;
    std::array<std::atomic<int>, 8>& d_files;
    random_numbers d_random;
    bool d_is_child = false;
    friend void fuzz::attack(shared_state&, const role&);
};

void attacker::open_one()
{
    const int more = d_random.one_in(2) ? O_NONBLOCK : 0;
    int fd = -1;
    if (d_given >= 0 && d_role.is_nobody && d_random.one_in(8)) {
        // To have been given a file is not to be allowed to open it.
        char link[32];
        std::snprintf(link, sizeof(link), "/proc/self/fd/%d", d_given);
        fd = open(link, O_RDWR | O_CLOEXEC);
        if (fd >= 0)
            d_shared.found("nobody opened %s again, to write", link);
    } else {
        fd = open(d_role.path.c_str(), d_role.open_flags | O_CLOEXEC | more);
        if (fd >= 0 && d_role.is_nobody)
            d_shared.found("nobody opened %s", d_role.path.c_str());
    }
    d_shared.count(op_open, fd >= 0);
    keep(fd);
}

void attacker::map()
{
    const std::size_t to = lane();
    const bool wants_consumer = to >= first_consumer_lane;
    std::uint64_t slot =
        wants_consumer ? ZCRING_CONSUMER : d_random.below(d_random.one_in(4) ? slots + 1 : 4);
    if (!wants_consumer && slot == ZCRING_CONSUMER)
        slot = ZCRING_DATA;
    std::uint64_t offset = slot << 32;
    if (!wants_consumer && d_random.one_in(8)) {
        offset += d_random.below(1 << 20) * page;
        if (d_random.one_in(2))
            offset = d_random.nasty() & ~(page - 1);
        slot = offset >> 32;
        if (slot == ZCRING_CONSUMER)
            return;
    }
    constexpr int protections[] = { PROT_READ,
                                    PROT_READ,
                                    PROT_READ,
                                    PROT_READ | PROT_WRITE,
                                    PROT_WRITE,
                                    PROT_NONE,
                                    PROT_READ | PROT_EXEC,
                                    PROT_READ | PROT_WRITE | PROT_EXEC };
    const int protection = wants_consumer && !d_random.one_in(4) ? PROT_READ | PROT_WRITE
                                                                 : protections[d_random.below(8)];
    const int sharing = d_random.one_in(12) ? MAP_PRIVATE : MAP_SHARED;
    const int more =
        (d_random.one_in(8) ? MAP_POPULATE : 0) | (d_random.one_in(16) ? MAP_NORESERVE : 0);
    std::size_t bytes = wants_consumer && !d_random.one_in(8) ? page : length();
    if (offset >> 32 == ZCRING_BURSTS && d_random.one_in(2))
        bytes = 1 << 20;
    char* const where = arena + to * lane_bytes;
    void* const got = mmap(
        where, bytes, protection, sharing | MAP_FIXED | more, file(), static_cast<off_t>(offset));
    if (!d_shared.count(op_mmap, got != MAP_FAILED))
        return;
    if (offset & 0xffffffff || slot >= slots)
        d_shared.found("mmap() at the offset %#llx succeeded",
                       static_cast<unsigned long long>(offset));
    if (sharing == MAP_PRIVATE)
        d_shared.found("mmap() with MAP_PRIVATE succeeded");
    if (protection & PROT_EXEC)
        d_shared.found("mmap() with PROT_EXEC succeeded");
    if (protection & PROT_WRITE && !(wants_consumer && may_change()))
        d_shared.found("mmap() of region %d for writing succeeded", static_cast<int>(slot));
    if (wants_consumer && d_role.is_foreign)
        d_shared.found("another's consumer page was mapped");
    if (slot < ZCRING_DATA && bytes > (slot == ZCRING_BURSTS ? 1 << 20 : page))
        d_shared.found("mmap() of %zu bytes of region %d succeeded", bytes, static_cast<int>(slot));
    // The pages lie there: in its whole length it can be read, unless another thread was faster.
    touch(where + d_random.below(bytes), false, 0);
}

// Only ever to a lane of the same sort.
void attacker::remap()
{
    const std::size_t from = lane();
    const std::size_t to = from >= first_consumer_lane
                               ? first_consumer_lane + d_random.below(lanes - first_consumer_lane)
                               : d_random.below(first_consumer_lane);
    const std::size_t bytes = d_random.one_in(8) ? 0 : length();
    void* const got =
        d_random.one_in(3)
            ? mremap(place(from), bytes, page << d_random.below(3), 0)
            : mremap(place(from), bytes, length(), MREMAP_MAYMOVE | MREMAP_FIXED, place(to));
    d_shared.count(op_mremap, got != MAP_FAILED);
}

void attacker::mprotect_some()
{
    const std::size_t where = lane();
    const int protection = static_cast<int>(d_random.below(8));
    const bool success = mprotect(place(where), page << d_random.below(3), protection) == 0;
    if (success && protection & PROT_EXEC)
        d_shared.found("mprotect() made pages of the ring executable");
    if (success && protection & PROT_WRITE && (where < first_consumer_lane || !may_change()))
        d_shared.found("mprotect() made pages of the ring writable");
    d_shared.count(op_mprotect, success);
}

void attacker::madvise_some()
{
    constexpr int advices[] = { MADV_DONTNEED,  MADV_WILLNEED, MADV_REMOVE, MADV_DONTFORK,
                                MADV_DOFORK,    MADV_FREE,     MADV_COLD,   MADV_PAGEOUT,
                                MADV_MERGEABLE, MADV_HUGEPAGE, MADV_DODUMP, MADV_WIPEONFORK };
    char* const where = place(lane());
    const std::size_t bytes = length() + page;
    bool success = false;
    switch (d_random.below(5)) {
    case 0:
        success = msync(where, bytes, MS_SYNC) == 0;
        break;
    case 1:
        success = mlock(where, page) == 0;
        break;
    case 2:
        success = munlock(where, bytes) == 0;
        break;
    default:
        success = madvise(where, bytes & ~(page - 1), advices[d_random.below(12)]) == 0;
    }
    d_shared.count(op_madvise, success);
}

// What the consumer may write: lies that are likely, and any others.
void attacker::scribble()
{
    const std::size_t where = lane();
    char* const at = arena + where * lane_bytes;
    if (where < first_consumer_lane) {
        const bool store = d_random.one_in(2);
        if (d_shared.count(op_touch, touch(place(where), store, 0x5a)) && store)
            d_shared.found("a page of the ring that is the producer's could be written");
        return;
    }
    bool success = false;
    if (d_random.one_in(3)) {
        for (std::size_t i = 0; i < page; i += 1 + d_random.below(64))
            success = touch(at + i, true, static_cast<char>(d_random.next()));
    } else {
        // The tail's, the watermark's lower bytes: a consumer that goes on, a little wrong.
        const std::size_t field = d_random.one_in(2) ? 0 : offsetof(zcring_consumer, watermark);
        for (std::size_t i = 0; i < d_random.below(4); i++)
            success = touch(at + field + i, true, static_cast<char>(d_random.next()));
    }
    d_shared.count(op_scribble, success);
}

// The ways in which a debugger writes, which mind no protection.
void attacker::force_write()
{
    static const int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    char bytes[64];
    d_random.fill(bytes, sizeof(bytes));
    char* const at = place(lane());
    bool success = false;
    if (d_random.one_in(2)) {
        success = pwrite(memory, bytes, sizeof(bytes), reinterpret_cast<off_t>(at)) > 0;
    } else {
        const iovec from{ bytes, sizeof(bytes) };
        const iovec to{ at, sizeof(bytes) };
        success = process_vm_writev(getpid(), &from, 1, &to, 1, 0) > 0;
    }
    if (success)
        d_shared.found("pages of the ring could be written as a debugger does");
    d_shared.count(op_force_write, success);
}

void attacker::get()
{
    union {
        zcring_info info;
        zcring_region region;
        zcring_config config;
        zcring_tuning tuning;
        zcring_telemetry telemetry;
    } answer;
    std::memset(&answer, 0, sizeof(answer));
    constexpr unsigned long commands[] = { ZCRING_IOC_GET_INFO,
                                           ZCRING_IOC_GET_REGION,
                                           ZCRING_IOC_GET_CONFIG,
                                           ZCRING_IOC_GET_TUNING,
                                           ZCRING_IOC_GET_TELEMETRY };
    const unsigned long command = commands[d_random.below(5)];
    if (command == ZCRING_IOC_GET_REGION) {
        answer.region.region = d_random.below(5);
        answer.region.channel = d_random.one_in(2) ? 0 : d_random.below(9);
        if (d_random.one_in(3))
            d_random.mutate(&answer, sizeof(answer.region));
    }
    const zcring_region asked = answer.region;
    void* const to = pointer(&answer, sizeof(answer));
    const bool success = ioctl(file(), command, to) == 0;
    if (success && command == ZCRING_IOC_GET_REGION && to == &answer &&
        (asked.region > ZCRING_DATA || asked.reserved[0] || asked.reserved[1] ||
         asked.reserved[2] || answer.region.writable != (asked.region == ZCRING_CONSUMER) ||
         answer.region.offset != static_cast<std::uint64_t>(asked.region + asked.channel) << 32))
        d_shared.found("region %u, channel %u was described wrongly", asked.region, asked.channel);
    d_shared.count(op_get, success);
}

void attacker::set_config()
{
    zcring_config config{};
    config.format = 1 + d_random.below(3);
    config.channels = d_random.one_in(2) ? 1 : 1 + d_random.below(ZCRING_CHANNELS_MAX);
    config.ring_bytes = page << d_random.below(7);
    config.interval_ns = 100000ULL << d_random.below(8);
    config.rate_num = 1000ULL << d_random.below(20);
    config.rate_den = 1 + d_random.below(4);
    config.seed = d_random.next();
    config.dma = d_random.one_in(6);
    if (d_random.one_in(3))
        d_random.mutate(&config, sizeof(config));
    change(op_config, ZCRING_IOC_SET_CONFIG, &config, sizeof(config));
}

void attacker::set_scene()
{
    zcring_scene scene{};
    scene.kind = 1 + d_random.below(5);
    scene.freq_uhz = 100000000000000;
    if (scene.kind >= ZCRING_SCENE_MEMORY) {
        scene.format = 1 + d_random.below(3);
        scene.samples = 1 + d_random.below(20000);
        scene.rate_num = 1000ULL << d_random.below(20);
        scene.rate_den = 1;
    }
    if (d_random.one_in(3))
        d_random.mutate(&scene, sizeof(scene));
    change(op_scene, ZCRING_IOC_SET_SCENE, &scene, sizeof(scene));
}

void attacker::start()
{
    zcring_start start{};
    if (d_random.one_in(4))
        start.flags = ZCRING_START_RESUME;
    else if (d_random.one_in(2))
        start.first_index = d_random.nasty();
    if (!start.flags && d_random.one_in(4))
        start.preroll_samples = d_random.below(4096);
    if (!start.flags && d_random.one_in(8))
        start.delay_ns = d_random.below(20000000);
    if (d_random.one_in(4))
        d_random.mutate(&start, sizeof(start));
    change(op_start, ZCRING_IOC_START, &start, sizeof(start));
}

void attacker::control()
{
    zcring_control control{};
    control.what = d_random.below(128);
    control.channels = d_random.one_in(2) ? 1 : d_random.below(512);
    control.freq_uhz = static_cast<std::int64_t>(d_random.below(1000000000000000));
    control.rate_num = 1000ULL << d_random.below(20);
    control.rate_den = 1 + d_random.below(9);
    control.time_ns = d_random.nasty();
    control.at_clock = d_random.one_in(2) ? d_random.below(1 << 20) : d_random.nasty();
    if (d_random.one_in(4))
        d_random.mutate(&control, sizeof(control));
    change(op_control, ZCRING_IOC_CONTROL, &control, sizeof(control));
}

// Commands that there are not, and those that there are with another size or direction.
void attacker::wild_ioctl()
{
    char bytes[512];
    d_random.fill(bytes, sizeof(bytes));
    unsigned long command = d_random.next() & 0xffffffff;
    if (!d_random.one_in(4))
        command =
            _IOC(d_random.below(4), ZCRING_IOC_MAGIC, d_random.below(16), d_random.below(200));
    const bool success = ioctl(file(), command, pointer(bytes, sizeof(bytes))) == 0;
    d_shared.count(op_wild_ioctl, success);
}

void attacker::read_some()
{
    alignas(16) static thread_local char buffer[1 << 16];
    const std::size_t bytes =
        d_random.one_in(8) ? d_random.nasty() : d_random.below(sizeof(buffer));
    void* const to = bytes > sizeof(buffer) ? place(lane()) : pointer(buffer, bytes);
    const int fd = file();
    const bool success =
        d_random.one_in(16) ? pread(fd, to, bytes, 1 << 20) > 0 : read(fd, to, bytes) > 0;
    if (success && d_role.is_foreign && fd == d_given) // which is never anything else
        d_shared.found("read() took another's samples");
    d_shared.count(op_read, success);
}

void attacker::write_some()
{
    alignas(16) static thread_local char buffer[1 << 16];
    const std::size_t bytes =
        d_random.one_in(8) ? d_random.nasty() : d_random.below(sizeof(buffer));
    const void* const from = bytes > sizeof(buffer) ? place(lane()) : pointer(buffer, bytes);
    const int fd = file();
    const bool success = write(fd, from, bytes) > 0;
    if (success && !may_change() && fd == d_given) // which is never anything else
        d_shared.found("write() took effect through a file that has no right to it");
    d_shared.count(op_write, success);
}

// Whatever else can be done with a file.
void attacker::file_calls()
{
    const int fd = file();
    char bytes[256];
    iovec pieces[2] = { { bytes, 100 }, { place(lane()), 4096 } };
    bool success = false;
    switch (d_random.below(8)) {
    case 0:
        success = fcntl(fd, F_SETFL, d_random.one_in(2) ? O_NONBLOCK : O_ASYNC) == 0;
        break;
    case 1:
        success = lseek(fd, static_cast<off_t>(d_random.nasty()), SEEK_SET) >= 0;
        break;
    case 2:
        success = ftruncate(fd, 4096) == 0;
        break;
    case 3:
        success = fsync(fd) == 0;
        break;
    case 4:
        success = readv(fd, pieces, 2) > 0;
        break;
    case 5:
        success = posix_fallocate(fd, 0, 4096) == 0;
        break;
    case 6: {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
            break;
        success = splice(fd, nullptr, ends[1], nullptr, 4096, SPLICE_F_NONBLOCK) > 0 ||
                  sendfile(ends[1], fd, nullptr, 4096) > 0 ||
                  vmsplice(ends[1], pieces + 1, 1, 0) > 0;
        close(ends[0]);
        close(ends[1]);
        break;
    }
    default: {
        const int epoll = epoll_create1(EPOLL_CLOEXEC);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        success =
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && epoll_wait(epoll, &event, 1, 1) > 0;
        close(epoll);
    }
    }
    d_shared.count(op_file, success);
}

// A file that is under way in a socket, taken out or lost with it.
void attacker::pass_descriptor()
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
        return;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    char byte = 0;
    iovec piece{ &byte, 1 };
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    int fd = file();
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    bool success = sendmsg(ends[0], &message, 0) == 1;
    if (success && d_random.one_in(2) && recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1) {
        std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        keep(fd);
    }
    close(ends[0]);
    close(ends[1]);
    d_shared.count(op_pass_fd, success);
}

// The child has all mappings and files; it goes on for a while, and is not waited for.
void attacker::fork_some()
{
    const std::uint64_t seed = d_random.next();
    const pid_t child = d_is_child ? -1 : fork();
    if (child != 0) {
        d_shared.count(op_fork, child > 0);
        return;
    }
    const itimerval ticks{ { 0, 20000 }, { 0, 20000 } }; // ends blocking calls
    setitimer(ITIMER_REAL, &ticks, nullptr);
    d_is_child = true;
    d_random = random_numbers(seed);
    run(d_random.below(40));
    _exit(0);
}

// Everything is closed and unmapped, so that somebody else can be the consumer.
void attacker::let_go()
{
    munmap(arena, lanes * lane_bytes);
    for (auto& kept : d_files)
        close_file(kept.exchange(d_given));
    d_shared.count(op_let_go, true);
    open_one();
}

void attacker::step()
{
    const std::uint64_t dice = d_random.below(1000);
    if (dice < 110)
        return get();
    if (dice < 220)
        return map();
    if (dice < 320)
        return scribble();
    if (dice < 380)
        return start();
    if (dice < 440)
        return control();
    if (dice < 490)
        return set_config();
    if (dice < 530)
        return set_scene();
    if (dice < 570)
        return write_some();
    if (dice < 630)
        return read_some();
    if (dice < 670)
        return wild_ioctl();
    if (dice < 710)
        return mprotect_some();
    if (dice < 745)
        return remap();
    if (dice < 775)
        return force_write();
    if (dice < 805)
        return madvise_some();
    if (dice < 835)
        return file_calls();
    if (dice < 855)
        return pass_descriptor();
    if (dice < 895)
        return open_one();
    if (dice < 905)
        return let_go();
    if (dice < 907)
        return fork_some();
    if (dice < 930) {
        d_shared.count(op_munmap, munmap(place(lane()), page << d_random.below(8)) == 0);
    } else if (dice < 955) {
        change(op_stop, ZCRING_IOC_STOP, nullptr, 0);
    } else if (dice < 975) {
        pollfd entry{ file(), static_cast<short>(d_random.next()), 0 };
        d_shared.count(op_poll, poll(&entry, 1, static_cast<int>(d_random.below(3))) > 0);
    } else if (dice < 988) {
        const int fd = fcntl(file(), F_DUPFD_CLOEXEC, 3);
        d_shared.count(op_dup, fd >= 0);
        keep(fd);
    } else {
        d_shared.count(op_close, close_file(d_files[d_random.below(d_files.size())].exchange(-1)));
    }
}

void catch_signals()
{
    struct sigaction action {
    };
    action.sa_flags = SA_NODEFER;
    action.sa_handler = on_fault;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
    action.sa_handler = on_tick; // without SA_RESTART
    sigaction(SIGUSR1, &action, nullptr);
    sigaction(SIGALRM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &action, nullptr); // children leave nothing behind
    sigaction(SIGPIPE, &action, nullptr);
    sigaction(SIGIO, &action, nullptr);
}

} // namespace

bool become_nobody()
{
    constexpr unsigned nobody = 65534;
    return setgroups(0, nullptr) == 0 && setresgid(nobody, nobody, nobody) == 0 &&
           setresuid(nobody, nobody, nobody) == 0;
}

void attack(shared_state& shared, const role& role)
{
    setpgid(0, 0);
    catch_signals();
    const rlimit no_core{ 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    static std::array<std::atomic<int>, 8> files;
    if (role.is_given_file)
        attacker::d_given = open(role.path.c_str(), role.open_flags | O_CLOEXEC);
    for (auto& file : files)
        file = attacker::d_given;
    if (role.is_nobody && !become_nobody())
        shared.found("cannot become nobody");

    std::atomic<unsigned> running{ role.threads };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < role.threads; i++)
        threads.emplace_back([&, i] {
            attacker(shared, role, files, role.seed + i).run(role.operations / role.threads);
            running--;
        });
    while (running) { // no call blocks for long
        usleep(10000);
        for (auto& thread : threads)
            pthread_kill(thread.native_handle(), SIGUSR1);
    }
    for (auto& thread : threads)
        thread.join();
    _exit(0);
}

} // namespace fuzz
