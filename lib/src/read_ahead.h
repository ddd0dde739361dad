// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine.h"
#include "recording.h"

#include <array>
#include <memory>
#include <vector>

namespace zcring {

/*!
 * \brief The samples of a recording for the engine, read from the file in large pieces.
 *
 * Memory does not grow with the recording: one piece for each channel.
 * Threading: as the engine, one call at a time.
 */
class read_ahead final
{
public:
    explicit read_ahead(std::shared_ptr<const recording> file) : d_file(std::move(file)) {}

    //! The samples as the engine asks for them; valid as long as this object.
    zcring_scene_source source();

private:
    struct piece {
        std::uint64_t first = 0;
        std::uint64_t samples = 0;
        std::vector<std::byte> bytes;
    };

    const std::byte* find(unsigned channel, std::uint64_t first, std::uint32_t n);

    std::shared_ptr<const recording> d_file;
    std::array<piece, ZCRING_CHANNELS_MAX> d_pieces;
};

} // namespace zcring
