// SPDX-License-Identifier: GPL-3.0-or-later
//
// The driver's 32-bit system calls. The test is a 64-bit process that makes the calls of a 32-bit
// one by int 0x80.
#include "fixture.h"

#ifdef __x86_64__

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>

namespace driver {
namespace {

constexpr long nr_getpid = 20;
constexpr long nr_ioctl = 54;

// Makes a 32-bit system call; returns its result, or a negative errno.
int call32(long number, long a = 0, long b = 0, const void* low = nullptr)
{
    long result = number;
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(a), "c"(b), "d"(low)
                 : "memory", "cc", "r8", "r9", "r10", "r11");
    return static_cast<int>(result);
}

// The exit status: 0, or the number of the check that failed.
int call_all(const device_file& file)
{
    void* const low =
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        return 1;
    const auto call = [&](unsigned long request, const void* argument) {
        return call32(nr_ioctl, file.fd(), static_cast<long>(request), argument);
    };
    zcring_info info{};
    if (file.call(ZCRING_IOC_GET_INFO, &info) != 0 || call(ZCRING_IOC_GET_INFO, low) != 0 ||
        std::memcmp(low, &info, sizeof(info)) != 0)
        return 2;
    std::memset(low, 0, 4096);
    if (call(ZCRING_IOC_START, low) != 0 || call(ZCRING_IOC_START, low) != -EBUSY)
        return 3;
    if (call(ZCRING_IOC_STOP, nullptr) != 0)
        return 4;
    if (call(ZCRING_IOC_GET_INFO, nullptr) != -EFAULT || call(0x1234, low) != -ENOTTY)
        return 5;
    std::memset(low, 0xff, 4096);
    return call(ZCRING_IOC_SET_CONFIG, low) == -EINVAL ? 0 : 6;
}

// The status of a child that makes the calls. A kernel without such calls kills it by a signal.
template <class F>
int in_a_child(F act)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(act());
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

TEST_F(Driver, A32BitProcessGetsTheSameResults)
{
    if (in_a_child([] { return call32(nr_getpid) != getpid(); }) != 0)
        GTEST_SKIP() << "this kernel has no 32-bit calls";
    const device_file file;
    EXPECT_EQ(in_a_child([&] { return call_all(file); }), 0);
}

} // namespace
} // namespace driver

#endif
