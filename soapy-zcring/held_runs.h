// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "read_gate.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

namespace soapy_zcring {

/*!
 * \brief The samples that a client holds in the ring, and their handles.
 *
 * A client gives its buffers back in any order; the ring takes its samples back in their own order.
 * A buffer that is held while a new stream starts keeps its handle until the client gives it back.
 * Threading: any thread may make every call.
 */
class held_runs final
{
public:
    //! Buffers that a client can hold at once; their handles are 0 to count - 1.
    static constexpr std::size_t count = 32;
    //! Gives back the oldest samples; called with the lock held, and must not wait.
    using release_samples = std::function<void(std::uint64_t samples)>;

    //! The next samples, which were copied and are free at once.
    void add_free(std::uint64_t samples, const release_samples& release);
    //! The next samples, which a client holds. Needs a free handle; returns it.
    std::size_t add_held(std::uint64_t samples);
    //! Whether a handle is free.
    bool has_free() const;
    //! Whether a handle is free, at once or before \p deadline. Another thread may take it first.
    //! False at once after close().
    bool wait_free(read_gate::clock::time_point deadline);
    //! The client gives a buffer back; an unknown handle is ignored.
    void give_back(std::size_t handle, const release_samples& release);
    //! A new stream has begun: the ring is empty.
    void forget();
    //! Ends the waiting of all threads.
    void close();
    //! Buffers that a client holds.
    std::size_t held() const;

private:
    struct run {
        std::uint64_t samples = 0;
        bool is_free = false;
        std::size_t handle = count; //!< count: none
    };
    void release_oldest(const release_samples& release);

    mutable std::mutex d_mutex;
    std::condition_variable d_given_back;
    std::deque<run> d_runs;
    std::array<bool, count> d_is_held{};
    std::size_t d_held = 0;
    bool d_is_closed = false;
    std::size_t d_next = 0; //!< handles are taken in turn
};

} // namespace soapy_zcring
