// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "antenna.h"
#include "receiver.h"
#include "turnstile.h"
#include "wake_pipe.h"

#include <memory>

namespace zcring::server {

class live_feed;
class recording_intake;

/*!
 * \brief The feeder: puts scenes on the air, a recording or a live feed through memory.
 *
 * Its lock comes before the antenna's, and is held while a part of a recording is copied.
 */
class feeder final : public port
{
public:
    explicit feeder(std::shared_ptr<antenna> a);
    ~feeder() override;

    int call(std::uint32_t command, void* argument) override;
    int region(zcring_region& region, std::shared_ptr<const shared_memory>& memory) override;
    int wake_fd() const override { return d_pipe.read_end(); }
    void close() override;

    //! With the antenna's lock alone.
    void wake() const { d_pipe.wake(); }

private:
    int get_info(zcring_info& info);
    int set_scene(const zcring_scene& scene);
    int get_feed(zcring_feed& feed);
    int load(zcring_feed& feed);

    const std::shared_ptr<antenna> d_antenna;
    const wake_pipe d_pipe;

    turnstile d_lock; // guards all below
    bool d_is_closed = false;
    std::shared_ptr<live_feed> d_feed;           //!< the last one that this feeder has set
    std::unique_ptr<recording_intake> d_loading; //!< a recording that is not complete
};

} // namespace zcring::server
