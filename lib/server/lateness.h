// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace zcring::server {

/*!
 * \brief Until when the receivers of a feed may be late, because this process got no processor.
 *
 * A time in which nobody took the feed, a *delay*, is one in which no receiver had a turn: receivers may
 * catch up for as long, but at most 16 s, and a second more. A short delay that comes before they have
 * done so does not prolong this, as receivers that are too slow could bring such about without end; a
 * long one does, by its length. The clock of the antenna, which waits for them, is never later than
 * late_max_ns. A machine that slept is no excuse: what it missed is lost.
 *
 * Pure: times are arguments, in ns of CLOCK_BOOTTIME. Threading: one thread at a time.
 */
class lateness final
{
public:
    static constexpr std::uint64_t late_max_ns = 16000000000;
    static constexpr std::uint64_t catch_up_ns = 1000000000;  //!< beyond the length of a delay
    static constexpr std::uint64_t long_delay_ns = 100000000; //!< a short delay is no longer

    //! A feed is on the air from \p ns on.
    void begin(std::uint64_t ns)
    {
        d_taken_ns = ns;
        d_until_ns = 0;
        d_is_late = false;
    }

    //! The feed is taken at \p ns, as it should be once in \p quarter_ns, a quarter of what is kept for
    //! receivers. \p has_slept: so has the machine, since the last time.
    void take(std::uint64_t ns, std::uint64_t quarter_ns, bool has_slept);

    //! Whether the antenna's clock is late still, after the feed was taken.
    void leave(bool is_late) { d_is_late = is_late; }

    //! Whether the antenna's clock may be at \p clock_ns still, at the time \p ns at which the feed was
    //! taken last.
    bool allows(std::uint64_t clock_ns, std::uint64_t ns) const
    {
        return ns < d_until_ns && ns <= clock_ns + late_max_ns;
    }

private:
    std::uint64_t d_taken_ns = 0;
    std::uint64_t d_until_ns = 0;
    bool d_is_late = false;
};

} // namespace zcring::server
