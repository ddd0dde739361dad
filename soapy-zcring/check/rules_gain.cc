// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about gain, antennas and corrections.

#include "device.h"

#include <algorithm>
#include <cmath>

namespace soapy_check {

namespace {

double tolerance_db(const SoapySDR::Range& range) { return std::max(range.step(), 0.1); }

void check_range(const std::string& call, const SoapySDR::Range& range)
{
    demand(range.minimum() <= range.maximum() && range.step() >= 0,
           call,
           text_of(range.minimum()) + " to " + text_of(range.maximum()) + " in steps of " +
               text_of(range.step()));
}

void gains_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        if (CALL(dev, listGains, dir, channel).empty())
            throw skipped{ "the device has no gain elements" };
        const SoapySDR::Range range = CALL(dev, getGainRange, dir, channel);
        check_range(text_of_call("getGainRange", dir, channel), range);
        for (const double db : { range.maximum(), range.minimum() }) {
            CALL(dev, setGain, dir, channel, db);
            const double now = CALL(dev, getGain, dir, channel);
            demand(std::abs(now - db) <= tolerance_db(range),
                   text_of_call("setGain", dir, channel, db) + ", an end of its range",
                   "for getGain(), " + text_of(now));
        }
    });
}

void gain_elements_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> names = CALL(dev, listGains, dir, channel);
        if (names.empty())
            throw skipped{ "the device has no gain elements" };
        for (const std::string& name : names) {
            const SoapySDR::Range range = CALL(dev, getGainRange, dir, channel, name);
            check_range(text_of_call("getGainRange", dir, channel, name), range);
            for (const double db : { range.maximum(), range.minimum() }) {
                CALL(dev, setGain, dir, channel, name, db);
                const double now = CALL(dev, getGain, dir, channel, name);
                demand(std::abs(now - db) <= tolerance_db(range),
                       text_of_call("setGain", dir, channel, name, db) + ", an end of its range",
                       "for getGain(), " + text_of(now));
            }
        }
    });
}

/*! Both readings of "overall" are in use: the plain sum, and SoapySDR's, from the minima on. */
void gain_elements_sum_up(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> names = CALL(dev, listGains, dir, channel);
        if (names.empty())
            throw skipped{ "the device has no gain elements" };
        const SoapySDR::Range range = CALL(dev, getGainRange, dir, channel);
        CALL(dev, setGain, dir, channel, (range.minimum() + range.maximum()) / 2);
        double sum = 0, above_minima = 0, slack = 0.1;
        for (const std::string& name : names) {
            const double db = CALL(dev, getGain, dir, channel, name);
            const SoapySDR::Range own = CALL(dev, getGainRange, dir, channel, name);
            sum += db;
            above_minima += db - own.minimum();
            slack += tolerance_db(own);
        }
        const double whole = CALL(dev, getGain, dir, channel);
        demand(std::abs(whole - sum) <= slack || std::abs(whole - above_minima) <= slack,
               text_of_call("getGain", dir, channel),
               text_of(whole) + ", but its elements sum up to " + text_of(sum) + ", or to " +
                   text_of(above_minima) + " above their minima");
    });
}

void gain_mode_is_kept(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const bool automatic = CALL(dev, hasGainMode, dir, channel);
        for (const bool mode : { true, false }) {
            if (mode && !automatic)
                continue;
            CALL(dev, setGainMode, dir, channel, mode);
            const bool now = CALL(dev, getGainMode, dir, channel);
            demand(now == mode,
                   text_of_call("setGainMode", dir, channel, mode),
                   "for getGainMode(), " + text_of(now));
        }
    });
}

void antennas_can_be_set(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::vector<std::string> names = CALL(dev, listAntennas, dir, channel);
        if (names.empty())
            throw skipped{ "the device lists no antennas" };
        const std::string before = CALL(dev, getAntenna, dir, channel);
        demand(std::find(names.begin(), names.end(), before) != names.end(),
               text_of_call("getAntenna", dir, channel),
               text_of(before) + ", which is not listed");
        for (const std::string& name : names) {
            CALL(dev, setAntenna, dir, channel, name);
            const std::string now = CALL(dev, getAntenna, dir, channel);
            demand(now == name,
                   text_of_call("setAntenna", dir, channel, name),
                   "for getAntenna(), " + text_of(now));
        }
        CALL(dev, setAntenna, dir, channel, before);
    });
}

void no_antenna_does_no_harm(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        CALL(dev, setAntenna, dir, channel, "");
        const std::vector<std::string> names = CALL(dev, listAntennas, dir, channel);
        const std::string now = CALL(dev, getAntenna, dir, channel);
        demand(names.empty() || std::find(names.begin(), names.end(), now) != names.end(),
               text_of_call("setAntenna", dir, channel, ""),
               "for getAntenna(), " + text_of(now) + ", which is not listed");
    });
}

