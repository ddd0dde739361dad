// SPDX-License-Identifier: GPL-3.0-or-later
//
// load_test PATH.ko [PARAMETERS]: loads the driver while each of its allocations fails in turn.
// The driver must load with all devices, or with the first few, or fail with ENOMEM, and nothing
// may stay behind. Needs root, a kernel that lets allocations fail on demand, and an unloaded
// driver; else the test is skipped.
#include "allocations.h"

#include <sys/syscall.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

int fd = -1;
const char* parameters = "devices=2 ring_bytes=65536";

int load() { return syscall(SYS_finit_module, fd, parameters, 0) < 0 ? errno : 0; }

// Number of devices; they must be numbered without a gap.
unsigned devices()
{
    const std::string name = "/sys/class/zcring/zcring";
    unsigned n = 0;
    while (access((name + std::to_string(n)).c_str(), F_OK) == 0)
        n++;
    EXPECT_NE(access((name + std::to_string(n + 1)).c_str(), F_OK), 0) << "without zcring" << n;
    return n;
}

int unload() { return syscall(SYS_delete_module, "zcring", O_NONBLOCK) < 0 ? errno : 0; }

TEST(Load, LoadingFailsCleanlyWhicheverAllocationFails)
{
    const driver::allocations allocations;
    if (!allocations.can_fail())
        GTEST_SKIP() << "this kernel lets no allocation fail on demand";
    if (access("/sys/module/zcring", F_OK) == 0)
        GTEST_SKIP() << "the driver is loaded, and may be in use";
    ASSERT_EQ(load(), 0);
    const unsigned all = devices();
    ASSERT_EQ(unload(), 0);
    unsigned refused = 0, fewer = 0;
    int error = 0;
    const unsigned failed = allocations.fail_each_of(
        [&] {
            error = load();
            EXPECT_TRUE(error == 0 || error == ENOMEM) << std::strerror(error);
            refused += error == ENOMEM;
        },
        [&] { // these checks run without failing allocations
            fewer += error == 0 && devices() < all;
            EXPECT_NE(access("/sys/class/zcring", F_OK) == 0, error != 0);
            EXPECT_EQ(unload(), error ? ENOENT : 0);
        });
    std::printf("%u allocations failed, %u of them so that the driver did not load, "
                "%u so that it had fewer devices\n",
                failed,
                refused,
                fewer);
    EXPECT_GT(refused, 50u); // most are the kernel's own, whose number varies
    EXPECT_GT(fewer, 10u);
    EXPECT_GT(refused + fewer, 100u);
    EXPECT_EQ(load(), 0);
    EXPECT_EQ(devices(), all);
    EXPECT_EQ(unload(), 0);
}

} // namespace

int main(int argc, char** argv)
{
    testing::InitGoogleTest(&argc, argv);
    fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        std::fprintf(stderr, "usage: %s PATH.ko [PARAMETERS]\n", argv[0]);
        return 64;
    }
    if (argc > 2)
        parameters = argv[2];
    return RUN_ALL_TESTS();
}
