// SPDX-License-Identifier: GPL-3.0-or-later
//
// Opening a device by its arguments, starting it, and its counters.
// Runs on the emulator, or on the device that ZCRING_TEST_DEVICE names.
#include <zcring/reader.h>

#include "support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace {

using namespace zcring;
using namespace zcring_test;

TEST(Device, HasTheGeometryOfTheArguments)
{
    for (const format f : { format::sc8, format::sc16, format::fc32 })
        for (const unsigned channels : { 1u, 2u, 8u }) {
            const device dev(
                with("ring_bytes=65536,interval_us=2500,format=" + std::string(to_string(f)) +
                     ",channels=" + std::to_string(channels)));
            EXPECT_EQ(dev.format(), f);
            EXPECT_EQ(dev.channels(), channels);
            EXPECT_EQ(dev.ring_samples(), 65536 / sample_bytes(f));
            EXPECT_EQ(dev.interval(), 0.0025);
            EXPECT_EQ(dev.is_emulator(), on_emulator());
            EXPECT_EQ(dev.name(), on_emulator() ? "emulator" : device_under_test().substr(7));
        }
}

TEST(Device, HasTheTuningOfTheArguments)
{
    const device dev(with("channels=3,rate=1234567.5,freq=433920000.5,gain=-3.5"));
    const tuning t = dev.tuning();
    EXPECT_EQ(t.rate, 1234567.5);
    for (unsigned c = 0; c < 3; c++) {
        EXPECT_EQ(t.frequency[c], 433920000.5);
        EXPECT_EQ(t.gain[c], -3.5);
    }
    EXPECT_EQ(t.bandwidth, 0);
}

TEST(Device, HasEveryRateUnlessItPlaysARecording)
{
    const ranges any = device(with("scene=tone")).ranges();
    EXPECT_TRUE(any.rates.empty());
    EXPECT_EQ(any.rate_min, 0.001);
    if (on_server()) // which has a limit for each user, over all receivers that are not closed yet
        EXPECT_GE(any.rate_max, 9e8);
    else
        EXPECT_EQ(any.rate_max, 1e10);

    const temporary_directory where;
    const std::vector<std::uint8_t> samples(4 * 4096, 0);
    const std::string recording = write_recording(where, "r", "ci16_le", samples, 3e6);
    const device dev(with("rate=3e6,scene=" + recording));
    const ranges r = dev.ranges();
    ASSERT_EQ(r.rates.size(), 64u);
    EXPECT_EQ(r.rates[0], 3e6);
    EXPECT_EQ(r.rates[2], 1e6);
    EXPECT_EQ(r.rate_max, 3e6);
    EXPECT_EQ(r.rate_min, 3e6 / 64);
    EXPECT_EQ(dev.rates(), r.rates);
}

// On every backend of the simulation.
TEST(Device, HasTheRangesOfTheSimulation)
{
    const ranges r = device(with("")).ranges();
    EXPECT_EQ(r.channels_max, max_channels);
    EXPECT_GT(r.commands_max, 0u);
    EXPECT_EQ(r.frequency_min, -1e12);
    EXPECT_EQ(r.frequency_max, 1e12);
    EXPECT_EQ(r.bandwidth_max, 1e12);
    EXPECT_EQ(r.gain_min, -60);
    EXPECT_EQ(r.gain_max, 60);
    EXPECT_EQ(r.gain_step, 0.01);
    EXPECT_EQ(r.noise_min, -150);
    EXPECT_EQ(r.noise_max, 0);
    EXPECT_GE(r.ring_bytes_max, 1048576u);
    EXPECT_GE(r.interval_min, 1e-4);
    EXPECT_EQ(r.interval_max, 60);
}

TEST(Device, AcceptsArgumentsThatAProgramSet)
{
    arguments a = parse_arguments(with(""));
    a.format = format::fc32;
    const device dev(a);
    EXPECT_EQ(dev.format(), format::fc32);
    a.channels = 9;
    EXPECT_THROW(device{ a }, std::invalid_argument);
}

TEST(Device, RefusesABadArgumentByItsName)
{
    expect_says(message_of<std::invalid_argument>([] { device dev(with("ring_bytes=5000")); }),
                { "ring_bytes=5000", "power of two" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("rate=0")); }),
                { "rate=0" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("channels=9")); }),
                { "channels=9" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("colour=red")); }),
                { "colour", "rate" });
    expect_says(message_of<std::invalid_argument>([] { device dev(with("scene=jazz")); }),
                { "jazz", "tone" });
}

