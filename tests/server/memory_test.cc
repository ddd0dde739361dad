// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory that the server shares: what a client cannot do with it, and for how long its user is
// charged. A descriptor that a client would get is used in this process, which is the same user as
// the server and thus may do most.
#include "memory.h"
#include "support/deadline.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

namespace {

using zcring::unique_fd;
using zcring::server::memory_charge;
using zcring::server::memory_ledger;
using zcring::server::shared_memory;

const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
constexpr uid_t alice = 1001;
constexpr uid_t bob = 1002;

int error_of(bool ok) { return ok ? 0 : errno; }

unique_fd reopen(int fd, int flags)
{
    return unique_fd(open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags | O_CLOEXEC));
}

// Maps one page, and owns it.
class page_mapping
{
public:
    page_mapping(int fd, int access) : d_address(mmap(nullptr, page, access, MAP_SHARED, fd, 0)) {}
    ~page_mapping()
    {
        if (ok())
            munmap(d_address, page);
    }
    bool ok() const { return d_address != MAP_FAILED; }
    void* get() const { return d_address; }

private:
    void* const d_address;
};

bool becomes(const memory_ledger& ledger, uid_t user, std::uint64_t bytes)
{
    auto& writable = const_cast<memory_ledger&>(ledger);
    return zcring_test::eventually([&] {
        writable.collect();
        return ledger.bytes(user) == bytes;
    });
}

TEST(SharedMemory, ShowsTheClientWhatTheServerWrites)
{
    const shared_memory memory("test", 2 * page, 2, false);
    ASSERT_EQ(memory.bytes(), 2 * page);
    memory.get()[3 * page] = std::byte{ 42 }; // the second half is the first one
    const unique_fd fd(memory.fd_for_client());
    const page_mapping second(fd.get(), PROT_READ);
    ASSERT_TRUE(second.ok());
    EXPECT_EQ(memory.get()[page], std::byte{ 42 });
}

TEST(SharedMemory, CannotBeWrittenByAReader)
{
    const shared_memory memory("test", page, 1, false);
    const unique_fd fd(memory.fd_for_client());
    EXPECT_EQ(error_of(write(fd.get(), "x", 1) == 1), EBADF);
    EXPECT_FALSE(page_mapping(fd.get(), PROT_READ | PROT_WRITE).ok());

    const page_mapping mapped(fd.get(), PROT_READ);
    ASSERT_TRUE(mapped.ok());
    EXPECT_EQ(error_of(mprotect(mapped.get(), page, PROT_READ | PROT_WRITE) == 0), EACCES);
    EXPECT_EQ(error_of(ftruncate(fd.get(), 0) == 0), EINVAL); // not open for writing
}

TEST(SharedMemory, IsSealedForItsOwnUserToo)
{
    const shared_memory memory("test", page, 1, false);
    const unique_fd fd(memory.fd_for_client());
    fchmod(fd.get(), 0600); // the owner may
    const unique_fd again = reopen(fd.get(), O_RDWR);
    ASSERT_TRUE(again) << std::strerror(errno);
    EXPECT_EQ(error_of(write(again.get(), "x", 1) == 1), EPERM);
    EXPECT_EQ(error_of(ftruncate(again.get(), 0) == 0), EPERM);
    EXPECT_EQ(error_of(ftruncate(again.get(), 2 * static_cast<off_t>(page)) == 0), EPERM);
    EXPECT_EQ(error_of(fcntl(again.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0), EPERM);
    EXPECT_EQ(error_of(fallocate(again.get(),
                                 FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                 0,
                                 static_cast<off_t>(page)) == 0),
              EPERM);
    EXPECT_FALSE(page_mapping(again.get(), PROT_READ | PROT_WRITE).ok());
    const page_mapping mapped(again.get(), PROT_READ);
    ASSERT_TRUE(mapped.ok());
    EXPECT_EQ(error_of(mprotect(mapped.get(), page, PROT_READ | PROT_WRITE) == 0), EACCES);
}

TEST(SharedMemory, OfAWriterKeepsItsLengthAndSeals)
{
    const shared_memory memory("test", page, 1, true);
    const unique_fd fd(memory.fd_for_client());
    const page_mapping mapped(fd.get(), PROT_READ | PROT_WRITE);
    ASSERT_TRUE(mapped.ok());
    static_cast<std::byte*>(mapped.get())[0] = std::byte{ 7 };
    EXPECT_EQ(memory.get()[0], std::byte{ 7 });
    EXPECT_EQ(error_of(ftruncate(fd.get(), 0) == 0), EPERM);
    EXPECT_EQ(error_of(ftruncate(fd.get(), 2 * static_cast<off_t>(page)) == 0), EPERM);
    // With this seal the server's own mappings would stay, but a new one would be refused.
    EXPECT_EQ(error_of(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0), EPERM);
}

TEST(SharedMemory, IsNeverUsedTwice)
{
    struct stat first = {};
    struct stat second = {};
    const shared_memory one("test", page, 1, true);
    const shared_memory two("test", page, 1, true);
    ASSERT_EQ(fstat(unique_fd(one.fd_for_client()).get(), &first), 0);
    ASSERT_EQ(fstat(unique_fd(two.fd_for_client()).get(), &second), 0);
    EXPECT_NE(first.st_ino, second.st_ino);
}

TEST(MemoryLedger, ChargesMemoryWhileTheServerHasIt)
{
    memory_ledger ledger(16 * page);
    {
        const memory_charge charge(ledger, alice);
        const shared_memory memory("test", 4 * page, 2, false);
        EXPECT_EQ(ledger.bytes(alice), 4 * page);
        const unique_fd fd(memory.fd_for_client());
        EXPECT_EQ(ledger.bytes(alice), 4 * page) << "once, however often it is handed out";
    }
    EXPECT_TRUE(becomes(ledger, alice, 0));
}

TEST(MemoryLedger, DoesNotChargeTheServersOwnMemory)
{
    const memory_ledger ledger(16 * page);
    const shared_memory memory("test", 4 * page, 1, false);
    EXPECT_EQ(ledger.bytes(alice), 0U);
    const memory_charge charge(ledger, alice);
    const unique_fd fd(memory.fd_for_client());
    EXPECT_EQ(ledger.bytes(alice), 4 * page);
}

TEST(MemoryLedger, ChargesEachUserThatGotTheMemory)
{
    memory_ledger ledger(16 * page);
    unique_fd of_bob;
    {
        const memory_charge charge(ledger, alice);
        const shared_memory memory("test", page, 1, false);
        const memory_charge observer(ledger, bob);
        of_bob = unique_fd(memory.fd_for_client());
        EXPECT_EQ(ledger.bytes(bob), page);
    }
    ledger.collect();
    EXPECT_EQ(ledger.bytes(alice), page);
    EXPECT_EQ(ledger.bytes(bob), page);
    of_bob = unique_fd();
    EXPECT_TRUE(becomes(ledger, alice, 0) && becomes(ledger, bob, 0));
}

TEST(MemoryLedger, RefusesMoreThanItsLimit)
{
    memory_ledger ledger(4 * page);
    const memory_charge charge(ledger, alice);
    auto memory = std::make_unique<shared_memory>("test", 3 * page, 1, false);
    try {
        const shared_memory more("test", 2 * page, 1, false);
        FAIL() << "5 pages where 4 are allowed";
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), EDQUOT);
    }
    const shared_memory rest("test", page, 1, false);
    EXPECT_EQ(ledger.bytes(alice), 4 * page);
    // What was freed counts at once, even though nobody has called collect().
    memory.reset();
    const shared_memory again("test", 3 * page, 1, false);
    EXPECT_EQ(ledger.bytes(alice), 4 * page);
}

