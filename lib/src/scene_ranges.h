// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <zcring/abi.h>

#include <optional>
#include <vector>

namespace zcring {

//! The rates at which \p scene can be played, from the largest on; empty: every rate.
std::vector<double> rates_of(const zcring_scene& scene);

//! The frequencies that \p scene has, over all of its \p segments; \p rate: of the device when the
//! scene was set. Empty if the scene is the same everywhere, or if its kind is 0.
std::optional<band> band_of(const zcring_scene& scene,
                            const std::vector<zcring_segment>& segments,
                            double rate) noexcept;

} // namespace zcring
