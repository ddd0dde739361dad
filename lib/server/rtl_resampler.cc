// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtl_resampler.h"

#include "rtl_protocol.h"

#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace zcring::server {

namespace {

constexpr std::uint64_t piece_samples = 16384;
// Of the values, -1.0 to 1.0; one byte has half of the range on each side of silence.
constexpr float full_scale = 128;

std::uint8_t from_float(float x)
{
    return static_cast<std::uint8_t>(
        std::clamp(std::floor(x * full_scale) + rtl_silence, 0.0f, 255.0f));
}

[[noreturn]] void throw_refusal(const char* why)
{
    throw std::runtime_error(std::string("the samples cannot be resampled to this rate: ") + why +
                             "; set a rate that is closer to that of the device");
}

} // namespace

rtl_resampler::rtl_resampler(double from, double to)
    : d_filter(nullptr, soxr_delete), d_bytes(rtl_sample_bytes * piece_samples)
{
    if (from == to)
        return;
    // Bytes need no more than 20 bits. The clock of high precision keeps the number of samples right
    // in a stream that runs for months.
    soxr_error_t error = nullptr;
    const soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_FLOAT32_I);
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, SOXR_HI_PREC_CLOCK);
    d_filter.reset(soxr_create(from, to, 2, &error, &io, &quality, nullptr));
    if (error || !d_filter)
        throw_refusal(error ? error : "out of memory");
    d_floats.resize(2 * piece_samples);
}

rtl_resampler::~rtl_resampler() = default;

void rtl_resampler::run(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out)
{
    if (!d_filter) {
        copy(iq, samples, out);
        return;
    }
    while (samples) {
        const std::uint64_t done = process(iq, std::min(samples, piece_samples), out);
        iq += 2 * done;
        samples -= done;
    }
}

void rtl_resampler::run_silence(std::uint64_t samples, const rtl_output& out)
{
    static constexpr std::int16_t zeros[2 * 1024] = {};
    while (samples) {
        const std::uint64_t n = std::min<std::uint64_t>(samples, 1024);
        run(zeros, n, out);
        samples -= n;
    }
}

void rtl_resampler::finish(const rtl_output& out)
{
    if (d_filter)
        process(nullptr, 0, out);
}

// Passes on all samples that are ready, and returns how many have gone in; null: no more will come.
std::uint64_t
rtl_resampler::process(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out)
{
    std::uint64_t used = 0;
    std::size_t ready = piece_samples;
    while (used < samples || ready == piece_samples) {
        std::size_t taken = 0;
        const std::int16_t* from = iq ? iq + 2 * used : nullptr;
        if (const soxr_error_t error = soxr_process(d_filter.get(),
                                                    from,
                                                    static_cast<std::size_t>(samples - used),
                                                    &taken,
                                                    d_floats.data(),
                                                    piece_samples,
                                                    &ready))
            throw_refusal(error);
        used += taken;
        std::transform(d_floats.begin(),
                       d_floats.begin() + static_cast<std::ptrdiff_t>(2 * ready),
                       d_bytes.begin(),
                       from_float);
        if (ready)
            out(d_bytes.data(), ready);
        else if (!taken)
            break;
    }
    return used;
}

void rtl_resampler::copy(const std::int16_t* iq, std::uint64_t samples, const rtl_output& out)
{
    while (samples) {
        const std::uint64_t n = std::min(samples, piece_samples);
        std::transform(iq, iq + 2 * n, d_bytes.begin(), [](std::int16_t x) {
            return static_cast<std::uint8_t>((x >> 8) + rtl_silence);
        });
        out(d_bytes.data(), n);
        iq += 2 * n;
        samples -= n;
    }
}

} // namespace zcring::server