// What a client may do to keep pages that the server has let go of.
TEST(MemoryLedger, ChargesUntilNobodyHoldsTheMemory)
{
    for (const bool writable : { false, true }) {
        memory_ledger ledger(16 * page);
        unique_fd fd;
        {
            const memory_charge charge(ledger, alice);
            const shared_memory memory("test", page, 1, writable);
            fd = unique_fd(memory.fd_for_client());
        }
        ledger.collect();
        EXPECT_EQ(ledger.bytes(alice), page) << "a descriptor";

        auto mapped = std::make_unique<page_mapping>(fd.get(), PROT_READ);
        ASSERT_TRUE(mapped->ok());
        unique_fd path = reopen(fd.get(), O_PATH);
        ASSERT_TRUE(path);
        fd = unique_fd();
        ledger.collect();
        EXPECT_EQ(ledger.bytes(alice), page) << "a mapping";

        mapped.reset();
        ledger.collect();
        EXPECT_EQ(ledger.bytes(alice), page)
            << "a descriptor with O_PATH, which can be opened anew";
        path = unique_fd();
        EXPECT_TRUE(becomes(ledger, alice, 0));
    }
}

TEST(MemoryLedger, ChargesForADescriptorInAMessage)
{
    memory_ledger ledger(16 * page);
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    const unique_fd near(pair[0]);
    unique_fd far(pair[1]);
    {
        const memory_charge charge(ledger, alice);
        const shared_memory memory("test", page, 1, false);
        const unique_fd fd(memory.fd_for_client());
        char byte = 0;
        iovec part = { &byte, 1 };
        alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = room;
        message.msg_controllen = sizeof(room);
        cmsghdr* const control = CMSG_FIRSTHDR(&message);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(sizeof(int));
        const int number = fd.get();
        std::memcpy(CMSG_DATA(control), &number, sizeof(number));
        ASSERT_EQ(sendmsg(near.get(), &message, 0), 1);
    }
    ledger.collect();
    EXPECT_EQ(ledger.bytes(alice), page);
    far = unique_fd();
    EXPECT_TRUE(becomes(ledger, alice, 0));
}

// More events than the kernel keeps (fs.inotify.max_queued_events): those that were dropped are
// found out about.
TEST(MemoryLedger, NoticesMemoryThatWasFreedInMasses)
{
    constexpr std::size_t many = 17000;
    memory_ledger ledger(2 * many * page);
    {
        const memory_charge charge(ledger, alice);
        for (std::size_t i = 0; i < many; i++)
            const shared_memory memory("test", page, 1, false);
        const shared_memory kept("test", page, 1, false);
        EXPECT_TRUE(becomes(ledger, alice, page));
    }
    EXPECT_TRUE(becomes(ledger, alice, 0));
}

} // namespace