TEST(Device, NamesTheRemedyIfThereIsNoDevice)
{
    const auto open = [] { device dev("device=/dev/zcring99"); };
    EXPECT_EQ(error_of(open), ENOENT);
    expect_says(message_of<std::system_error>(open),
                { "/dev/zcring99", "modprobe zcring", "emulator" });
}

TEST(Device, RefusesAFileThatIsNoZcring)
{
    const auto open = [] { device dev("device=/dev/null"); };
    EXPECT_EQ(error_of(open), ENOTTY);
    expect_says(message_of<std::system_error>(open),
                { "/dev/null", "not a zcring", "install driver and library of one version" });

    const temporary_directory where;
    const std::string file = where.write("file", "zcring");
    const auto open_file = [&] { device dev("device=" + file); };
    EXPECT_EQ(error_of(open_file), ENOTTY);
    expect_says(message_of<std::system_error>(open_file), { file.c_str(), "not a zcring" });
    EXPECT_EQ(error_of([&] { device dev("device=" + where.path().string()); }), EISDIR);
}

// Root may open every file, so root gives up its privileges first, in a process of its own.
TEST(Device, NamesTheRemedyWithoutPermission)
{
    const temporary_directory where;
    const std::string file = where.write("locked", "");
    std::filesystem::permissions(file, std::filesystem::perms::none);
    std::filesystem::permissions(where.path(), std::filesystem::perms::all);
    const auto check = [&] {
        const auto open = [&] { device dev("device=" + file); };
        EXPECT_EQ(error_of(open), EACCES);
        expect_says(message_of<std::system_error>(open),
                    { file.c_str(), "permission denied", "group" });
        return testing::Test::HasFailure();
    };
    if (geteuid() != 0) {
        check();
        return;
    }
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
        _exit(seteuid(65534) != 0 ? 2 : check());
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        GTEST_SKIP() << "cannot drop privileges";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Device, OpensTheFirstDeviceOrElseTheEmulator)
{
    const device dev;
    EXPECT_EQ(dev.is_emulator(), dev.name() == "emulator");
    EXPECT_TRUE(dev.is_emulator() || dev.name().rfind("/dev/zcring", 0) == 0) << dev.name();
}

// Runs in a child made by fork(); the number of the line that fails is its exit status.
#define CHILD_EXPECT(condition)        \
    do {                               \
        if (!(condition))              \
            _exit(__LINE__ % 200 + 1); \
    } while (false)

void expect_success(pid_t child)
{
    int status = 0;
    if (!eventually([&] { return waitpid(child, &status, WNOHANG) == child; })) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        FAIL() << "the child hangs";
    }
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "the line, modulo 200, plus 1";
}

class DeviceAfterFork : public testing::TestWithParam<const char*>
{
};

INSTANTIATE_TEST_SUITE_P(Pace, DeviceAfterFork, testing::Values("real", "free"), [](const auto& p) {
    return std::string(p.param);
});

TEST_P(DeviceAfterFork, FailsInTheChildAndIsNotDisturbedInTheParent)
{
    if (!on_emulator() && std::string(GetParam()) == "free")
        GTEST_SKIP() << "needs free pace";
    const std::string pace = on_emulator() ? std::string("pace=") + GetParam() + "," : "";
    auto dev = std::make_unique<device>(with(pace + "ring_bytes=67108864"));
    auto in = std::make_unique<reader>(*dev);
    dev->start();
    ASSERT_EQ(in->wait(100, patience), status::data);
    ASSERT_EQ(in->acquire(100).samples, 100u);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        CHILD_EXPECT(in->wait(1, std::chrono::nanoseconds(-1)) == status::fault);
        CHILD_EXPECT(in->acquire().samples == 0);
        CHILD_EXPECT(!in->next_burst(100));
        in->release(100);
        in->wake();
        CHILD_EXPECT(error_of([&] { dev->start(); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->stop(); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->set_gain(1); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->telemetry(); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->tuning(); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->keep({}); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->reopen(); }) == EOPNOTSUPP);
        CHILD_EXPECT(error_of([&] { dev->stall(1ms); }) == EOPNOTSUPP);
        in.reset();
        dev.reset();
        device own("emulator,pace=free"); // without a thread, for ThreadSanitizer
        reader own_in(own);
        own.start();
        CHILD_EXPECT(own_in.wait(1, patience) == status::data);
        _exit(0);
    }
    expect_success(child);
    EXPECT_EQ(in->held(), 100u);
    ASSERT_EQ(in->wait(1000, patience), status::data);
    in->release(100);
    expect_accounting(*dev, *in);
}

