// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace zcring_test {

//! KiB of memory that is this process's own, and neither shared nor a part of a file.
inline std::uint64_t own_memory_kib()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "RssAnon:") {
            std::uint64_t kib = 0;
            status >> kib;
            return kib;
        }
    ADD_FAILURE() << "/proc/self/status has no RssAnon";
    return 0;
}

} // namespace zcring_test
