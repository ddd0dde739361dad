/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace gr {
namespace zcring {

/*!
 * \brief Remembers which reasons have been logged, so that each is logged once.
 *
 * Two texts are the same reason if they differ only in their numbers: "gain=61: …" and "gain=62: …".
 * Names with digits, such as "key1", are compared in full. The memory is bounded, as texts may
 * contain what other programs send.
 *
 * Threading: any.
 */
class reported_reasons final
{
public:
    enum class verdict {
        log,          //!< not seen before
        log_the_last, //!< not seen before; the memory is full now, so no new reason is logged
        silent        //!< logged already, or not to be logged
    };

    verdict report(const std::string& text);

    //! Forgets all reasons.
    void clear();

    static constexpr std::size_t reasons_max = 64;
    static constexpr std::size_t bytes_max = 256; //!< of a reason; the rest is not compared

private:
    std::mutex d_mutex; // guards d_reasons
    std::set<std::string> d_reasons;
};

} // namespace zcring
} // namespace gr
