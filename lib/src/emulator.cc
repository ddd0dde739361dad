// SPDX-License-Identifier: GPL-3.0-or-later
//
// The simulated hardware in user space: the engine of the driver, with a thread in place of the
// timer interrupt, memfds in place of kernel pages, and an eventfd in place of the wait queue.
// d_mutex guards the engine, and is held for each call and each step of the thread. The thread
// gives up the mutex between two steps, so that no call waits for a whole interval.
// With free pace there is no thread: the reader produces the samples that it waits for.
#include "emulator.h"

#include "device_error.h"
#include "poll_fds.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>

namespace zcring {

namespace {

constexpr std::uint64_t burst_slots = 4096;

void throw_on_error(int error, const char* what)
{
    if (error < 0)
        throw std::system_error(-error, std::system_category(), std::string("emulator: ") + what);
}

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

} // namespace

emulator::engine_lock::engine_lock(const emulator& e)
{
    e.d_waiting_callers++;
    d_lock = std::unique_lock<std::mutex>(e.d_mutex);
    e.d_waiting_callers--;
}

emulator::emulator(pacing pace)
    : d_pace(pace),
      d_event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      d_meta(page_bytes(), 1),
      d_consumer(page_bytes(), 1)
{
    if (!d_event)
        throw std::system_error(errno, std::system_category(), "emulator: no eventfd");
    zcring_config_default(&d_front.config);
    d_stream.meta = static_cast<zcring_meta*>(d_meta.get());
    d_stream.consumer = static_cast<zcring_consumer*>(d_consumer.get());
    zcring_stream_init(&d_stream);
    const zcring_config config = d_front.config;
    zcring_front_init(&d_front, &d_stream, &config);
}

emulator::~emulator()
{
    {
        const engine_lock lock(*this);
        d_quit = true;
    }
    d_changed.notify_all();
    if (d_thread.joinable())
        d_thread.join();
}

// With d_mutex held. After the device is gone, calls fail as those of the driver do.
void emulator::check_not_gone() const
{
    if (d_stream.state == ZCRING_STATE_GONE)
        throw_device_error(ENODEV, name(), "the call failed");
}

zcring_config emulator::config() const
{
    const engine_lock lock(*this);
    return d_front.config;
}

void emulator::configure(const zcring_config& config)
{
    const engine_lock lock(*this);
    check_not_gone();
    throw_on_error(zcring_config_check(&config, page_bytes()), "the configuration is not valid");
    zcring_front_configure(&d_front, &config);
}

// The engine keeps addresses of the old content until it gets the new one.
void emulator::set_scene(const zcring_scene& scene, scene_content content)
{
    const engine_lock lock(*this);
    check_not_gone();
    throw_on_error(zcring_scene_check(&scene), "the scene is not valid");
    if (scene.kind == ZCRING_SCENE_FEED)
        throw_device_error(EOPNOTSUPP, name(), "the emulator takes no feed");
    throw_on_error(zcring_segments_check(&scene, content.segments.data()),
                   "the segments of the scene contradict each other");
    const auto* segments = reinterpret_cast<const std::byte*>(content.segments.data());
    std::vector<std::byte> whole = std::move(content.samples);
    whole.insert(
        whole.begin(), segments, segments + content.segments.size() * sizeof(zcring_segment));
    auto file = content.file ? std::make_unique<read_ahead>(content.file) : nullptr;
    const zcring_scene_source source = file ? file->source() : zcring_scene_source{};
    throw_on_error(zcring_front_set_scene(&d_front, &scene, whole.data(), file ? &source : nullptr),
                   "the scene cannot be received");
    d_scene = std::move(whole);
    d_file = std::move(file);
}

void emulator::map()
{
    const engine_lock lock(*this);
    const zcring_config& config = d_front.config;

    d_bursts = mapping(burst_slots * sizeof(zcring_burst), 1);
    d_burst_ends.resize(burst_slots);
    d_stream.bursts = static_cast<zcring_burst*>(d_bursts.get());
    d_stream.burst_ends = d_burst_ends.data();
    d_stream.burst_slots = burst_slots;
    d_stream.channels = config.channels;
    d_stream.sample_bytes = zcring_sample_bytes(config.format);
    d_stream.ring_samples = config.ring_bytes / d_stream.sample_bytes;
    for (unsigned c = 0; c < config.channels; c++) {
        d_data.emplace_back(config.ring_bytes, 2);
        d_stream.data[c] = static_cast<u8*>(d_data.back().get());
        d_pages.data[c] = static_cast<const std::byte*>(d_data.back().get());
    }
    d_pages.meta = d_stream.meta;
    d_pages.consumer = d_stream.consumer;
    d_pages.bursts = { static_cast<const std::byte*>(d_bursts.get()),
                       burst_slots,
                       sizeof(zcring_burst) };
    d_pages.ring_samples = d_stream.ring_samples;
    d_pages.sample_bytes = d_stream.sample_bytes;
    d_pages.channels = d_stream.channels;
    if (d_pace == pacing::real)
        start_thread();
}

// Signals of the process must go to the threads of the program, so the thread blocks all of
// them except those that its own instructions cause.
void emulator::start_thread()
{
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (const int fault : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP })
        sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    try {
        d_thread = std::thread([this] { run(); });
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void emulator::start(const zcring_start& options)
{
    {
        const engine_lock lock(*this);
        check_not_gone();
        int error = -EAGAIN;
        while (error == -EAGAIN) // more preroll is left to zero
            error = zcring_front_start(
                &d_front, &options, clock_ns(CLOCK_BOOTTIME), clock_ns(CLOCK_REALTIME));
        if (error == -ERANGE)
            throw_on_error(error,
                           "the scene cannot be received at this rate; set the rate to the "
                           "scene's, or to a 2nd to a 64th of it");
        if (error == -EOPNOTSUPP)
            throw_on_error(
                error,
                "dma=resident needs a signal whose period divides the ring: use scene=tone, "
                "scene=counter with format=sc8, or an untuned recording of 2^n samples");
        throw_on_error(error, "the stream cannot start");
        d_asleep = measure_time_asleep();
    }
    d_changed.notify_all();
}

void emulator::stop()
{
    const engine_lock lock(*this);
    check_not_gone();
    if (d_pace == pacing::real) {
        const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
        skip_sleep(now);
        zcring_front_stop(&d_front, now);
    } else {
        zcring_stream_stop(&d_stream);
    }
    d_changed.notify_all();
    wake_reader();
}

void emulator::control(const zcring_control& control)
{
    const engine_lock lock(*this);
    check_not_gone();
    const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
    if (d_pace == pacing::real) {
        skip_sleep(now);
        zcring_front_run(&d_front, now, now);
    }
    const int error = zcring_front_control(&d_front, &control, now);
    wake_reader();
    if (error == -ERANGE)
        throw_on_error(
            error,
            "the recording does not have this rate; set one of its rates, or open the device "
            "again with this rate");
    if (error == -ENOSPC)
        throw_on_error(error, "too many timed commands wait; send fewer of them ahead of time");
    throw_on_error(error, "the command is not valid");
}

zcring_tuning emulator::tuning() const
{
    const engine_lock lock(*this);
    check_not_gone();
    zcring_tuning tuning{};
    zcring_front_get_tuning(&d_front, clock_ns(CLOCK_BOOTTIME), clock_ns(CLOCK_REALTIME), &tuning);
    // With free pace, time goes by with the samples, and no faster.
    if (d_pace == pacing::free && d_stream.state == ZCRING_STATE_RUNNING)
        tuning.time_ns = zcring_clock_time(&d_front.clock, d_stream.telemetry.sample_clock);
    return tuning;
}

zcring_ranges emulator::ranges() const
{
    const engine_lock lock(*this);
    check_not_gone();
    zcring_ranges ranges{};
    zcring_ranges_default(&ranges);
    zcring_front_get_ranges(&d_front, &ranges);
    return ranges;
}

zcring_telemetry emulator::telemetry() const
{
    const engine_lock lock(*this);
    check_not_gone();
    zcring_stream_account(&d_stream);
    wake_reader(); // an invalid tail has ended the stream
    return d_stream.telemetry;
}

void emulator::inject(zcring_injection kind, std::int64_t amount)
{
    const engine_lock lock(*this);
    const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
    check_not_gone();
    if (d_pace == pacing::real) {
        skip_sleep(now);
        zcring_front_run(&d_front, now, now);
    }
    const int error = zcring_front_inject(&d_front, kind, amount, now);
    wake_reader();
    if (error < 0)
        throw_injection_error(-error, name());
    if (d_pace == pacing::free)
        d_front.injected.stalled_until_ns = 0; // there is no clock that could end the stall
}

void emulator::unplug()
{
    const engine_lock lock(*this);
    if (!d_plugged)
        throw_injection_error(ENODEV, name());
    d_plugged = false;
    zcring_stream_unplug(&d_stream);
    d_changed.notify_all();
    wake_reader();
}

void emulator::plug()
{
    const engine_lock lock(*this);
    if (d_plugged)
        throw_injection_error(EEXIST, name());
    d_plugged = true;
}

// Scene, settings and tuning are still there.
void emulator::reopen(const reopening& steps)
{
    const engine_lock lock(*this);
    if (!d_plugged)
        throw_device_error(ENODEV, name(), "cannot open");
    steps.end_stream();
    zcring_stream_init(&d_stream);
}

// The eventfd is written only while the reader waits, and read only by the reader: as long as
// samples are there in time, streaming needs no system call.
void emulator::wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept
{
    zcring_consumer* consumer = d_pages.consumer;

    zcring_ring_store_waiting(consumer, watermark);
    const auto missing = static_cast<std::int64_t>(watermark - zcring_ring_load_head(d_pages.meta));
    if (missing > 0 && zcring_ring_load_state(d_pages.meta) == ZCRING_STATE_RUNNING &&
        poll_two(d_event.get(), wake_fd, timeout_ns)) {
        eventfd_t count = 0;
        eventfd_read(d_event.get(), &count);
    }
    zcring_ring_clear_waiting(consumer);
}

// With d_mutex held.
void emulator::wake_reader() const
{
    if (zcring_ring_load_waiting(d_stream.consumer) &&
        (d_stream.state != ZCRING_STATE_RUNNING || zcring_stream_readable(&d_stream)))
        eventfd_write(d_event.get(), 1);
}

// The samples of one interval.
std::uint64_t emulator::burst_samples() const
{
    const unsigned __int128 n =
        static_cast<unsigned __int128>(d_front.config.interval_ns) * d_front.clock.rate_num;
    return std::max<std::uint64_t>(
        static_cast<std::uint64_t>(n / d_front.clock.rate_den / ZCRING_NS_PER_S), 1);
}

void emulator::produce(std::uint64_t head) noexcept
{
    if (d_pace != pacing::free)
        return;
    const std::lock_guard<std::mutex> lock(d_mutex);
    while (static_cast<std::int64_t>(head - d_stream.head) > 0) {
        const std::uint64_t room = zcring_stream_room(&d_stream);
        if (!room)
            break;
        if (const std::uint64_t missing = missing_samples())
            zcring_front_take(&d_front, missing);
        else
            zcring_front_take(&d_front,
                              std::min(room, burst_samples()) + d_front.injected.drop_samples);
    }
}

// With d_mutex held. How many of the next samples are missing in the scene, before the next command.
std::uint64_t emulator::missing_samples()
{
    zcring_presence presence{};
    zcring_front_apply_due(&d_front);
    const std::uint64_t run = zcring_front_until_change(
        &d_front, zcring_front_until_command(&d_front, UINT64_MAX), &presence);
    return presence == ZCRING_MISSING ? run : 0;
}

// With d_mutex held.
void emulator::skip_sleep(std::uint64_t now)
{
    const time_asleep asleep = measure_time_asleep();
    if (asleep.least > d_asleep.most)
        zcring_front_skip(&d_front, now);
    d_asleep = asleep;
}

void emulator::run()
{
    using std::chrono::nanoseconds;
    using clock = std::chrono::steady_clock;

    prctl(PR_SET_TIMERSLACK, 1); // ns, for this thread; the default delays a wake-up by 50 us
    std::unique_lock<std::mutex> lock(d_mutex);
    clock::time_point next = clock::now();
    while (!d_quit) {
        if (d_stream.state != ZCRING_STATE_RUNNING) {
            d_changed.wait(lock);
            next = clock::now();
            continue;
        }
        next = std::max(next + nanoseconds(d_front.config.interval_ns), clock::now());
        if (d_changed.wait_until(
                lock, next, [this] { return d_quit || d_stream.state != ZCRING_STATE_RUNNING; }))
            continue;
        const std::uint64_t now = clock_ns(CLOCK_BOOTTIME);
        skip_sleep(now);
        // The time of the interrupt is when the thread ran, not when it should have run.
        while (zcring_front_run(&d_front, now, now) && !d_quit)
            yield_engine(lock);
        wake_reader();
    }
}

// Unlocking and locking again would not give the mutex to a thread that sleeps on it.
void emulator::yield_engine(std::unique_lock<std::mutex>& lock)
{
    wake_reader();
    if (d_waiting_callers > 0)
        d_changed.wait_for(lock, std::chrono::microseconds(200));
}

} // namespace zcring
