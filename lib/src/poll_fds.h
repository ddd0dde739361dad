// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace zcring {

//! poll() on two descriptors, with a timeout in ns (negative: without a limit); either
//! descriptor may be -1. Returns whether the first one has an event.
bool poll_two(int fd, int wake_fd, std::int64_t timeout_ns) noexcept;

} // namespace zcring
