// SPDX-License-Identifier: GPL-3.0-or-later
//
// sleep_test ARGUMENTS WAY [unpaced]: streams the counter scene from the device that ARGUMENTS name,
// lets the machine sleep meanwhile, and checks every sample, every burst and every time. WAY is a test
// of /sys/power/pm_test (freezer, devices, core), or rtc: the machine really sleeps, until its
// real-time clock wakes it. An unpaced device takes samples as fast as its DMA goes, so that its times
// do not follow the time of day. Needs root. tools/test-sleep runs the program in a VM.
//
// Times are compared with the time asleep only: the machine may be slow.
#include "support/counter_scene.h"
#include "support/deadline.h"

#include <zcring/device.h>
#include <zcring/reader.h>

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr double ns_per_s = 1e9;
constexpr double piece = 0.5; // seconds of samples, read before and after the sleep

double clock_seconds(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / ns_per_s;
}

void write_line(const std::string& path, const std::string& line)
{
    std::ofstream out(path);
    out << line << std::endl;
    if (!out)
        throw std::runtime_error("cannot write \"" + line + "\" to " + path);
}

// Returns once the machine is awake again.
void fall_asleep(const std::string& way)
{
    const bool rtc = way == "rtc";

    write_line("/sys/power/pm_test", rtc ? "none" : way);
    if (rtc) {
        std::ifstream in("/sys/class/rtc/rtc0/since_epoch");
        std::uint64_t now = 0;
        in >> now;
        write_line("/sys/class/rtc/rtc0/wakealarm", std::to_string(now + 5));
    }
    write_line("/sys/power/state", "mem");
}

class checked_stream
{
public:
    explicit checked_stream(zcring::device& device)
        : d_device(device), d_in(device), d_rate(device.tuning().rate)
    {
    }

    //! Reads \p seconds of samples, and measures the lag anew.
    void read(double seconds)
    {
        const auto until = d_samples + static_cast<std::uint64_t>(seconds * d_rate);
        d_lag = std::numeric_limits<double>::max();
        while (d_samples < until)
            read_some();
    }

    //! Reads until a gap was found, or the samples are of a time after \p time.
    void read_past(double time)
    {
        while (d_gaps.empty() && time_of(d_clock) < time)
            read_some();
    }

    //! Time of day less the time of the newest sample: the least of the last read().
    double lag() const { return d_lag; }
    const std::vector<double>& gaps() const { return d_gaps; } // in seconds
    bool is_right() const { return d_wrong.empty(); }
    const std::string& wrong() const { return d_wrong; }

private:
    void complain(const std::string& what)
    {
        if (d_wrong.empty())
            d_wrong = what;
    }

    void read_some()
    {
        const zcring::status found = d_in.wait(1, zcring_test::time_limit);

        if (found != zcring::status::data)
            throw std::runtime_error(std::string("no sample arrived: ") + to_string(found));
        check(d_in.acquire());
    }

    void check(const zcring::reader::view& view)
    {
        std::uint64_t next = view.index;

        while (const std::optional<zcring::burst> burst =
                   d_in.next_burst(view.index + view.samples)) {
            check_samples(view, next, burst->index);
            next = burst->index;
            begin_burst(*burst);
        }
        check_samples(view, next, view.index + view.samples);
        d_samples += view.samples;
        d_in.release(view.samples);
        d_lag = std::min(d_lag, clock_seconds(CLOCK_REALTIME) - time_of(d_clock));
    }

    void begin_burst(const zcring::burst& burst)
    {
        if (burst.starts)
            d_first_time_ns = burst.time_ns;
        if (burst.lost) {
            d_gaps.push_back(static_cast<double>(burst.lost) / d_rate);
            d_clock += burst.lost;
        }
        if (burst.sample_clock != d_clock)
            complain("the sample clock of a burst is not that of the burst before, plus the gap");
        const double difference_ns =
            (static_cast<double>(burst.time_ns) - time_of(d_clock) * ns_per_s);
        if (difference_ns > 1000 || difference_ns < -1000) // what a double can tell
            complain("the time of a burst does not follow from its sample clock");
    }

    void check_samples(const zcring::reader::view& view, std::uint64_t from, std::uint64_t to)
    {
        for (; from < to; from++, d_clock++)
            if (zcring_test::counter_from_sc16(view.channel[0], from - view.index) !=
                zcring_test::counter_sample(d_clock))
                complain("a sample is not the one of its sample clock");
    }

    double time_of(std::uint64_t clock) const
    {
        return static_cast<double>(d_first_time_ns) / ns_per_s +
               static_cast<double>(clock) / d_rate;
    }

    zcring::device& d_device;
    zcring::reader d_in;
    const double d_rate;
    std::uint64_t d_samples = 0;
    std::uint64_t d_clock = 0; // of the next sample
    std::uint64_t d_first_time_ns = 0;
    double d_lag = 0;
    std::vector<double> d_gaps;
    std::string d_wrong;
};

// The numbers, for people; then the first thing that is wrong, or nothing.
std::string judge(const zcring::device& device,
                  const checked_stream& stream,
                  const std::string& way,
                  bool is_paced,
                  double lag_before,
                  double span)
{
    const zcring::telemetry t = device.telemetry();
    const double lost = std::accumulate(stream.gaps().begin(), stream.gaps().end(), 0.0);
    const double behind = stream.lag() - lag_before;

    std::printf("%s: away for %.2f s; %zu gaps of %.2f s in all; then %.2f s later than before\n",
                way.c_str(),
                span,
                stream.gaps().size(),
                lost,
                behind);
    if (!stream.is_right())
        return stream.wrong();
    if (t.sample_clock != t.produced_samples + t.lost_samples)
        return "the sample clock is not produced + lost";
    if (t.overflow_count != stream.gaps().size())
        return "the number of gaps is not overflow_count";
    if (way != "freezer" && stream.gaps().size() != 1)
        return "there is not exactly one gap";
    // While only tasks are frozen, the hardware goes on, and the ring has room for all of that time.
    if (way == "freezer" ? lost > 0 : lost < span / 2 || lost > span + piece)
        return "the gap is not as long as the time asleep";
    if (is_paced && std::max(behind, -behind) > span / 4)
        return "the times do not follow the time of day";
    return "";
}

std::string run(const std::string& arguments, const std::string& way, bool is_paced)
{
    zcring::device device(arguments + ",scene=counter,format=sc16,channels=1");
    checked_stream stream(device);

    device.start();
    stream.read(piece);
    const double lag_before = stream.lag();
    const double begin = clock_seconds(CLOCK_REALTIME);
    fall_asleep(way);
    const double end = clock_seconds(CLOCK_REALTIME);
    stream.read_past(end);
    stream.read(piece);
    device.stop();
    return judge(device, stream, way, is_paced, lag_before, end - begin);
}

} // namespace

int main(int argc, char** argv)
{
    const bool is_paced = argc != 4 || std::string(argv[3]) != "unpaced";
    if (argc < 3 || argc > 4 || (argc == 4 && is_paced)) {
        std::fprintf(stderr, "usage: sleep_test ARGUMENTS freezer|devices|core|rtc [unpaced]\n");
        return 64;
    }
    std::string wrong;
    try {
        wrong = run(argv[1], argv[2], is_paced);
    } catch (const std::exception& e) {
        wrong = e.what();
    }
    if (wrong.empty())
        return 0;
    std::printf("wrong: %s\n", wrong.c_str());
    return 1;
}
