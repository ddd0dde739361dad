/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/logger.h>
#include <zcring/device.h>

#include <array>
#include <optional>

namespace gr {
namespace zcring {

/*!
 * \brief Warns once of each tuning with which a channel receives nothing of the scene.
 *
 * A flowgraph with a wrong frequency looks like one with a broken receiver: only noise arrives.
 *
 * Threading: the thread of work().
 */
class band_watch final
{
public:
    //! \p device must live as long as this.
    band_watch(const ::zcring::device& device, gr::logger_ptr logger);

    //! To be called for each burst that begins.
    void check(const ::zcring::burst& burst);

private:
    struct tuned {
        double frequency;
        double rate;
    };

    void warn(unsigned channel, double frequency) const;

    const ::zcring::device& d_device;
    const gr::logger_ptr d_logger;
    std::array<std::optional<tuned>, ::zcring::max_channels> d_warned; //!< the tuning warned of
};

} // namespace zcring
} // namespace gr
