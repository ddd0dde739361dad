// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <zcring/abi.h>

#include <vector>

namespace zcring {

//! The rates at which \p scene can be played, from the largest on; empty: every rate.
std::vector<double> rates_of(const zcring_scene& scene);

//! The frequencies that \p scene has, over all of its \p segments, from low to high; bands that touch
//! are one. \p rate is the rate at which a recording was made, or else that of the device when the
//! scene was set, in samples a second. Empty if the scene is the same everywhere, or if its kind is 0.
std::vector<band>
bands_of(const zcring_scene& scene, const std::vector<zcring_segment>& segments, double rate);

//! Whether a receiver with a band of \p rate around \p frequency, both in Hz, receives a part of one
//! of the bands. The engine hears nothing of less than a twentieth of the receiver's band.
bool receives_any(const std::vector<band>& bands, double frequency, double rate) noexcept;

} // namespace zcring
