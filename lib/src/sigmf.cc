// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the metadata of a recording. Each field is checked where it is read, so that a refusal
// names the file, the field and the remedy.
#include "sigmf.h"

#include <zcring/limits.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

using json = nlohmann::json;

constexpr std::size_t metadata_bytes_max = std::size_t{ 1 } << 24;
constexpr std::uint64_t index_max = (std::uint64_t{ 1 } << 63) - 1; // SigMF's own limit

[[noreturn]] void throw_invalid(const std::string& path, const std::string& why)
{
    throw std::invalid_argument("zcring: " + path + ": " + why);
}

std::string read_text(const std::string& path)
{
    errno = 0;
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
    if (size < 0)
        throw std::system_error(errno ? errno : EIO,
                                std::generic_category(),
                                "zcring: cannot read " + path + "; check the path");
    if (static_cast<std::size_t>(size) > metadata_bytes_max)
        throw_invalid(path,
                      "it is longer than " + std::to_string(metadata_bytes_max) +
                          " bytes; remove annotations, or split the recording");
    std::string text(static_cast<std::size_t>(size), '\0');
    in.seekg(0);
    if (!in.read(text.data(), size))
        throw std::system_error(EIO,
                                std::generic_category(),
                                "zcring: cannot read all of " + path + "; check the disk");
    return text;
}

sigmf_datatype datatype_of(const std::string& path, const std::string& name)
{
    if (name == "cu8")
        return sigmf_datatype::cu8;
    if (name == "ci8")
        return sigmf_datatype::ci8;
    if (name == "ci16_le" || name == "ci16")
        return sigmf_datatype::ci16_le;
    if (name == "cf32_le" || name == "cf32")
        return sigmf_datatype::cf32_le;
    throw_invalid(path, "its datatype is " + name + "; convert it to cu8, ci8, ci16_le or cf32_le");
}

// A number of samples. Some programs write whole numbers as 1e6 or 0.0.
std::uint64_t index_of(const std::string& path, const json& item, const char* key)
{
    const json& value = item.at(key);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= index_max)
        return value.get<std::uint64_t>();
    const double x = value.get<double>();
    if (!(x >= 0 && x < 9.2e18 && x == std::floor(x)))
        throw_invalid(path,
                      std::string(key) + " is " + value.dump() +
                          "; it must be a whole number from 0 to " + std::to_string(index_max));
    return static_cast<std::uint64_t>(x);
}

sigmf_capture capture_of(const std::string& path, const json& item)
{
    sigmf_capture capture;
    if (item.value("core:header_bytes", 0.0) != 0)
        throw_invalid(path, "it has core:header_bytes; convert it to a plain recording");
    if (item.contains("core:sample_start"))
        capture.first = index_of(path, item, "core:sample_start");
    if (item.contains("core:global_index"))
        capture.global_index = index_of(path, item, "core:global_index");
    if (item.contains("core:frequency"))
        capture.frequency = item.at("core:frequency").get<double>();
    if (capture.frequency && !(std::abs(*capture.frequency) <= limits::frequency_max))
        throw_invalid(path, "core:frequency is out of range; it must be -1e12 to 1e12");
    return capture;
}

std::vector<sigmf_capture> captures_of(const std::string& path, const json& meta)
{
    std::vector<sigmf_capture> captures;
    for (const json& item : meta.value("captures", json::array()))
        captures.push_back(capture_of(path, item));
    const auto is_before = [](const sigmf_capture& a, const sigmf_capture& b) {
        return a.first < b.first;
    };
    if (!std::is_sorted(captures.begin(), captures.end(), is_before))
        throw_invalid(path, "its captures are not in order; sort them by core:sample_start");
    return captures;
}

unsigned channels_of(const std::string& path, const json& global)
{
    const double channels = global.value("core:num_channels", 1.0);
    if (!(channels >= 1 && channels <= max_channels && channels == std::floor(channels)))
        throw_invalid(path,
                      "core:num_channels is " + global.at("core:num_channels").dump() +
                          "; a recording may have 1 to " + std::to_string(max_channels) +
                          " channels: split it");
    return static_cast<unsigned>(channels);
}

sigmf_metadata interpret(const std::string& path, const json& meta)
{
    const json& global = meta.at("global");
    sigmf_metadata m;

    m.path = path;
    m.data_path = path.substr(0, path.size() - 4) + "data";
    for (const char* key : { "core:dataset", "core:metadata_only", "core:trailing_bytes" })
        if (global.contains(key))
            throw_invalid(path, std::string("it has ") + key + "; convert it to a plain recording");
    m.datatype = datatype_of(path, global.at("core:datatype"));
    m.rate = global.at("core:sample_rate").get<double>();
    if (!(m.rate >= limits::rate_min && m.rate <= limits::rate_max))
        throw_invalid(path, "core:sample_rate is out of range; it must be 0.001 to 1e10");
    m.channels = channels_of(path, global);
    m.captures = captures_of(path, meta);
    for (const json& item : meta.value("annotations", json::array()))
        if (item.value("core:sample_start", 0.0) != 0)
            m.last_annotation =
                std::max(m.last_annotation.value_or(0), index_of(path, item, "core:sample_start"));
    if (global.contains("core:sha512"))
        m.sha512 = global.at("core:sha512").get<std::string>();
    return m;
}

} // namespace

format format_of(sigmf_datatype datatype)
{
    switch (datatype) {
    case sigmf_datatype::cu8:
    case sigmf_datatype::ci8:
        return format::sc8;
    case sigmf_datatype::ci16_le:
        return format::sc16;
    case sigmf_datatype::cf32_le:
        break;
    }
    return format::fc32;
}

sigmf_metadata read_sigmf(const std::string& path)
{
    const std::string suffix = ".sigmf-meta";
    if (path.size() <= suffix.size() ||
        path.compare(path.size() - suffix.size(), suffix.size(), suffix) != 0)
        throw std::invalid_argument(
            "zcring: scene=" + path +
            ": the value must be tone, noise, counter or a file that ends in " + suffix);
    try {
        return interpret(path, json::parse(read_text(path)));
    } catch (const json::exception& e) {
        throw_invalid(path, std::string("it is not SigMF metadata: ") + e.what());
    }
}

} // namespace zcring
