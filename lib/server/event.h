// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Ownership for sd-event: the loop, and its sources.
 */
#pragma once

#include <systemd/sd-event.h>

#include <memory>
#include <string>
#include <system_error>

namespace zcring::server {

struct unref_event {
    void operator()(sd_event* event) const noexcept { sd_event_unref(event); }
};
struct end_event_source {
    void operator()(sd_event_source* source) const noexcept
    {
        sd_event_source_disable_unref(source);
    }
};
using event_loop = std::unique_ptr<sd_event, unref_event>;
using event_source = std::unique_ptr<sd_event_source, end_event_source>;

//! Throws std::system_error if \p result of an sd-event call is a negative errno.
inline int checked_event(int result)
{
    if (result < 0)
        throw std::system_error(-result, std::system_category(), "the server's event loop");
    return result;
}

} // namespace zcring::server
