// SPDX-License-Identifier: GPL-3.0-or-later
//
// The SoapySDR module of the radio with a defect: driver=broken,defect=NAME. Without a defect, the
// radio keeps every rule of zcring-check-soapy.

#include "broken_radio.h"

#include <SoapySDR/Registry.hpp>
#include <cstdlib>
#include <stdexcept>

namespace {

std::string defect_of(const SoapySDR::Kwargs& arguments)
{
    const auto found = arguments.find("defect");
    return found == arguments.end() ? "" : found->second;
}

SoapySDR::KwargsList find(const SoapySDR::Kwargs& arguments)
{
    static int calls = 0;
    const std::string defect = defect_of(arguments);
    SoapySDR::Kwargs result{ { "label", "a radio with a defect" }, { "serial", "1" } };
    if (!defect.empty())
        result["defect"] = defect;
    if (defect == "enumerate-label")
        result.erase("label");
    if (defect == "enumerate-again" || defect == "make-twice")
        result["serial"] = std::to_string(++calls);
    if (defect == "make-found")
        result["again"] = arguments.count("serial") ? "yes" : "no";
    if (defect == "thread-enumerate" && ++calls > 1)
        std::abort(); // an exception would be caught by SoapySDR
    if (defect == "enumerate-distinct")
        return { result, result };
    return { result };
}

SoapySDR::Device* make(const SoapySDR::Kwargs& arguments)
{
    static int calls = 0;
    const std::string defect = defect_of(arguments);
    if (defect == "make-again" && ++calls > 1)
        throw std::runtime_error("only once");
    if (defect == "make-found" && arguments.at("again") == "yes")
        throw std::runtime_error("only by hand");
    if (defect == "make")
        throw std::runtime_error("no device");
    return new broken::radio(defect);
}

const SoapySDR::Registry registration("broken", find, make, SOAPY_SDR_ABI_VERSION);

} // namespace
