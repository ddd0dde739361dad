// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace zcring {

enum class dma_mode { copy, resident };
enum class pacing { real, free };

//! An argument string (device.h), taken apart; every value is in its range.
struct arguments {
    std::string device; //!< path of a kernel device, or empty
    bool emulator = false;
    std::optional<zcring::format> format;
    std::optional<unsigned> channels;
    std::optional<double> rate;
    std::optional<double> freq;
    std::optional<double> gain;
    std::optional<std::uint64_t> ring_bytes;
    std::optional<std::uint64_t> interval_us;
    std::optional<std::string> scene;
    std::optional<dma_mode> dma;
    std::optional<pacing> pace;
    std::optional<std::uint64_t> seed;
};

//! Throws std::invalid_argument, which names the key, the value and what is allowed.
arguments parse_arguments(std::string_view text);

//! Throws std::invalid_argument if \p value is not a number from \p low to \p high.
void check_range(const char* what, double value, double low, double high);

} // namespace zcring
