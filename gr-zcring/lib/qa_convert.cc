/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

using zcring::find_converter;
using zcring::format;

BOOST_AUTO_TEST_CASE(sc16_becomes_fc32_exactly_and_comes_back)
{
    std::vector<std::int16_t> in;
    for (int v = -32768; v < 32768; v++)
        in.push_back(static_cast<std::int16_t>(v));
    std::vector<float> out(in.size());
    find_converter(format::sc16, format::fc32)(out.data(), in.data(), in.size() / 2);
    for (std::size_t k = 0; k < in.size(); k++)
        BOOST_REQUIRE_EQUAL(out[k], static_cast<float>(in[k]) / 32768);

    std::vector<std::int16_t> back(in.size());
    find_converter(format::fc32, format::sc16)(back.data(), out.data(), in.size() / 2);
    BOOST_CHECK(back == in);
}

BOOST_AUTO_TEST_CASE(sc8_becomes_fc32_and_sc16_exactly_and_comes_back)
{
    std::vector<std::int8_t> in;
    for (int v = -128; v < 128; v++)
        in.push_back(static_cast<std::int8_t>(v));
    std::vector<float> floats(in.size());
    std::vector<std::int16_t> shorts(in.size());
    std::vector<std::int8_t> back(in.size());
    find_converter(format::sc8, format::fc32)(floats.data(), in.data(), in.size() / 2);
    find_converter(format::sc8, format::sc16)(shorts.data(), in.data(), in.size() / 2);
    for (std::size_t k = 0; k < in.size(); k++) {
        BOOST_REQUIRE_EQUAL(floats[k], static_cast<float>(in[k]) / 128);
        BOOST_REQUIRE_EQUAL(shorts[k], in[k] * 256);
    }
    find_converter(format::fc32, format::sc8)(back.data(), floats.data(), in.size() / 2);
    BOOST_CHECK(back == in);
    find_converter(format::sc16, format::sc8)(back.data(), shorts.data(), in.size() / 2);
    BOOST_CHECK(back == in);
}

BOOST_AUTO_TEST_CASE(floats_beyond_full_scale_saturate)
{
    const std::vector<float> in = { 1.5f, -1.5f, 1.0f, -1.0f };
    std::vector<std::int16_t> shorts(in.size());
    std::vector<std::int8_t> bytes(in.size());
    find_converter(format::fc32, format::sc16)(shorts.data(), in.data(), 2);
    find_converter(format::fc32, format::sc8)(bytes.data(), in.data(), 2);
    BOOST_CHECK((shorts == std::vector<std::int16_t>{ 32767, -32768, 32767, -32768 }));
    BOOST_CHECK((bytes == std::vector<std::int8_t>{ 127, -128, 127, -128 }));
}
