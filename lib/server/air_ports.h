// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "air.h"
#include "conversation.h"

namespace zcring::server {

//! The ports of an air, which outlives this.
class air_ports final : public ports
{
public:
    explicit air_ports(air& all) : d_air(all) {}
    std::shared_ptr<receiver> add_receiver(const zcring_attach& attach) override
    {
        return d_air.add_receiver(attach);
    }
    std::shared_ptr<receiver> find(std::uint64_t number) override { return d_air.find(number); }
    std::shared_ptr<antenna_port> feeder() override { return d_air.feeder(); }

private:
    air& d_air;
};

} // namespace zcring::server
