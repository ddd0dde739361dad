// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "backend.h"
#include "clocks.h"
#include "mapping.h"
#include "read_ahead.h"
#include "unique_fd.h"
#include <zcring/arguments.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace zcring {

/*!
 * \brief The simulated hardware inside this process: the engine of the driver, with a
 * thread in place of the interrupt, and an eventfd for poll().
 *
 * With real pace, a thread of the emulator runs the engine once an interval. With free pace
 * there is no thread: produce() makes the samples that the reader waits for, so that no
 * sample is lost and every run is the same.
 */
class emulator final : public backend
{
public:
    explicit emulator(pacing pace);
    ~emulator() override;

    const std::string& name() const noexcept override { return d_name; }
    bool is_emulator() const noexcept override { return true; }
    bool is_bound_to_process() const noexcept override { return true; }
    const pages& mapped() const noexcept override { return d_pages; }
    zcring_config config() const override;
    void configure(const zcring_config& config) override;
    void set_scene(const zcring_scene& scene, scene_content content) override;
    void map() override;
    void start(const zcring_start& options) override;
    void stop() override;
    void control(const zcring_control& control) override;
    zcring_tuning tuning() const override;
    zcring_ranges ranges() const override;
    zcring_telemetry telemetry() const override;
    void inject(zcring_injection kind, std::int64_t amount) override;
    void unplug() override;
    void plug() override;
    void reopen(const reopening& steps) override;
    void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept override;
    void produce(std::uint64_t head) noexcept override;

private:
    //! Holds d_mutex. The thread gives d_mutex to waiting callers between its steps.
    class engine_lock final
    {
    public:
        explicit engine_lock(const emulator& e);

    private:
        std::unique_lock<std::mutex> d_lock;
    };

    //! Counts the samples due at \p now as lost if the machine has slept since the last call: an ADC
    //! delivers nothing then.
    void skip_sleep(std::uint64_t now);

    std::uint64_t burst_samples() const;
    std::uint64_t missing_samples();
    void check_not_gone() const;
    void start_thread();
    void run();
    void yield_engine(std::unique_lock<std::mutex>& lock);
    void wake_reader() const;

    const std::string d_name = "emulator";
    const pacing d_pace;
    const unique_fd d_event;

    pages d_pages;
    mapping d_meta;
    mapping d_consumer;
    mapping d_bursts;
    std::vector<mapping> d_data;
    std::vector<u64> d_burst_ends;
    std::vector<std::byte> d_scene;     //!< segments and samples
    std::unique_ptr<read_ahead> d_file; //!< in place of the samples

    // d_mutex guards the engine, d_asleep, d_plugged and d_quit.
    mutable std::mutex d_mutex;
    mutable std::atomic<int> d_waiting_callers{ 0 }; //!< that wait for d_mutex
    std::condition_variable d_changed;
    mutable zcring_stream d_stream{};
    zcring_front d_front{};
    time_asleep d_asleep{}; //!< at the last call of the engine, while a stream runs
    bool d_plugged = true;
    bool d_quit = false;
    std::thread d_thread;
};

} // namespace zcring
