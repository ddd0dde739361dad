// SPDX-License-Identifier: GPL-3.0-or-later
//
// The arguments that name a scene: of a device when it is opened, of a device that is open, and of an
// antenna.
#include "scene_arguments.h"

#include "abi_values.h"
#include "check.h"

#include <stdexcept>

namespace zcring {

std::uint32_t built_in_scene_kind(const std::string& name)
{
    return name == "tone"      ? ZCRING_SCENE_TONE
           : name == "noise"   ? ZCRING_SCENE_NOISE
           : name == "counter" ? ZCRING_SCENE_COUNTER
                               : 0;
}

void check_scene_arguments(const arguments& a)
{
    const char* const key = !a.device.empty() ? "device="
                            : a.format        ? "format="
                            : a.channels      ? "channels="
                                              : receiver_key(a);
    if (key)
        throw std::invalid_argument(std::string("zcring: ") + key +
                                    " is not of the scene; a scene has scene=, start=, stop=, "
                                    "loop=, rate= and freq=");
    if (!a.scene)
        throw std::invalid_argument(
            "zcring: there is no scene; add scene=tone, noise, counter or FILE.sigmf-meta");
    if (a.rate && built_in_scene_kind(*a.scene))
        throw std::invalid_argument("zcring: scene=" + *a.scene +
                                    " has the rate of each receiver; remove rate=");
    check(a);
}

recorded_scene open_scene(const arguments& a, double default_freq, bool can_stay_in_file)
{
    const double freq = a.freq.value_or(default_freq);
    recorded_scene opened;
    opened.scene.kind = built_in_scene_kind(*a.scene);
    if (opened.scene.kind) {
        opened.scene.freq_uhz = to_uhz(freq);
        return opened;
    }
    const auto rate = a.rate ? std::optional(to_rational(*a.rate)) : std::nullopt;
    return open_recorded_scene(a, rate, freq, can_stay_in_file);
}

} // namespace zcring
