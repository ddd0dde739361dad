// SPDX-License-Identifier: GPL-3.0-or-later
//
// Converts samples between the three formats by VOLK, or copies them where the formats are the
// same.
#include "convert.h"

#include <volk/volk.h>

#include <cstdint>
#include <cstring>

namespace zcring {

namespace {

constexpr float sc8_scale = 128;
constexpr float sc16_scale = 32768;

// VOLK counts real numbers, two for each sample, in 32 bits.
unsigned reals(std::size_t samples) { return static_cast<unsigned>(2 * samples); }

template <format f>
void copy(void* out, const void* in, std::size_t samples)
{
    static constexpr std::size_t bytes = f == format::sc8 ? 2 : f == format::sc16 ? 4 : 8;
    std::memcpy(out, in, samples * bytes);
}

void sc8_to_fc32(void* out, const void* in, std::size_t n)
{
    volk_8i_s32f_convert_32f(
        static_cast<float*>(out), static_cast<const int8_t*>(in), sc8_scale, reals(n));
}

void sc16_to_fc32(void* out, const void* in, std::size_t n)
{
    volk_16i_s32f_convert_32f(
        static_cast<float*>(out), static_cast<const int16_t*>(in), sc16_scale, reals(n));
}

void fc32_to_sc8(void* out, const void* in, std::size_t n)
{
    volk_32f_s32f_convert_8i(
        static_cast<int8_t*>(out), static_cast<const float*>(in), sc8_scale, reals(n));
}

void fc32_to_sc16(void* out, const void* in, std::size_t n)
{
    volk_32f_s32f_convert_16i(
        static_cast<int16_t*>(out), static_cast<const float*>(in), sc16_scale, reals(n));
}

void sc8_to_sc16(void* out, const void* in, std::size_t n)
{
    volk_8i_convert_16i(static_cast<int16_t*>(out), static_cast<const int8_t*>(in), reals(n));
}

void sc16_to_sc8(void* out, const void* in, std::size_t n)
{
    volk_16i_convert_8i(static_cast<int8_t*>(out), static_cast<const int16_t*>(in), reals(n));
}

} // namespace

converter find_converter(format in, format out)
{
    // By the order of enum class format: sc8, sc16, fc32.
    static constexpr converter table[3][3] = {
        { copy<format::sc8>, sc8_to_sc16, sc8_to_fc32 },
        { sc16_to_sc8, copy<format::sc16>, sc16_to_fc32 },
        { fc32_to_sc8, fc32_to_sc16, copy<format::fc32> },
    };
    return table[static_cast<int>(in)][static_cast<int>(out)];
}

} // namespace zcring
