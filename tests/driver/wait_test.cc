// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long readers wait while a hostile consumer starts and stops streams as fast as it can. A call that
// sleeps for the device's lock gives up the processor, which is counted: other than a time, the count
// does not depend on the machine's load. The wait of a call is its duration if it slept. Readers once took
// the lock: a call that still does tells, in the same run, how long they would wait.
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

// The durations of many calls, in microseconds, how often they slept, and the longest wait.
class waits
{
public:
    void measure(const std::function<void()>& call)
    {
        const long sleeps = sleeps_of_thread();
        const auto begin = std::chrono::steady_clock::now();
        call();
        const std::chrono::duration<double, std::micro> took =
            std::chrono::steady_clock::now() - begin;
        const long slept = sleeps_of_thread() - sleeps;
        d_sleeps += slept;
        if (slept)
            d_worst_wait_us = std::max(d_worst_wait_us, took.count());
        d_us.push_back(took.count());
    }
    // The duration that @part of all calls do not exceed: 1 is the longest.
    double most(double part)
    {
        if (d_us.empty())
            return 0;
        std::sort(d_us.begin(), d_us.end());
        return d_us[static_cast<std::size_t>(part * static_cast<double>(d_us.size() - 1))];
    }
    std::size_t count() const { return d_us.size(); }
    std::size_t sleeps() const { return d_sleeps; }
    double worst_wait_us() const { return d_worst_wait_us; }
    void print(const char* name)
    {
        std::printf(
            "%-20s %6zu calls slept %5zu times, waited at most %9.1f us; took, us: median %9.1f, "
            "90 %% %9.1f, 99 %% %9.1f, worst %9.1f\n",
            name,
            count(),
            sleeps(),
            worst_wait_us(),
            most(0.5),
            most(0.9),
            most(0.99),
            most(1));
    }

private:
    std::vector<double> d_us;
    std::size_t d_sleeps = 0;
    double d_worst_wait_us = 0;
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
        const antenna_file antenna(O_RDONLY);
        zcring_feed none{};
        while (!done)
            lockers.measure([&] { (void)antenna.call(ZCRING_IOC_GET_FEED, &none); });
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
    lockers.print("GET_FEED, takes lock");
    EXPECT_GT(lockers.sleeps(), 0u) << "nobody had to wait for the lock";
    for (auto& [name, of_reader] : readers) {
        of_reader.print(name);
        EXPECT_LE(of_reader.sleeps() * 20, of_reader.count()) << name << " waits for the lock";
        EXPECT_LE(of_reader.worst_wait_us() * 10, lockers.worst_wait_us())
            << name << " waits longer than a tenth of the time for the lock";
    }
}

} // namespace

} // namespace driver
