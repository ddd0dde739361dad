// SPDX-License-Identifier: GPL-3.0-or-later
//
// Resamples by libsoxr, which asks for its input piece by piece: the input may begin before the
// first sample and end after the last one, so that a loop has no edge.
#include "resampler.h"

#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace zcring {

namespace {

constexpr std::size_t piece_samples = 8192;
// The filter reaches over less than this many samples of the lower rate.
constexpr double reach_samples = 1024;
constexpr double lead_samples_max = 1 << 22;

__uint128_t gcd(__uint128_t a, __uint128_t b)
{
    while (b) {
        const __uint128_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

template <class T>
float from_component(T x)
{
    if constexpr (std::is_floating_point_v<T>)
        return x;
    else
        return static_cast<float>(x) / -static_cast<float>(std::numeric_limits<T>::min());
}

template <class T>
T to_component(float x)
{
    if constexpr (std::is_floating_point_v<T>)
        return std::clamp(x, -1.0f, 1.0f);
    constexpr float low = std::numeric_limits<T>::lowest();
    constexpr float high = std::numeric_limits<T>::max();
    return static_cast<T>(std::clamp(std::rint(x * -low), low, high));
}

// What libsoxr reads: samples from a place on, again and again or with silence around them.
template <class T>
class input final
{
public:
    input(const T* samples, std::uint64_t n, std::uint64_t lead, std::uint64_t length, bool loops)
        : d_samples(samples),
          d_n(n),
          d_silence(loops ? 0 : lead),
          d_next(loops ? (n - lead % n) % n : 0),
          d_left(length),
          d_loops(loops),
          d_piece(2 * piece_samples)
    {
    }

    static std::size_t read(void* self, soxr_in_t* data, std::size_t wanted)
    {
        return static_cast<input*>(self)->next(data, wanted);
    }

private:
    std::size_t next(soxr_in_t* data, std::size_t wanted)
    {
        const std::uint64_t n = std::min<std::uint64_t>({ wanted, piece_samples, d_left });
        float* out = d_piece.data();
        for (std::uint64_t k = 0; k < n; k++, out += 2)
            put_sample(out);
        d_left -= n;
        *data = d_piece.data();
        return static_cast<std::size_t>(n);
    }

    void put_sample(float* out)
    {
        if (d_silence || d_next == d_n) {
            d_silence -= d_silence != 0;
            out[0] = out[1] = 0;
            return;
        }
        out[0] = from_component(d_samples[2 * d_next]);
        out[1] = from_component(d_samples[2 * d_next + 1]);
        if (++d_next == d_n && d_loops)
            d_next = 0;
    }

    const T* d_samples;
    std::uint64_t d_n;
    std::uint64_t d_silence; // before the first sample
    std::uint64_t d_next;
    std::uint64_t d_left;
    bool d_loops;
    std::vector<float> d_piece;
};

[[noreturn]] void throw_refusal(const char* why)
{
    throw std::invalid_argument(
        std::string("zcring: the recording cannot be resampled to this rate: ") + why +
        "; choose a rate that is closer to the recording's");
}

} // namespace

resampler::resampler(rational from, rational to)
{
    const __uint128_t in = static_cast<__uint128_t>(from.num) * to.den;
    const __uint128_t out = static_cast<__uint128_t>(to.num) * from.den;
    const __uint128_t common = gcd(in, out);
    d_in = static_cast<double>(in / common);
    d_out = static_cast<double>(out / common);
}

std::uint64_t resampler::length_of(std::uint64_t samples) const
{
    const long double length = static_cast<long double>(samples) * d_out / d_in;
    return static_cast<std::uint64_t>(std::clamp(std::round(length), 1.0L, 0x1p63L));
}

template <class T>
void resampler::run_channel(const T* in, std::uint64_t n, T* out, bool loops) const
{
    // The lead is whole in both rates, if it can be: then the time of the first sample is exact.
    const double reach = std::min(reach_samples * std::max(1.0, d_in / d_out), lead_samples_max);
    const double lead = d_in <= lead_samples_max ? d_in * std::ceil(reach / d_in) : reach;
    auto unwanted = static_cast<std::uint64_t>(std::round(lead * d_out / d_in));
    auto left = length_of(n);
    input<T> source(in,
                    n,
                    static_cast<std::uint64_t>(lead),
                    static_cast<std::uint64_t>(lead + reach) + n,
                    loops);

    soxr_error_t error = nullptr;
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
    const std::unique_ptr<soxr, decltype(&soxr_delete)> filter(
        soxr_create(d_in, d_out, 2, &error, nullptr, &quality, nullptr), soxr_delete);
    if (!error)
        error = soxr_set_input_fn(filter.get(), input<T>::read, &source, piece_samples);
    if (error)
        throw_refusal(error);
    std::vector<float> piece(2 * piece_samples);
    while (left) {
        const std::size_t got = soxr_output(filter.get(), piece.data(), piece_samples);
        if (!got)
            throw_refusal(soxr_error(filter.get()) ? soxr_error(filter.get()) : "it is too short");
        const std::uint64_t skipped = std::min<std::uint64_t>(unwanted, got);
        const std::uint64_t kept = std::min<std::uint64_t>(left, got - skipped);
        out = std::transform(
            piece.data() + 2 * skipped, piece.data() + 2 * (skipped + kept), out, to_component<T>);
        unwanted -= skipped;
        left -= kept;
    }
}

std::vector<std::byte>
resampler::run(format f, unsigned channels, const std::vector<std::byte>& samples, bool loops) const
{
    const std::size_t sample = sample_bytes(f);
    const std::uint64_t n = samples.size() / channels / sample;
    const std::uint64_t length = length_of(n);
    std::vector<std::byte> results(channels * length * sample);
    for (unsigned c = 0; c < channels; c++) {
        const std::byte* in = samples.data() + c * n * sample;
        std::byte* out = results.data() + c * length * sample;
        const auto run_as = [&](auto component) {
            using T = decltype(component);
            run_channel(reinterpret_cast<const T*>(in), n, reinterpret_cast<T*>(out), loops);
        };
        if (f == format::sc8)
            run_as(std::int8_t{});
        else if (f == format::sc16)
            run_as(std::int16_t{});
        else
            run_as(float{});
    }
    return results;
}

std::vector<segment> resampler::scale(const std::vector<segment>& segments,
                                      std::uint64_t samples) const
{
    const auto up = [this](std::uint64_t x) {
        const long double scaled = std::ceil(static_cast<long double>(x) * d_out / d_in);
        return static_cast<std::uint64_t>(std::min(scaled, 0x1p63L));
    };
    const std::uint64_t length = length_of(samples);
    std::vector<segment> scaled;
    for (const segment& s : segments) {
        segment next{ up(s.first), s.frequency, up(s.gap) };
        if (next.first >= length)
            break;
        // Of a segment that has become too short for a sample, only the gap is left.
        if (!scaled.empty() && scaled.back().first == next.first) {
            next.gap += scaled.back().gap;
            scaled.pop_back();
        }
        scaled.push_back(next);
    }
    return scaled;
}

} // namespace zcring
