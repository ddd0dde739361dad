// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A stream of the radio with a defect.
 *
 * The samples are as many as the steady clock says; the buffer holds those of one second.
 * Threading: as many threads as like; the mutex is not held while waiting.
 */
#ifndef ZCRING_TESTS_SOAPY_BROKEN_FLOW_H
#define ZCRING_TESTS_SOAPY_BROKEN_FLOW_H

#include "broken_radio.h"

#include <condition_variable>

namespace broken {

class flow final
{
public:
    static constexpr size_t mtu = 1000;
    static constexpr size_t buffers = 8;

    flow(radio&, int direction, const std::string& format, std::vector<size_t> channels);

    int direction() const { return d_direction; }
    const std::vector<size_t>& channels() const { return d_channels; }
    bool was_active() const { return d_activations > 0; }
    bool is_active() const { return d_active; }

    int activate(int flags, long long time_ns, size_t elements);
    int deactivate(int flags);
    int read(void* const* buffs, size_t elements, int& flags, long long& time_ns, long timeout_us);
    int write(size_t elements, long timeout_us);
    int status(long timeout_us);
    int addresses(size_t handle, void** buffs);
    int
    acquire(size_t& handle, const void** buffs, int& flags, long long& time_ns, long timeout_us);
    void release(size_t handle);
    int acquire_write(size_t& handle, void** buffs, long timeout_us);

private:
    using clock = std::chrono::steady_clock;

    long long produced() const;
    int idle_read(std::unique_lock<std::mutex>&, clock::time_point deadline);
    int read_defect(size_t elements, int flags, long timeout_us);
    int overflow(long long available);
    int give(void* const* buffs, size_t elements, int& flags, long long& time_ns);
    long long time_of(long long sample, size_t elements);

    radio& d_radio;
    const int d_direction;
    const size_t d_element_bytes;
    const std::vector<size_t> d_channels;
    std::mutex d_mutex;
    std::condition_variable d_changed;
    std::atomic<bool> d_active{ false };
    std::atomic<int> d_activations{ 0 };
    double d_rate = 0;
    clock::time_point d_begin;
    long long d_begin_ns = 0;
    long long d_taken = 0;    // samples read, lost or written
    long long d_end = 0;      // of a burst, in samples; 0: no end
    int d_repeats = 0;        // of OVERFLOW, with a defect
    int d_untold = 0;         // overflows for readStreamStatus(), with a defect
    long long d_shift_ns = 0; // of all times, with a defect
    long long d_next_ns = 0;  // sums up truncated times, with a defect
    std::vector<std::vector<unsigned char>> d_memory;
    std::set<size_t> d_held;
};

} // namespace broken

#endif
