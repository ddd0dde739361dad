// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace soapy_zcring {

/*!
 * \brief What a receiver's time of day is ahead of its antenna's, by readings of both.
 *
 * A server's receiver has a time of day of its own once its time was set; the antenna keeps the
 * server's. The offset is constant until the time is set again. It is kept while it agrees with the
 * readings, so that the distance of two bursts is exact.
 * Threading: one thread.
 */
class clock_offset final
{
public:
    //! \p receiver_ns was read after \p before_ns and before \p after_ns of the antenna, which tells its
    //! time in steps of \p step_ns. Returns whether no more readings are needed: after 8 of them at the
    //! latest, however often the time is set meanwhile.
    bool compare(std::int64_t before_ns,
                 std::int64_t receiver_ns,
                 std::int64_t after_ns,
                 std::int64_t step_ns);

    //! In ns; as exact as the readings were quick. 0 if the times agree as far as was seen.
    std::int64_t ns() const { return d_offset_ns; }

private:
    static constexpr int readings_wanted = 8;

    std::int64_t d_offset_ns = 0;
    int d_readings = readings_wanted; //!< that the bounds are from
    std::int64_t d_low_ns = 0;
    std::int64_t d_high_ns = 0;
};

} // namespace soapy_zcring
