// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring verify: streams the counter scene, checks every sample, and stops. Samples that are left
// in the ring after the stop are checked too, but stay there, so that the telemetry must count
// them. The verdict is found afterwards, from the evidence alone.
#include "verify.h"

#include "counter_check.h"
#include "interrupt.h"
#include "text.h"
#include "verdict.h"

#include <zcring/device.h>
#include <zcring/observer.h>
#include <zcring/reader.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace app {

namespace {

using steady = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using seconds_f = std::chrono::duration<double>;

// Saturates at about a century.
steady::time_point after(steady::time_point start, double seconds)
{
    return start + duration_cast<steady::duration>(seconds_f(std::min(seconds, 3e9)));
}

// The longest time in seconds that a working device sends no sample.
double silence_limit(const zcring::device& device)
{
    return 5 + 3 * device.interval() + 2 / device.tuning().rate;
}

// Unlike std::this_thread::sleep_for, a signal ends this.
void sleep_for(std::chrono::milliseconds time)
{
    const timespec t = { static_cast<time_t>(time.count() / 1000),
                         static_cast<long>(time.count() % 1000 * 1000000) };
    nanosleep(&t, nullptr);
}

class verification final
{
public:
    verification(zcring::device& device, const verify_options& options, bool has_servers_scene)
        : d_device(device),
          d_options(options),
          d_has_servers_scene(has_servers_scene),
          d_in(device),
          d_interrupt(d_in),
          d_silence_limit(silence_limit(device)),
          d_check(device.format(), device.channels())
    {
    }

    void run();
    const evidence& observed() const { return d_evidence; }
    const counter_check& samples() const { return d_check; }

private:
    void print_device() const;
    void stream();
    void read_samples();
    void check(const zcring::reader::view& view, bool stalling);
    void check_rest();
    bool is_over() const;
    bool handle_status(zcring::status s);

    zcring::device& d_device;
    const verify_options& d_options;
    const bool d_has_servers_scene;
    zcring::reader d_in;
    const interrupt d_interrupt;
    const double d_silence_limit; //!< seconds
    counter_check d_check;
    std::vector<zcring::burst> d_bursts; //!< that begin in the view being checked
    evidence d_evidence;
    std::uint64_t d_samples_wanted = 0;
    steady::time_point d_deadline;
    steady::time_point d_silent_until;
};

bool verification::is_over() const
{
    return d_evidence.released >= d_samples_wanted || d_interrupt.came() ||
           steady::now() >= d_deadline;
}

void verification::print_device() const
{
    std::cout << d_device.name() << ": " << to_string(d_device.format()) << ", "
              << counted(d_device.channels(), "channel") << ", "
              << scaled(d_device.tuning().rate, "S/s") << ", a ring of "
              << counted(d_device.ring_samples(), "sample") << std::endl;
}

// Reads the bursts of the view, sleeps once for each if asked to, and checks the samples.
void verification::check(const zcring::reader::view& view, bool stalling)
{
    d_bursts.clear();
    while (const auto burst = d_in.next_burst(view.index + view.samples)) {
        d_bursts.push_back(*burst);
        if (stalling && !is_over())
            sleep_for(d_options.stall);
    }
    d_check.check(view, d_bursts);
}

void verification::read_samples()
{
    const zcring::reader::view v = d_in.acquire(d_samples_wanted - d_evidence.released);
    check(v, d_options.stall.count() > 0);
    d_in.release(v.samples);
    d_evidence.released += v.samples;
}

// Returns whether the run continues.
bool verification::handle_status(zcring::status s)
{
    switch (s) {
    case zcring::status::data:
        read_samples();
        d_silent_until = after(steady::now(), d_silence_limit);
        return true;
    case zcring::status::woken:
        return true;
    case zcring::status::timeout:
        if (steady::now() < d_silent_until)
            return true;
        d_evidence.ended = "no sample arrived for " + scaled(d_silence_limit, "s");
        return false;
    case zcring::status::stopped:
    case zcring::status::fault:
    case zcring::status::gone:
        d_evidence.ended = std::string("the stream ended by itself: ") + to_string(s);
        return false;
    }
    return false;
}

void verification::stream()
{
    const steady::time_point start = steady::now();
    const double for_ever = std::numeric_limits<double>::infinity();
    d_samples_wanted = d_options.samples.value_or(std::numeric_limits<std::uint64_t>::max());
    d_deadline = after(start, d_options.seconds.value_or(d_options.samples ? for_ever : 10));
    d_silent_until = after(start, d_silence_limit);
    while (!is_over()) {
        const steady::time_point until = std::min(d_deadline, d_silent_until);
        const auto left = std::max<steady::duration>(until - steady::now(), nanoseconds(0));
        if (!handle_status(d_in.wait(1, left)))
            break;
    }
    d_evidence.seconds = seconds_f(steady::now() - start).count();
}

// Checks the samples that are left, without a release: the telemetry must still count them.
void verification::check_rest()
{
    while (true) {
        const zcring::reader::view v = d_in.acquire();
        if (!v.samples)
            return;
        check(v, false);
        d_evidence.left += v.samples;
    }
}

void verification::run()
{
    d_evidence.device = d_device.name();
    d_evidence.format = d_device.format();
    d_evidence.channels = d_device.channels();
    d_evidence.has_servers_scene = d_has_servers_scene;
    d_evidence.loss_allowed = d_options.allow_loss || d_options.stall.count();
    d_device.start();
    if (!d_options.json)
        print_device();
    stream();
    d_evidence.interrupted = d_interrupt.came();
    try {
        d_device.stop();
        check_rest();
        d_evidence.telemetry = d_device.telemetry();
    } catch (const std::system_error& e) { // the device may be gone
        if (d_evidence.ended.empty())
            d_evidence.ended = e.what();
    }
}

// Returns whether the scene stays that of a server. All receivers of a server hear its scene, so that
// it is only set if the user says so.
bool choose_scene(zcring::arguments& a)
{
    const bool is_server = zcring::observer::is_server(a.device);
    if (is_server && a.scene && *a.scene != "counter")
        throw std::invalid_argument("scene=" + *a.scene + ": verify checks the counter; remove " +
                                    "scene=, or set scene=counter, which all receivers of " +
                                    a.device + " then hear");
    if (is_server && !a.scene)
        return true;
    a.scene = "counter";
    return false;
}

} // namespace

int run_verify(const verify_options& options)
{
    zcring::arguments arguments = zcring::parse_arguments(options.arguments);
    const bool has_servers_scene = choose_scene(arguments);
    const blocked_signals blocked; // before the device, so that its thread has them blocked too
    zcring::device device(arguments);
    verification v(device, options, has_servers_scene);

    v.run();
    if (options.json)
        std::cout << report_json(v.observed(), v.samples()).dump(2) << '\n';
    else
        print_report(std::cout, v.observed(), v.samples());
    return is_good(find_verdict(v.observed(), v.samples())) ? 0 : 1;
}

} // namespace app
