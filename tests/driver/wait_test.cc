// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether readers wait while a hostile consumer starts and stops streams as fast as it can. A call that
// sleeps for the device's lock gives up the processor, which is counted: other than a time, the count
// does not depend on the machine's load. The times are printed, with those of a call that takes the lock.
#include "fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace driver {

namespace {

// How often this thread gave up the processor by itself.
long sleeps_of_thread()
{
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

// The durations of many calls, in microseconds, and how often they slept.
class waits
{
public:
    void measure(const std::function<void()>& call)
    {
        const long sleeps = sleeps_of_thread();
        const auto begin = std::chrono::steady_clock::now();
        call();
        d_us.push_back(
            std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
                .count());
        d_sleeps += sleeps_of_thread() - sleeps;
    }
    // The wait that @part of all calls do not exceed: 1 is the worst.
    double most(double part)
    {
        if (d_us.empty())
            return 0;
        std::sort(d_us.begin(), d_us.end());
        return d_us[static_cast<std::size_t>(part * static_cast<double>(d_us.size() - 1))];
    }
    std::size_t count() const { return d_us.size(); }
    std::size_t sleeps() const { return d_sleeps; }
    void print(const char* name)
    {
        std::printf("%-20s %6zu calls slept %5zu times, us: median %9.1f, 90 %% %9.1f, 99 %% "
                    "%9.1f, worst %9.1f\n",
                    name,
                    count(),
                    sleeps(),
                    most(0.5),
                    most(0.9),
                    most(0.99),
                    most(1));
    }

private:
    std::vector<double> d_us;
    std::size_t d_sleeps = 0;
};

// Eight channels of 16 MiB: a start with preroll writes 64 MiB.
zcring_config hostile_config()
{
    zcring_config config = default_config();
    config.channels = 8;
    config.ring_bytes = 16 << 20;
    config.interval_ns = ZCRING_INTERVAL_NS_MIN;
    config.rate_num = 1000000000;
    return config;
}

TEST_F(Driver, ReadersDoNotWaitForAConsumerThatStartsAndStops)
{
    device_file file;
    ASSERT_EQ(file.configure(hostile_config()), 0);
    const std::uint64_t preroll = file.info().ring_samples / 2;
    std::atomic<int> rounds{ 0 };
    std::atomic<bool> done{ false };
    int wrong = 0;
    std::thread hostile([&] {
        while (!done) {
            wrong += file.start(0, preroll, preroll) != 0;
            wrong += file.stop() != 0;
            rounds++;
        }
    });
    waits lockers;
    std::thread locker([&] {
        const device_file observer(O_RDONLY);
        while (!done)
            lockers.measure([&] { (void)observer.map(ZCRING_META); });
    });
    std::vector<std::pair<const char*, waits>> readers{
        { "GET_INFO", {} },      { "GET_CONFIG", {} },         { "GET_TUNING", {} },
        { "GET_TELEMETRY", {} }, { "GET_REGION", {} },         { "sysfs sample_rate", {} },
        { "sysfs gain_mb", {} }, { "sysfs lost_samples", {} },
    };
    const device_file observer(O_RDONLY);
    const std::function<void()> calls[] = {
        [&] { (void)observer.info(); },
        [&] { (void)observer.config(); },
        [&] { (void)observer.tuning(); },
        [&] { (void)observer.telemetry(); },
        [&] { (void)observer.region(ZCRING_DATA); },
        [] { (void)attribute("sample_rate"); },
        [] { (void)attribute("gain_mb"); },
        [] { (void)attribute("lost_samples"); },
    };
    for (const auto& call : calls)
        call(); // the first time, the program's own pages are read from a file
    EXPECT_TRUE(eventually([&] {
        for (std::size_t i = 0; i < readers.size(); i++)
            readers[i].second.measure(calls[i]);
        return rounds >= 20 && readers[0].second.count() >= 100;
    }));
    done = true;
    hostile.join();
    locker.join();
    EXPECT_EQ(wrong, 0);
    lockers.print("mmap, takes the lock");
    EXPECT_GT(lockers.sleeps(), 0u) << "nobody had to wait for the lock";
    for (auto& [name, of_reader] : readers) {
        of_reader.print(name);
        EXPECT_LE(of_reader.sleeps() * 20, of_reader.count()) << name << " waits for the lock";
    }
}

} // namespace

} // namespace driver