// Some sandboxes and emulators of system calls do not know MADV_WIPEONFORK.
TEST(DeviceInASandbox, OpensWithoutWipeOnFork)
{
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
        CHILD_EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        CHILD_EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
        CHILD_EXPECT(error_of([] { device own("emulator,pace=free"); }) == 0);
        _exit(0);
    }
    expect_success(child);
}

TEST(Device, StartsOnceAtATime)
{
    device dev(with(""));
    dev.start();
    EXPECT_EQ(error_of([&] { dev.start(); }), EBUSY);
    EXPECT_EQ(error_of([&] { dev.resume(); }), EBUSY);
    dev.stop();
    dev.stop();
    dev.resume();
    dev.stop();
    dev.start();
}

TEST(Device, RefusesAPrerollOfMoreThanHalfTheRing)
{
    device dev(with(""));
    device::start_options options;
    options.preroll_samples = dev.ring_samples() / 2 + 1;
    EXPECT_EQ(error_of([&] { dev.start(options); }), EINVAL);
    options.preroll_samples = dev.ring_samples() / 2;
    dev.start(options);
}

class WithRecording : public testing::Test
{
protected:
    temporary_directory d_where;
    std::string d_path =
        write_recording(d_where, "r", "ci16_le", std::vector<std::uint8_t>(4000, 3), 250000);
};

TEST_F(WithRecording, TakesItsRateAndFrequency)
{
    std::string text = without_loss("");
    for (const char* given : { "rate=1e6,", "freq=1e8,", "scene=counter," }) // as if not given
        text.erase(text.find(given), strlen(given));
    const device dev(text + ",scene=" + d_path);
    EXPECT_EQ(dev.tuning().rate, 250000);
    EXPECT_EQ(dev.tuning().frequency[0], 433.92e6);
}

TEST_F(WithRecording, PlaysOnlyAtAPartOfTheRateItWasOpenedWith)
{
    std::string text = with("scene=" + d_path);
    text.replace(text.find("rate=1e6"), strlen("rate=1e6"), "rate=250000");
    device dev(text);
    command twice;
    twice.rate = 500000;
    EXPECT_EQ(error_of([&] { dev.control(twice); }), ERANGE);
    dev.start();
    EXPECT_EQ(error_of([&] { dev.control(twice); }), ERANGE);
    dev.unplug();
    EXPECT_EQ(error_of([&] { dev.keep(twice); }), ERANGE);
    command fifth;
    fifth.rate = 50000;
    dev.keep(fifth);
    dev.plug();
    EXPECT_TRUE(eventually([&] { return error_of([&] { dev.reopen(); }) == 0; }));
    EXPECT_EQ(dev.tuning().rate, 50000);
    dev.start();
}

TEST_F(WithRecording, NamesTheFileThatIsNotThere)
{
    const auto open = [&] {
        device dev(with("scene=" + d_where.path().string() + "/none.sigmf-meta"));
    };
    EXPECT_EQ(error_of(open), ENOENT);
    expect_says(message_of<std::system_error>(open), { "none.sigmf-meta" });
}

TEST(Device, RefusesResidentDmaForScenesWithoutAPeriod)
{
    for (const char* scene : { "noise", "counter" }) {
        device dev(with(std::string("dma=resident,scene=") + scene));
        EXPECT_EQ(error_of([&] { dev.start(); }), EOPNOTSUPP) << scene;
    }
    device dev(with("dma=resident,scene=tone"));
    dev.start();
}

TEST(Device, HasConsistentCountersWhileItStreams)
{
    device dev(with("channels=2,rate=2e6,ring_bytes=16384," + interval(500)));
    reader in(dev);
    dev.start();
    std::atomic<bool> done{ false };
    std::thread observer([&] {
        while (!done) {
            const telemetry t = dev.telemetry();
            ASSERT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
            ASSERT_LE(t.produced_samples - t.consumed_samples, dev.ring_samples());
            ASSERT_EQ(t.produced_bytes, t.produced_samples * 8);
            ASSERT_EQ(t.consumed_bytes, t.consumed_samples * 8);
            ASSERT_EQ(t.overflow_bytes, t.lost_samples * 8);
        }
    });
    for (std::uint64_t read = 0; read < 100000;) {
        in.wait(1, patience);
        const reader::view v = in.acquire(5000);
        in.release(v.samples);
        read += v.samples;
    }
    dev.stop();
    done = true;
    observer.join();
    const telemetry t = dev.telemetry();
    std::uint64_t left = 0;
    for (reader::view v = in.acquire(); v.samples; v = in.acquire())
        left += v.samples;
    EXPECT_EQ(t.produced_samples, t.consumed_samples + left);
}

} // namespace
