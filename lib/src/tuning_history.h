// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burst_ring.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace zcring {

/*!
 * \brief How a device was tuned last, known even after the device is gone.
 *
 * A device that is present is queried for its tuning (update()). A device that is gone cannot
 * be queried: its last burst has the tuning of then (read_bursts()), and commands that were
 * given just before it was unplugged may be missing in that burst, so they are kept too
 * (add_command()).
 * Commands for the time after the device has returned are stored by keep().
 * Threading: the caller serializes all calls. No call throws, except for lack of memory.
 */
class tuning_history final
{
public:
    //! The device reported \p tuned, and its burst_head was \p burst_head before the query.
    void update(const zcring_tuning& tuned, std::uint64_t burst_head);

    //! The device has accepted \p control, to take effect at once.
    void add_command(const zcring_control& control, std::uint64_t burst_head);

    //! Another scene was set, which has set the noise, too: the noise of no command before is in effect.
    //! Otherwise as update().
    void change_scene(const zcring_tuning& tuned, std::uint64_t burst_head);

    //! A new stream begins: its burst_head is 0. All commands of the stream before are in
    //! effect, even if they took effect only when that stream ended.
    void start_stream();

    //! The device is gone, and has written all bursts before \p burst_head into \p bursts.
    void read_bursts(const burst_ring& bursts, std::uint64_t burst_head);

    //! The device is gone, its bursts were read, and \p control is to be in effect when it
    //! has returned.
    void keep(const zcring_control& control);

    const zcring_tuning& tuning() const noexcept { return d_tuning; }
    //! The stored commands, which tuning() contains too: the last of each kind for the same
    //! channels.
    const std::vector<zcring_control>& kept() const noexcept { return d_kept; }

    //! The device has returned, tuned as tuning(), with an empty ring.
    void reopen();

private:
    void apply(const zcring_control& control) noexcept;
    void apply_recent(std::uint64_t burst_head);

    zcring_tuning d_tuning{};
    std::uint64_t d_burst_head = 0; //!< when d_tuning was right
    //! Commands for now that may not be in any burst yet, each with its burst_head.
    std::vector<std::pair<std::uint64_t, zcring_control>> d_recent;
    std::vector<zcring_control> d_kept;
};

} // namespace zcring
