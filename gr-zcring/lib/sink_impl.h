/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "feed_plan.h"
#include "feeder.h"
#include "idle_watch.h"
#include "interruption.h"
#include "owner_process.h"

#include <gnuradio/zcring/sink.h>

#include <memory>
#include <mutex>

namespace gr {
namespace zcring {

/*!
 * \brief The sink: work() writes what feed_plan says to the antenna.
 *
 * Threading: telemetry(), time_now() and device() may be called from any thread. The antenna is
 * called by work() or by the watch, never by both at once.
 */
class sink_impl final : public sink
{
public:
    sink_impl(std::unique_ptr<feeder> antenna,
              ::zcring::format type,
              unsigned channels,
              double rate,
              const std::string& length_tag,
              double turnaround = 0);
    ~sink_impl() override;

    std::map<std::string, std::uint64_t> telemetry() const override;
    std::uint64_t time_now() const override;
    std::string device() const override;

    bool start() override;
    bool stop() override;
    int work(int noutput_items,
             gr_vector_const_void_star& input_items,
             gr_vector_void_star& output_items) override;

private:
    using step = feed_plan::step;

    struct counters {
        std::uint64_t written = 0;
        std::uint64_t dropped = 0;           //!< before they were written
        std::uint64_t underflow_samples = 0; //!< within bursts
        std::uint64_t underflow_count = 0;   //!< the same
        feeder::status_type last;            //!< of the antenna
        std::uint64_t bursts = 0, late_bursts = 0;
    };

    bool wait_for_room(std::uint64_t items);
    int send(std::uint64_t items, const gr_vector_const_void_star& input_items);
    bool act(const step& next, std::uint64_t item, const gr_vector_const_void_star& input_items);
    void look(std::uint64_t item);
    void publish(const char* event, std::uint64_t item, std::uint64_t samples);
    void wake();
    void idle();

    const owner_process d_process;
    const std::unique_ptr<feeder> d_antenna;
    const std::size_t d_item_bytes;
    const int d_wake_fd; //!< an eventfd, readable once the scheduler wants its thread back
    interruption d_interruption;
    feed_plan d_plan;
    const std::uint64_t d_turnaround; //!< samples; 0: silence is not announced while it is idle
    bool d_has_started = false;       //!< a feed has begun, and has not ended
    std::uint64_t d_done = 0;         //!< items of this call of work()
    std::uint64_t d_room = 0;         //!< samples that the antenna takes now

    mutable std::mutex d_mutex; // guards d_counters
    counters d_counters;

    bool d_has_warned = false; //!< in this feed, by d_watch
    idle_watch d_watch;        //!< calls idle(), never during work()
};

} // namespace zcring
} // namespace gr
