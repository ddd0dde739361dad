// SPDX-License-Identifier: GPL-3.0-or-later
//
// The names and sizes of the sample formats, and the names of the counters. The names are part of the
// argument string and of the output of the command, and do not change.
#include <zcring/types.h>

#include <stdexcept>

namespace zcring {

std::size_t sample_bytes(format f) noexcept
{
    switch (f) {
    case format::sc8:
        return 2;
    case format::sc16:
        return 4;
    case format::fc32:
        return 8;
    }
    return 0;
}

const char* to_string(format f) noexcept
{
    switch (f) {
    case format::sc8:
        return "sc8";
    case format::sc16:
        return "sc16";
    case format::fc32:
        return "fc32";
    }
    return "?";
}

format parse_format(std::string_view name)
{
    for (const format f : { format::sc8, format::sc16, format::fc32 })
        if (name == to_string(f))
            return f;
    throw std::invalid_argument("zcring: unknown sample type \"" + std::string(name) +
                                "\"; the type must be sc8, sc16 or fc32");
}

std::vector<std::pair<const char*, std::uint64_t>> named_counters(const telemetry& t)
{
    return {
        { "sample_clock", t.sample_clock },
        { "produced_samples", t.produced_samples },
        { "consumed_samples", t.consumed_samples },
        { "lost_samples", t.lost_samples },
        { "produced_bytes", t.produced_bytes },
        { "consumed_bytes", t.consumed_bytes },
        { "overflow_bytes", t.overflow_bytes },
        { "overflow_count", t.overflow_count },
        { "bursts", t.bursts },
        { "clipped_samples", t.clipped_samples },
        { "feed_underflow_samples", t.feed_underflow_samples },
        { "feed_underflow_count", t.feed_underflow_count },
        { "demotions", t.demotions },
    };
}

} // namespace zcring
