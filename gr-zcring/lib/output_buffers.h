/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "convert.h"
#include "ring_buffer.h"
#include "user_limit.h"

#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>
#include <gnuradio/io_signature.h>
#include <gnuradio/logger.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace gr {
namespace zcring {

//! What the output buffers are to be: the ring where that is possible, the ring or nothing, or
//! buffers of the runtime.
enum class zero_copy_mode { automatic, on, off };

//! Of a source's outputs: one for each channel, whose buffers may be the device's rings.
gr::io_signature::sptr
output_signature(const ::zcring::device& device, ::zcring::format type, zero_copy_mode mode);

/*!
 * \brief The output buffers of a source: rings or the runtime's, how large, and how they are
 * filled.
 *
 * Ownership: refers to the block, which must outlive it; shares the stream with the rings.
 * Threading: check_topology() and make_buffer() are called while no thread of the
 * flowgraph runs; the rest belongs to the thread of work(). Any thread may call is_zero_copy().
 */
class output_buffers final
{
public:
    output_buffers(gr::block& owner,
                   std::shared_ptr<ring_stream> stream,
                   ::zcring::format type,
                   zero_copy_mode mode,
                   gr::logger_ptr logger);

    //! The runtime is going to make the buffers, or to keep them after lock() and unlock(): sets
    //! the limits by which the runtime makes them. Throws std::runtime_error if no buffer can hold
    //! what the source is to produce at once.
    void check_topology();

    //! Makes a buffer for the next output: the ring, or one of the runtime's if the ring is too
    //! small for a block downstream. Throws std::runtime_error if that is not allowed.
    gr::buffer_sptr make_buffer(int nitems,
                                size_t sizeof_item,
                                uint64_t downstream_lcm_nitems,
                                uint32_t downstream_max_out_mult,
                                gr::block_sptr link);

    //! The buffers are there. False, with an error in the log, if the runtime would never call
    //! work(), or if a reader would wait for ever. Then work() is called once all the same, as
    //! stop() restores what was set.
    bool start();
    //! The scheduler's thread ends.
    void stop();

    /*!
     * Whether the runtime will not call work() again. A user can change output_multiple and
     * min_noutput_items while the flowgraph runs. If half of a buffer does not hold them, the
     * runtime ends the thread by an exception, and the flowgraph hangs. Called after each call of
     * work(), so it takes no lock and no reference.
     */
    bool is_blocked() const
    {
        return d_smallest_buffer / 2 < items_at_once() ||
               d_owner.output_multiple() > d_noutput_limit;
    }
    //! Why it is blocked, and what to set.
    std::string why_blocked() const;

    //! Whether all buffers are rings.
    bool is_zero_copy() const { return d_is_zero_copy; }
    unsigned ports() const { return static_cast<unsigned>(d_rings.size()); }
    //! Items in the rings that the slowest reader has not passed.
    std::uint64_t unread_items() const;

    //! Whether work() may produce more than it is asked for.
    bool may_produce_pieces() const;
    //! Items of the next piece, after \p made items in this call of work(); 0: work() is to return.
    int next_piece(int made) const;
    //! Copies \p view to the outputs that are not rings, and releases its samples there.
    void copy(const ::zcring::reader::view& view, const gr_vector_void_star& output_items);

    //! The rate has changed, and with it the length of a burst: warns if a ring is too small now.
    void warn_of_short_bursts() const;

private:
    struct port_limits {
        user_limit largest;
        user_limit smallest;
    };

    std::uint64_t items_at_once() const;
    std::string half_too_small(unsigned port, std::uint64_t size) const;
    std::string remedy_for_half(unsigned port, std::uint64_t size) const;
    void check_items_at_once() const;
    void let_work_be_called();
    void note_limits();
    void limit_largest(unsigned port, long items);
    void request_rings();
    void request_copies();
    long copied_items(unsigned port) const;

    gr::block& d_owner;
    const std::shared_ptr<ring_stream> d_stream;
    const zero_copy_mode d_mode;
    const ::zcring::converter d_convert;
    const gr::logger_ptr d_logger;

    int d_copy_items = 0;                           //!< least size of a buffer of the runtime's
    std::vector<port_limits> d_limits;              //!< of the buffer sizes, for each output
    std::weak_ptr<gr::block_detail> d_noted_detail; //!< whose buffers d_limits knows
    bool d_has_noutput_limit = false;               //!< max_noutput_items() is the user's
    int d_runtime_noutput_items = 0;                //!< max_noutput_items() of the runtime, or 0
    int d_our_noutput_items = 0;                    //!< max_noutput_items() of request_rings()
    int d_noutput_limit = 0;                        //!< max_noutput_items() when the thread began
    struct demand {
        int multiple; //!< 0: nothing to restore
        int least;
    };
    static constexpr demand harmless{ 1, 0 }; //!< fits every buffer
    demand d_demand{};        //!< the user's, while let_work_be_called() has ours in its place
    unsigned d_next_port = 0; //!< that make_buffer() is called for
    //! One for each connected output; null where the samples are copied.
    std::vector<std::shared_ptr<ring_buffer>> d_rings;
    std::uint64_t d_smallest_buffer = 0; //!< in items
    std::atomic<bool> d_is_zero_copy;
};

} // namespace zcring
} // namespace gr
