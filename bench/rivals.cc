// SPDX-License-Identifier: GPL-3.0-or-later
#include "rivals.h"

#include "zcring/abi.h"

#include <gnuradio/analog/fastnoise_source.h>
#include <gnuradio/filter/freq_xlating_fir_filter.h>
#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <cmath>
#include <complex>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace rivals {
namespace {

constexpr float sc8_scale = 128;
constexpr float sc16_scale = 32768;
// VOLK's result of one step lies in the first-level cache when the next step reads it.
constexpr std::size_t piece_samples = 2048;

using memory = volk::vector<std::complex<float>>;

std::size_t bytes_of(std::uint32_t format)
{
    return format == ZCRING_FORMAT_SC8 ? 2 : format == ZCRING_FORMAT_SC16 ? 4 : 8;
}

// A buffer that function objects share; it holds samples of any format.
std::shared_ptr<memory> buffer(std::size_t samples) { return std::make_shared<memory>(samples); }

float* reals_of(memory& m) { return reinterpret_cast<float*>(m.data()); }

// Converts to floats, then applies a gain. Returns where they are: floats without gain stay in place.
const float* to_floats(std::uint32_t from, const void* in, float* out, unsigned reals, float gain)
{
    const float* floats = out;
    switch (from) {
    case ZCRING_FORMAT_SC8:
        volk_8i_s32f_convert_32f(out, static_cast<const int8_t*>(in), sc8_scale, reals);
        break;
    case ZCRING_FORMAT_SC16:
        volk_16i_s32f_convert_32f(out, static_cast<const int16_t*>(in), sc16_scale, reals);
        break;
    case ZCRING_FORMAT_FC32:
        floats = static_cast<const float*>(in);
        break;
    }
    if (gain == 1)
        return floats;
    volk_32f_s32f_multiply_32f(out, floats, gain, reals);
    return out;
}

void from_floats(const float* in, std::uint32_t to, void* out, unsigned reals)
{
    switch (to) {
    case ZCRING_FORMAT_SC8:
        volk_32f_s32f_convert_8i(static_cast<int8_t*>(out), in, sc8_scale, reals);
        break;
    case ZCRING_FORMAT_SC16:
        volk_32f_s32f_convert_16i(static_cast<int16_t*>(out), in, sc16_scale, reals);
        break;
    case ZCRING_FORMAT_FC32:
        if (in != out)
            std::memcpy(out, in, reals * sizeof(float));
        break;
    }
}

// Calls step(place in the input, place in the output, number of samples) for all samples.
template <class Step>
void in_pieces(std::size_t samples, Step step)
{
    for (std::size_t at = 0; at < samples; at += piece_samples)
        step(at, static_cast<unsigned>(std::min(piece_samples, samples - at)));
}

// The conversions for which VOLK has one kernel.
bool convert_at_once(
    std::uint32_t from, const void* in, std::uint32_t to, void* out, unsigned reals)
{
    if (from == to)
        std::memcpy(out, in, reals / 2 * bytes_of(from));
    else if (from == ZCRING_FORMAT_SC8 && to == ZCRING_FORMAT_SC16)
        volk_8i_convert_16i(static_cast<int16_t*>(out), static_cast<const int8_t*>(in), reals);
    else if (from == ZCRING_FORMAT_SC16 && to == ZCRING_FORMAT_SC8)
        volk_16i_convert_8i(static_cast<int8_t*>(out), static_cast<const int16_t*>(in), reals);
    else
        return false;
    return true;
}

} // namespace

work convert(std::uint32_t from, const void* in, std::uint32_t to, std::size_t samples, float gain)
{
    const auto floats = buffer(piece_samples), out = buffer(samples);
    return [=] {
        const auto reals = static_cast<unsigned>(2 * samples);
        if (gain == 1 && convert_at_once(from, in, to, out->data(), reals))
            return;
        in_pieces(samples, [&](std::size_t at, unsigned n) {
            const char* first = static_cast<const char*>(in) + at * bytes_of(from);
            char* result = reinterpret_cast<char*>(out->data()) + at * bytes_of(to);
            float* between =
                to == ZCRING_FORMAT_FC32 ? reinterpret_cast<float*>(result) : reals_of(*floats);
            from_floats(to_floats(from, first, between, 2 * n, gain), to, result, 2 * n);
        });
    };
}

