// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine.h"
#include "memory.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

namespace zcring::server {

/*!
 * \brief A live feed: the feeder's ring, and the antenna's own ring, from which all receivers hear it.
 *
 * What the feeder writes is read once. Each tick of the antenna's clock is decided once: a sample,
 * silence that was announced, or an underflow; then it lies in the antenna's ring, silence as
 * zeroes, and underflows are in a log. The feeder can write whatever it likes at any time: it
 * changes what is on the air, and nothing else.
 * Threading: with the antenna's lock, but receivers take from a ring() meanwhile.
 */
class live_feed final
{
public:
    //! For a checked scene of kind ZCRING_SCENE_FEED. Throws std::system_error: EINVAL for a buffer
    //! that is too large, ERANGE for a rate that no machine keeps up with. One without a feeder is
    //! silent, and has no memory for a feeder.
    explicit live_feed(const zcring_scene& scene, bool has_feeder = true);

    //! As the driver chooses the buffer: of the feeder, in samples of each channel; 0: too large.
    static std::uint64_t buffer_samples(const zcring_scene& scene);

    //! What a receiver takes from, which has passed what \p taken says.
    zcring_feed_ring ring(zcring_feed_taken* taken) const;

    //! Index of the next tick.
    std::int64_t clock() const noexcept { return static_cast<std::int64_t>(d_clock); }
    //! Ticks that the ring holds before the clock, less those that a filter looks back at.
    std::int64_t depth() const noexcept;

    //! How long a quarter of that takes.
    std::uint64_t quarter_ns() const noexcept { return d_quarter_ns; }

    //! Set by the antenna.
    std::atomic<bool> is_on_air{ false };

    /*!
     * Decides all ticks up to \p tick, or as far as there is room in the ring. \p kept gives the first
     * tick that a receiver still needs; it is asked again whenever the ring is full.
     */
    void advance(std::int64_t tick, const std::function<std::int64_t()>& kept);
    //! For a machine that has slept: decides all ticks up to \p tick, but takes no samples; the receivers
    //! lose them before forget_samples(), which silences the ring.
    void decide_without_samples(std::int64_t tick);
    void forget_samples();

    //! Up to which tick the feeder has written or announced silence; INT64_MAX after its end.
    std::int64_t promise() const;
    //! The feeder has ended the feed, and the clock has reached the end.
    bool is_over() const;
    //! The feeder is gone without an end.
    bool is_lost() const noexcept { return d_is_lost; }

    //! The feeder is gone. \p goes_on: the antenna is silent afterwards, which is no underflow.
    void hang_up(bool goes_on);

    //! As ZCRING_IOC_GET_FEED, without time and state.
    void get(zcring_feed& feed) const;
    //! Whether the feeder sleeps and is to be woken.
    bool feeder_wants_wake() const;

    //! The feeder's regions: ZCRING_META, ZCRING_CONSUMER, ZCRING_DATA of a channel; or null.
    std::shared_ptr<const shared_memory> region(std::uint32_t which, std::uint32_t channel) const;

private:
    struct free_memory {
        void operator()(u8* memory) const noexcept { std::free(memory); }
    };
    //! Of calloc(): the system zeroes each page when it is used, so that a new feed costs no time.
    using zeroed_memory = std::unique_ptr<u8, free_memory>;

    void decide(std::uint64_t samples, bool with_samples);
    void copy(std::uint64_t index, std::uint64_t samples);
    void note_underflow(std::uint64_t from, std::uint64_t until);

    // The feeder's side.
    std::shared_ptr<shared_memory> d_taken;
    std::shared_ptr<shared_memory> d_written;
    std::vector<std::shared_ptr<shared_memory>> d_data;
    zcring_feed_written d_last{}; //!< of a feeder that is gone, or was never there
    zcring_feed_taken d_untold{}; //!< without a feeder
    zcring_feed_ring d_fed{};
    zcring_intake d_intake{};
    bool d_is_lost = false;
    bool d_is_over = false;

    // The receivers' side.
    std::uint64_t d_clock = 0;
    std::uint64_t d_quarter_ns = 0;
    std::int64_t d_kept = 0; //!< first tick that a receiver needs, when they were asked last
    std::vector<zeroed_memory> d_samples;
    std::vector<zcring_feed_span> d_spans;
    zcring_feed_log d_log{};
    std::uint64_t d_oldest_span = 0;
    mutable zcring_feed_written d_heard{};
    zcring_feed_ring d_ring{};
};

} // namespace zcring::server
