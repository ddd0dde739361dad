// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mappings of a hostile client. The driver must refuse every mapping that is private,
// executable, or writable apart from the consumer page of the device's own consumer, in mmap() and
// in mprotect(), and no way of writing may reach the other pages. What succeeds in spite of that is
// reported as a finding.
#include "client_thread.h"

#include <sys/mman.h>
#include <sys/uio.h>
#include <csetjmp>
#include <csignal>

namespace fuzz {
namespace {

constexpr unsigned slots = ZCRING_DATA + ZCRING_CHANNELS_MAX;
constexpr std::uint64_t slot_by_page = 16; // more, for the samples by page

thread_local sigjmp_buf* volatile fault_landing;

void on_fault(int)
{
    if (fault_landing)
        siglongjmp(*fault_landing, 1);
    _exit(99); // a fault outside of touch() is a bug of this program
}

void on_tick(int) {} // its only effect: a blocking call returns EINTR

} // namespace

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
    sigaction(SIGCHLD, &action, nullptr); // children that end become no zombies
    sigaction(SIGPIPE, &action, nullptr);
    sigaction(SIGIO, &action, nullptr);
}

// A request that is valid more often than not; false where it could map the consumer page to a lane
// that is not for it.
bool client_thread::choose_mapping(bool wants_consumer, mapping& m)
{
    m.slot = wants_consumer ? ZCRING_CONSUMER : d_random.below(d_random.one_in(4) ? slots + 1 : 4);
    if (!wants_consumer && m.slot == ZCRING_CONSUMER)
        m.slot = ZCRING_DATA;
    m.offset = m.slot << 32;
    if (m.slot >= ZCRING_DATA && d_random.one_in(3))
        m.offset += slot_by_page << 32;
    if (!wants_consumer && d_random.one_in(8)) {
        m.offset += d_random.below(1 << 20) * page;
        if (d_random.one_in(2))
            m.offset = d_random.boundary_value() & ~(page - 1);
        m.slot = m.offset >> 32;
        if (m.slot >= slot_by_page + ZCRING_DATA)
            m.slot -= slot_by_page;
        if (m.slot == ZCRING_CONSUMER)
            return false;
    }
    constexpr int protections[] = { PROT_READ,
                                    PROT_READ,
                                    PROT_READ,
                                    PROT_READ | PROT_WRITE,
                                    PROT_WRITE,
                                    PROT_NONE,
                                    PROT_READ | PROT_EXEC,
                                    PROT_READ | PROT_WRITE | PROT_EXEC };
    m.protection = wants_consumer && !d_random.one_in(4) ? PROT_READ | PROT_WRITE
                                                         : protections[d_random.below(8)];
    m.sharing = d_random.one_in(12) ? MAP_PRIVATE : MAP_SHARED;
    m.flags = (d_random.one_in(8) ? MAP_POPULATE : 0) | (d_random.one_in(16) ? MAP_NORESERVE : 0);
    m.bytes = wants_consumer && !d_random.one_in(8) ? page : length();
    if (m.offset >> 32 == ZCRING_BURSTS && d_random.one_in(2))
        m.bytes = 1 << 20;
    return true;
}

// Reports a mapping that the driver had to refuse, but made.
void client_thread::check_mapping(bool wants_consumer, const mapping& m)
{
    const int region = static_cast<int>(m.slot);
    if (m.offset & 0xffffffff || m.slot >= slots)
        d_shared.report_finding("mmap() at the offset %#llx succeeded",
                                static_cast<unsigned long long>(m.offset));
    if (m.sharing == MAP_PRIVATE)
        d_shared.report_finding("mmap() with MAP_PRIVATE succeeded");
    if (m.protection & PROT_EXEC)
        d_shared.report_finding("mmap() with PROT_EXEC succeeded");
    if (m.protection & PROT_WRITE && !(wants_consumer && may_change()))
        d_shared.report_finding("mmap() of region %d for writing succeeded", region);
    if (wants_consumer && d_role.has_other_consumer)
        d_shared.report_finding("the consumer page of another process was mapped");
    if (m.slot < ZCRING_DATA && m.bytes > (m.slot == ZCRING_BURSTS ? 1 << 20 : page))
        d_shared.report_finding("mmap() of %zu bytes of region %d succeeded", m.bytes, region);
}

void client_thread::map()
{
    const std::size_t to = lane();
    const bool wants_consumer = to >= first_consumer_lane;
    mapping m{};
    if (!choose_mapping(wants_consumer, m))
        return;
    char* const where = arena + to * lane_bytes;
    void* const got = mmap(where,
                           m.bytes,
                           m.protection,
                           m.sharing | MAP_FIXED | m.flags,
                           file(),
                           static_cast<off_t>(m.offset));
    if (!d_shared.count(op_mmap, got != MAP_FAILED))
        return;
    check_mapping(wants_consumer, m);
    // Any byte of the mapping can be read, unless another thread has unmapped it meanwhile.
    touch(where + d_random.below(m.bytes), false);
}

// Moves a mapping to a lane of the same kind only.
void client_thread::remap()
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

void client_thread::mprotect_some()
{
    const std::size_t where = lane();
    const int protection = static_cast<int>(d_random.below(8));
    const bool success = mprotect(place(where), page << d_random.below(3), protection) == 0;
    if (success && protection & PROT_EXEC && !d_target.server())
        d_shared.report_finding("mprotect() made pages of the ring executable");
    if (success && protection & PROT_WRITE && (where < first_consumer_lane || !may_change()))
        d_shared.report_finding("mprotect() made pages of the ring writable");
    d_shared.count(op_mprotect, success);
}

void client_thread::madvise_some()
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

// Writes invalid values into the consumer page, likely ones and random ones.
void client_thread::corrupt()
{
    const std::size_t where = lane();
    char* const at = arena + where * lane_bytes;
    if (where < first_consumer_lane) {
        const bool store = d_random.one_in(2);
        if (d_shared.count(op_touch, touch(place(where), store, 0x5a)) && store)
            d_shared.report_finding("a page that only the producer may write was written");
        return;
    }
    bool success = false;
    if (d_random.one_in(3)) {
        for (std::size_t i = 0; i < page; i += 1 + d_random.below(64))
            success = touch(at + i, true, static_cast<char>(d_random.next()));
    } else {
        // The lower bytes of the tail or of the watermark: slightly wrong values.
        const std::size_t field = d_random.one_in(2) ? 0 : offsetof(zcring_consumer, watermark);
        for (std::size_t i = 0; i < d_random.below(4); i++)
            success = touch(at + field + i, true, static_cast<char>(d_random.next()));
    }
    d_shared.count(op_corrupt, success);
}

// Writes as a debugger does, by ways that ignore the protection of pages. A server's client may write
// its consumer page.
void client_thread::force_write()
{
    if (d_target.server() && d_random.one_in(8))
        return attack_process();
    static const int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    char bytes[64];
    d_random.fill(bytes, sizeof(bytes));
    const std::size_t where = lane();
    char* const at = place(where);
    bool success = false;
    if (d_random.one_in(2)) {
        success = pwrite(memory, bytes, sizeof(bytes), reinterpret_cast<off_t>(at)) > 0;
    } else {
        const iovec from{ bytes, sizeof(bytes) };
        const iovec to{ at, sizeof(bytes) };
        success = process_vm_writev(getpid(), &from, 1, &to, 1, 0) > 0;
    }
    if (success && !(d_target.server() && where >= first_consumer_lane))
        d_shared.report_finding(
            "pages of the ring were written through /proc/self/mem or process_vm_writev()");
    d_shared.count(op_force_write, success);
}

} // namespace fuzz