work convert_and_add_noise(
    std::uint32_t from, const void* in, std::uint32_t to, std::size_t samples, float gain)
{
    const auto floats = buffer(piece_samples), noise = buffer(piece_samples), out = buffer(samples);
    const auto source = gr::analog::fastnoise_source_c::make(gr::analog::GR_GAUSSIAN, 1e-4F);
    return [=] {
        in_pieces(samples, [&](std::size_t at, unsigned n) {
            const char* first = static_cast<const char*>(in) + at * bytes_of(from);
            char* result = reinterpret_cast<char*>(out->data()) + at * bytes_of(to);
            gr_vector_const_void_star none;
            gr_vector_void_star to_noise{ noise->data() };
            source->work(static_cast<int>(n), none, to_noise);
            float* sum =
                to == ZCRING_FORMAT_FC32 ? reinterpret_cast<float*>(result) : reals_of(*floats);
            const float* signal = to_floats(from, first, reals_of(*floats), 2 * n, gain);
            volk_32f_x2_add_32f(sum, signal, reals_of(*noise), 2 * n);
            from_floats(sum, to, result, 2 * n);
        });
    };
}

work noise(std::uint32_t to, std::size_t samples)
{
    const auto floats = buffer(piece_samples), out = buffer(samples);
    const auto source = gr::analog::fastnoise_source_c::make(gr::analog::GR_GAUSSIAN, 0.1F);
    return [=] {
        in_pieces(samples, [&](std::size_t at, unsigned n) {
            char* result = reinterpret_cast<char*>(out->data()) + at * bytes_of(to);
            gr_vector_const_void_star none;
            gr_vector_void_star to_noise{ to == ZCRING_FORMAT_FC32 ? static_cast<void*>(result)
                                                                   : floats->data() };
            source->work(static_cast<int>(n), none, to_noise);
            from_floats(static_cast<const float*>(to_noise[0]), to, result, 2 * n);
        });
    };
}

work tone(std::uint32_t to, std::size_t samples)
{
    const auto constant = buffer(piece_samples), floats = buffer(piece_samples),
               out = buffer(samples);
    std::fill(constant->begin(), constant->end(), 0.5F);
    const auto phase = std::make_shared<lv_32fc_t>(1.0F, 0.0F);
    return [=] {
        const lv_32fc_t step(static_cast<float>(std::cos(0.7)), static_cast<float>(std::sin(0.7)));
        in_pieces(samples, [&](std::size_t at, unsigned n) {
            char* result = reinterpret_cast<char*>(out->data()) + at * bytes_of(to);
            auto* turned =
                to == ZCRING_FORMAT_FC32 ? reinterpret_cast<lv_32fc_t*>(result) : floats->data();
            volk_32fc_s32fc_x2_rotator_32fc(turned, constant->data(), step, phase.get(), n);
            from_floats(reinterpret_cast<const float*>(turned), to, result, 2 * n);
        });
    };
}

work xlating_filter(std::size_t taps, unsigned decimation, std::size_t samples)
{
    const auto filter = gr::filter::freq_xlating_fir_filter_ccf::make(
        static_cast<int>(decimation),
        std::vector<float>(taps, 1.0F / static_cast<float>(taps)),
        0.2,
        1.0);
    const auto in = buffer(samples + taps), out = buffer(samples);
    for (std::size_t k = 0; k < in->size(); k++)
        (*in)[k] = std::polar(0.25F, 0.7F * static_cast<float>(k));
    return [=] {
        gr_vector_const_void_star from{ in->data() };
        gr_vector_void_star to{ out->data() };
        filter->work(static_cast<int>(samples / decimation), from, to);
    };
}

} // namespace rivals
