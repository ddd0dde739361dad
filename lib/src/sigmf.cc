// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a recording: the metadata says how to read the data, and every statement that can be
// checked against the data is checked (length, SHA-512), so that a damaged recording is refused
// and never played. Refusals name the file and the remedy.
#include "sigmf.h"

#include <zcring/limits.h>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

using json = nlohmann::json;

constexpr std::size_t scene_bytes_max = std::size_t{ 1 } << 30;

[[noreturn]] void throw_invalid(const std::string& path, const std::string& why)
{
    throw std::invalid_argument("zcring: " + path + ": " + why);
}

std::vector<std::byte> read_file(const std::string& path, std::size_t most)
{
    errno = 0;
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
    if (size < 0)
        throw std::system_error(errno ? errno : EIO,
                                std::generic_category(),
                                "zcring: cannot read " + path + "; check the path");
    if (static_cast<std::size_t>(size) > most)
        throw_invalid(
            path, "it is longer than " + std::to_string(most) + " bytes; cut it to that length");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    in.seekg(0);
    if (!in.read(reinterpret_cast<char*>(bytes.data()), size))
        throw std::system_error(EIO,
                                std::generic_category(),
                                "zcring: cannot read all of " + path + "; check the disk");
    return bytes;
}

std::string sha512(const std::vector<std::byte>& bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha512(), nullptr))
        throw std::runtime_error(
            "zcring: the cryptography library has no SHA-512; install another build of OpenSSL");
    static constexpr char hex[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; i++) {
        text += hex[digest[i] >> 4];
        text += hex[digest[i] & 15];
    }
    return text;
}

// Values of cu8 are those of sc8 plus 128.
void to_signed(std::vector<std::byte>& bytes)
{
    for (std::byte& b : bytes)
        b ^= std::byte{ 0x80 };
}

format format_of(const std::string& path, const std::string& datatype)
{
    if (datatype == "cu8" || datatype == "ci8")
        return format::sc8;
    if (datatype == "ci16_le" || datatype == "ci16")
        return format::sc16;
    if (datatype == "cf32_le" || datatype == "cf32")
        return format::fc32;
    throw_invalid(path,
                  "its datatype is " + datatype + "; convert it to cu8, ci8, ci16_le or cf32_le");
}

void check_length(const std::string& path, const recording& r, const json& meta)
{
    const std::size_t sample = sample_bytes(r.format);

    if (r.samples.empty())
        throw_invalid(path, "it is empty; record or copy it again");
    if (r.samples.size() % sample)
        throw_invalid(path,
                      "it is truncated: its last sample is not whole; copy it again, or cut it");
    for (const char* part : { "captures", "annotations" })
        for (const json& item : meta.value(part, json::array()))
            // As a double, which can hold every number of JSON.
            if (const double start = item.value("core:sample_start", 0.0);
                !(start >= 0 && start < static_cast<double>(r.samples.size() / sample)))
                throw_invalid(path,
                              std::string("it is truncated: the metadata's ") + part +
                                  " refer to samples beyond its end; copy it again");
}

recording interpret(const std::string& meta_path, const json& meta)
{
    const json& global = meta.at("global");
    const std::string datatype = global.at("core:datatype");
    const std::string data_path = meta_path.substr(0, meta_path.size() - 4) + "data";
    recording r;

    for (const char* key : { "core:dataset", "core:metadata_only", "core:trailing_bytes" })
        if (global.contains(key))
            throw_invalid(meta_path,
                          std::string("it has ") + key + "; convert it to a plain recording");
    for (const json& capture : meta.value("captures", json::array()))
        if (capture.value("core:header_bytes", 0.0) != 0)
            throw_invalid(meta_path, "it has core:header_bytes; convert it to a plain recording");
    r.format = format_of(meta_path, datatype);
    r.rate = global.at("core:sample_rate").get<double>();
    if (!(r.rate >= limits::rate_min && r.rate <= limits::rate_max))
        throw_invalid(meta_path, "core:sample_rate is out of range; it must be 0.001 to 1e10");
    if (global.value("core:num_channels", 1.0) != 1)
        throw_invalid(meta_path, "it has more than one channel; split it");
    const json captures = meta.value("captures", json::array());
    if (!captures.empty() && captures.front().contains("core:frequency"))
        r.frequency = captures.front()["core:frequency"].get<double>();
    if (r.frequency && !(std::abs(*r.frequency) <= limits::frequency_max))
        throw_invalid(meta_path, "core:frequency is out of range; it must be -1e12 to 1e12");

    r.samples = read_file(data_path, scene_bytes_max);
    check_length(data_path, r, meta);
    if (global.contains("core:sha512") && global["core:sha512"] != sha512(r.samples))
        throw_invalid(
            data_path,
            "it is truncated or damaged: its SHA-512 is not the one in the metadata; copy it "
            "again");
    if (datatype == "cu8")
        to_signed(r.samples);
    return r;
}

} // namespace

recording read_sigmf(const std::string& path)
{
    const std::string suffix = ".sigmf-meta";
    if (path.size() <= suffix.size() ||
        path.compare(path.size() - suffix.size(), suffix.size(), suffix) != 0)
        throw std::invalid_argument(
            "zcring: scene=" + path +
            ": the value must be tone, noise, counter or a file that ends in " + suffix);
    const std::vector<std::byte> text = read_file(path, std::size_t{ 1 } << 24);
    try {
        return interpret(path,
                         json::parse(reinterpret_cast<const char*>(text.data()),
                                     reinterpret_cast<const char*>(text.data()) + text.size()));
    } catch (const json::exception& e) {
        throw_invalid(path, std::string("it is not SigMF metadata: ") + e.what());
    }
}

} // namespace zcring