void unknown_antennas_do_no_harm(const options& wanted, direction dir)
{
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        const std::string before = CALL(dev, getAntenna, dir, channel);
        exception_of([&] { CALL(dev, setAntenna, dir, channel, "no such antenna"); });
        const std::string now = CALL(dev, getAntenna, dir, channel);
        demand(now == before,
               text_of_call("setAntenna", dir, channel, "no such antenna"),
               "for getAntenna(), " + text_of(now) + " after " + text_of(before));
    });
}

bool is_near(const std::complex<double>& one, const std::complex<double>& other)
{
    return std::abs(one - other) < 0.01;
}

/*! Tries the corrections that the channel has; returns how many these are. */
int check_corrections(const device& dev, direction dir, size_t channel)
{
    int count = 0;
    const std::complex<double> small(0.01, -0.02);
    if (CALL(dev, hasDCOffsetMode, dir, channel)) {
        for (const bool mode : { true, false }) {
            CALL(dev, setDCOffsetMode, dir, channel, mode);
            const bool now = CALL(dev, getDCOffsetMode, dir, channel);
            demand(now == mode, text_of_call("setDCOffsetMode", dir, channel, mode), text_of(now));
        }
        count++;
    }
    if (CALL(dev, hasDCOffset, dir, channel)) {
        watch("setDCOffset(0.01 - 0.02i)", [&] { dev->setDCOffset(dir, channel, small); });
        demand(is_near(CALL(dev, getDCOffset, dir, channel), small),
               "setDCOffset(0.01 - 0.02i)",
               "another value for getDCOffset()");
        watch("setDCOffset(0)", [&] { dev->setDCOffset(dir, channel, 0); });
        count++;
    }
    if (CALL(dev, hasIQBalance, dir, channel)) {
        watch("setIQBalance(0.01 - 0.02i)", [&] { dev->setIQBalance(dir, channel, small); });
        demand(is_near(CALL(dev, getIQBalance, dir, channel), small),
               "setIQBalance(0.01 - 0.02i)",
               "another value for getIQBalance()");
        watch("setIQBalance(0)", [&] { dev->setIQBalance(dir, channel, 0); });
        count++;
    }
    if (CALL(dev, hasFrequencyCorrection, dir, channel)) {
        for (const double ppm : { 1.0, 0.0 }) {
            CALL(dev, setFrequencyCorrection, dir, channel, ppm);
            const double now = CALL(dev, getFrequencyCorrection, dir, channel);
            demand(std::abs(now - ppm) < 0.5,
                   text_of_call("setFrequencyCorrection", dir, channel, ppm),
                   "for getFrequencyCorrection(), " + text_of(now));
        }
        count++;
    }
    return count;
}

void corrections_are_kept(const options& wanted, direction dir)
{
    int count = 0;
    on_every_channel(wanted, dir, [&](const device& dev, size_t channel) {
        count += check_corrections(dev, dir, channel);
    });
    if (count == 0)
        throw skipped{ "the device has no corrections" };
}

} // namespace

std::vector<rule> gain_rules()
{
    return {
        { "gain-range",
          scope::channel,
          "the ends of the gain's range can be set",
          "Device.hpp, getGainRange(), setGain(), getGain()",
          gains_can_be_set },
        { "gain-elements",
          scope::channel,
          "every gain element can be set over its range",
          "Device.hpp, listGains(), setGain(); uhd-soapysdr sets each",
          gain_elements_can_be_set },
        { "gain-sum",
          scope::channel,
          "the gain elements sum up to the gain",
          "Device.hpp, getGain(); SoapySDR's default",
          gain_elements_sum_up },
        { "gain-mode",
          scope::channel,
          "setGainMode() is read back; false is always taken",
          "Device.hpp, setGainMode(); welle-cli sets false without asking",
          gain_mode_is_kept },
        { "antennas",
          scope::channel,
          "every antenna can be set, and is read back",
          "Device.hpp, listAntennas(), setAntenna(), getAntenna()",
          antennas_can_be_set },
        { "antenna-empty",
          scope::channel,
          "setAntenna(\"\") changes nothing, and throws nothing",
          "CubicSDR sets an empty name",
          no_antenna_does_no_harm },
        { "antenna-unknown",
          scope::channel,
          "an unknown antenna is never selected",
          "Device.hpp, setAntenna()",
          unknown_antennas_do_no_harm },
        { "corrections",
          scope::channel,
          "every correction that the device has is read back",
          "Device.hpp, hasDCOffset(), hasIQBalance(), hasFrequencyCorrection() and others",
          corrections_are_kept },
    };
}

} // namespace soapy_check
