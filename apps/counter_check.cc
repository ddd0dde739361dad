// SPDX-License-Identifier: GPL-3.0-or-later
//
// Checks the samples of the counter scene. The rule of each format says how a count is laid out in
// memory. Right samples are compared in blocks without a branch, which the compiler vectorizes;
// only a block with a wrong sample is searched sample by sample.
#include "counter_check.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace app {

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are little-endian");

// A rule is the layout of one format: from the counter's value to the word in memory, and back.

struct sc8_rule {
    using word = std::uint16_t;
    using jump = std::int16_t;
    static word make(std::uint32_t count) noexcept { return static_cast<word>(count); }
    static std::optional<std::uint32_t> value(word w) noexcept { return w; }
};

struct sc16_rule {
    using word = std::uint32_t;
    using jump = std::int32_t;
    static word make(std::uint32_t count) noexcept { return count; }
    static std::optional<std::uint32_t> value(word w) noexcept { return w; }
};

struct fc32_rule {
    using word = std::uint64_t;
    using jump = std::int32_t;

    static std::uint32_t to_bits(std::int16_t half) noexcept
    {
        const float x = static_cast<float>(half) * (1.0f / 32768);
        std::uint32_t bits;
        std::memcpy(&bits, &x, sizeof(bits));
        return bits;
    }
    static word make(std::uint32_t count) noexcept
    {
        return to_bits(static_cast<std::int16_t>(count)) |
               word{ to_bits(static_cast<std::int16_t>(count >> 16)) } << 32;
    }
    static std::int16_t from_bits(std::uint32_t bits) noexcept
    {
        float x;
        std::memcpy(&x, &bits, sizeof(x));
        x *= 32768;
        return x >= -32768 && x <= 32767 ? static_cast<std::int16_t>(x) : 0;
    }
    static std::optional<std::uint32_t> value(word w) noexcept
    {
        const auto i = static_cast<std::uint16_t>(from_bits(static_cast<std::uint32_t>(w)));
        const auto q = static_cast<std::uint16_t>(from_bits(static_cast<std::uint32_t>(w >> 32)));
        const std::uint32_t count = i | std::uint32_t{ q } << 16;
        if (make(count) != w)
            return std::nullopt;
        return count;
    }
};

template <class Rule>
typename Rule::word load(const std::byte* at, std::uint64_t place) noexcept
{
    typename Rule::word w;
    std::memcpy(&w, at + place * sizeof(w), sizeof(w));
    return w;
}

// No branch and a fixed length, so that the compiler vectorizes the comparison.
constexpr std::uint64_t block_samples = 1024;

template <class Rule>
bool block_is_right(const std::byte* at, std::uint32_t count) noexcept
{
    typename Rule::word wrong = 0;
    for (std::uint32_t i = 0; i < block_samples; i++)
        wrong |= load<Rule>(at, i) ^ Rule::make(count + i);
    return !wrong;
}

// The number of right samples before the first wrong one.
template <class Rule>
std::uint64_t
right_samples(const std::byte* at, std::uint64_t samples, std::uint32_t count) noexcept
{
    constexpr std::size_t bytes = sizeof(typename Rule::word);
    std::uint64_t i = 0;

    while (samples - i >= block_samples &&
           block_is_right<Rule>(at + i * bytes, count + static_cast<std::uint32_t>(i)))
        i += block_samples;
    while (i < samples && load<Rule>(at, i) == Rule::make(count + static_cast<std::uint32_t>(i)))
        i++;
    return i;
}

// Removes the first samples from a view, and returns them.
zcring::reader::view cut_off(zcring::reader::view& rest,
                             std::uint64_t samples,
                             zcring::format format,
                             unsigned channels) noexcept
{
    zcring::reader::view first = rest;

    first.samples = samples;
    rest.samples -= samples;
    rest.index += samples;
    for (unsigned c = 0; c < channels; c++)
        rest.channel[c] =
            static_cast<const std::byte*>(rest.channel[c]) + samples * zcring::sample_bytes(format);
    return first;
}

} // namespace

const char* to_string(fault_kind kind) noexcept
{
    switch (kind) {
    case fault_kind::missing:
        return "missing";
    case fault_kind::doubled:
        return "doubled";
    case fault_kind::torn:
        return "torn";
    }
    return "?";
}

void counter_check::note(const fault& f) noexcept
{
    d_counts[static_cast<std::size_t>(f.kind)] += f.samples;
    if (!d_first)
        d_first = f;
}

// A wrong sample begins a slip if the next sample continues from it; otherwise it is torn.
template <class Rule>
void counter_check::check_channel(unsigned channel, const zcring::reader::view& view) noexcept
{
    using jump = typename Rule::jump;
    constexpr std::size_t bytes = sizeof(typename Rule::word);
    const auto* at = static_cast<const std::byte*>(view.channel[channel]);

    for (std::uint64_t i = 0; i < view.samples; i++) {
        const std::uint64_t first = d_clock + 4097 * std::uint64_t{ channel } + d_slipped[channel];
        i += right_samples<Rule>(
            at + i * bytes, view.samples - i, static_cast<std::uint32_t>(first + i));
        if (i == view.samples)
            return;

        fault f{ fault_kind::torn, channel, view.index + i, d_clock + i + d_slipped[channel], 1 };
        const auto found = Rule::value(load<Rule>(at, i));
        if (found && i + 1 < view.samples && load<Rule>(at, i + 1) == Rule::make(*found + 1)) {
            const auto by =
                std::int64_t{ static_cast<jump>(*found - static_cast<std::uint32_t>(first + i)) };
            f.kind = by > 0 ? fault_kind::missing : fault_kind::doubled;
            f.samples = static_cast<std::uint64_t>(by > 0 ? by : -by);
            d_slipped[channel] += static_cast<std::uint64_t>(by);
        }
        note(f);
    }
}

void counter_check::check(const zcring::reader::view& view,
                          const std::vector<zcring::burst>& bursts) noexcept
{
    zcring::reader::view rest = view;

    for (const zcring::burst& b : bursts) {
        if (!b.lost || !view.samples)
            continue;
        const std::uint64_t end = std::clamp(b.index, rest.index, rest.index + rest.samples);
        check_run(cut_off(rest, end - rest.index, d_format, d_channels));
        d_clock += b.lost;
        d_lost += b.lost;
        d_gaps++;
    }
    check_run(rest);
}

// Samples with no gap among them.
void counter_check::check_run(const zcring::reader::view& run) noexcept
{
    if (!run.samples)
        return;
    if (run.index != d_index) {
        const auto by = static_cast<std::int64_t>(run.index - d_index);
        note({ by > 0 ? fault_kind::missing : fault_kind::doubled,
               0,
               run.index,
               d_clock,
               static_cast<std::uint64_t>(by > 0 ? by : -by) });
        d_clock += static_cast<std::uint64_t>(by);
    }
    for (unsigned c = 0; c < d_channels; c++) {
        switch (d_format) {
        case zcring::format::sc8:
            check_channel<sc8_rule>(c, run);
            break;
        case zcring::format::sc16:
            check_channel<sc16_rule>(c, run);
            break;
        case zcring::format::fc32:
            check_channel<fc32_rule>(c, run);
            break;
        }
    }
    d_clock += run.samples;
    d_index = run.index + run.samples;
    d_samples += run.samples;
}

} // namespace app
