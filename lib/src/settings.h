// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>
#include <zcring/types.h>

#include "backend.h"
#include "recorded_scene.h"

#include <memory>
#include <mutex>

namespace zcring {

/*!
 * \brief The settings of a device: geometry and tuning as it was opened, and the scene that was set
 * last.
 *
 * Threading: apply() comes first, while no other thread has the object; any thread makes all other
 * calls. restore() and set_scene() wait for each other; the queries wait for neither.
 * Errors: std::system_error of the backend; std::invalid_argument for a recording that has fewer
 * channels than the device; and as open_recorded_scene() throws.
 */
class settings final
{
public:
    explicit settings(const arguments& wanted) : d_wanted(wanted) {}

    //! Sets \p b up by the arguments, and keeps the result.
    void apply(backend& b);

    //! As device::set_scene(). After an exception, the scene before is kept.
    void set_scene(backend& b, const arguments& wanted);

    //! Sets \p b up as the device before, but tuned as \p tuned. A recording is read again.
    void restore(backend& b, const zcring_tuning& tuned);

    //! The scene that was set last; of kind 0 if none was.
    zcring_scene scene() const { return current()->scene; }
    //! As device::scene_bands().
    std::vector<band> bands() const { return current()->bands; }
    //! As device::receives().
    bool receives(double frequency, double rate) const noexcept;

    //! Whether the scene that was set last, if any, can be played at this rate.
    bool allows_rate(std::uint64_t rate_num, std::uint64_t rate_den) const;

    //! As device::clamped_scene_samples().
    std::uint64_t clamped_samples() const noexcept;

private:
    struct on_air {
        arguments wanted; //!< those that the scene was opened by
        zcring_scene scene{};
        std::vector<band> bands;
        std::shared_ptr<const recording> file;
    };

    std::shared_ptr<const on_air> current() const noexcept { return std::atomic_load(&d_on_air); }
    void put_on_air(backend& b, const arguments& wanted, recorded_scene opened, double rate);

    const arguments d_wanted;
    std::mutex d_mutex;       //!< guards what follows, and the order of scenes on the air
    zcring_config d_config{}; //!< with the rate that the device had when the scene was set
    // Replaced as a whole; other threads read it without the lock.
    std::shared_ptr<const on_air> d_on_air = std::make_shared<on_air>();
};

} // namespace zcring
