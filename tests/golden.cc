// SPDX-License-Identifier: GPL-3.0-or-later
//
// The same inputs give the same bytes, in the emulator and in the kernel.
//
//     golden DEVICE [EXPECTED]
//
// prints one line for each case: its name, and a hash (FNV-1a, 64 bits) of the first samples of
// each channel; EXPECTED is a file of such lines to compare with. DEVICE is "emulator",
// "device=/dev/zcring0", or any other start of an argument string.
#include <zcring/reader.h>

#include <unistd.h>
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace zcring;
using namespace std::chrono_literals;

constexpr unsigned channels = 2; // one is centred, one is tuned
constexpr double centre = 433.92e6;
constexpr double scene_rate = 240e3; // an emulated machine must keep up

// How the scene is received. Both channels together have all of the scene, some of it, and an edge.
struct reception {
    double offset; // Hz, of the tuned channel
    double gain;   // dB
    const char* noise;
};

constexpr reception receptions[] = {
    { 12345.678901, 0, "none" },
    { -34567.890123, -3.5, "-40" },
    { 109876.543210, 30, "-20" },
};

class hash
{
public:
    void add(const void* bytes, std::size_t size)
    {
        const auto* p = static_cast<const unsigned char*>(bytes);
        for (std::size_t k = 0; k < size; k++)
            d_state = (d_state ^ p[k]) * 0x100000001b3u;
    }
    std::uint64_t value() const { return d_state; }

private:
    std::uint64_t d_state = 0xcbf29ce484222325u;
};

// Three recordings of the same pseudo-random numbers; their length divides no ring or burst.
class recordings
{
public:
    recordings()
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "zcring-golden-XXXXXX").string();
        if (!mkdtemp(name.data()))
            throw std::runtime_error("no temporary directory");
        d_path = name;
        std::vector<std::int8_t> sc8;
        std::vector<std::int16_t> sc16;
        std::vector<float> fc32;
        std::uint32_t state = 1;
        for (int k = 0; k < 2 * 3001; k++) {
            state = state * 1664525u + 1013904223u;
            sc8.push_back(static_cast<std::int8_t>(state >> 24));
            sc16.push_back(static_cast<std::int16_t>(state >> 16));
            fc32.push_back(static_cast<float>(static_cast<std::int32_t>(state) / 1.5e9));
        }
        write("sc8", "ci8", sc8.data(), sc8.size());
        write("sc16", "ci16_le", sc16.data(), 2 * sc16.size());
        write("fc32", "cf32_le", fc32.data(), 4 * fc32.size());
    }
    ~recordings()
    {
        std::error_code ignored;
        std::filesystem::remove_all(d_path, ignored);
    }
    recordings(const recordings&) = delete;
    recordings& operator=(const recordings&) = delete;

    std::string scene(const std::string& name) const { return d_path + "/" + name + ".sigmf-meta"; }

private:
    void write(const std::string& name, const char* datatype, const void* samples, std::size_t size)
    {
        std::ofstream(d_path + "/" + name + ".sigmf-data", std::ios::binary)
            .write(static_cast<const char*>(samples), static_cast<std::streamsize>(size));
        std::ofstream(scene(name))
            << R"({"global": {"core:datatype": ")" << datatype
            << R"(", "core:sample_rate": 240000, "core:version": "1.0.0"},)"
            << R"("captures": [{"core:sample_start": 0, "core:frequency": 433920000}],)"
            << R"("annotations": []})";
    }

    std::string d_path;
};

std::string hash_of(device& dev, std::uint64_t samples)
{
    reader in(dev);
    std::array<hash, channels> hashes;
    const std::size_t bytes = sample_bytes(dev.format());
    dev.start();
    for (std::uint64_t left = samples; left;) {
        const status s = in.wait(1, 60s);
        if (s != status::data)
            throw std::runtime_error(std::string("the stream ended early: ") + to_string(s));
        const reader::view v = in.acquire(left);
        while (const std::optional<burst> b = in.next_burst(v.index + v.samples))
            if (b->lost)
                throw std::runtime_error("samples were lost before sample " +
                                         std::to_string(b->index));
        for (unsigned c = 0; c < channels; c++)
            hashes[c].add(v.channel[c], v.samples * bytes);
        in.release(v.samples);
        left -= v.samples;
    }
    std::string text;
    for (const hash& h : hashes) {
        char digits[17];
        std::snprintf(digits, sizeof(digits), "%016" PRIx64, h.value());
        text += digits;
    }
    return text;
}

std::string one_line(const std::string& arguments, unsigned decimation, const reception& r)
{
    device dev(arguments + ",rate=240000,freq=433920000,channels=2,interval_us=5000," +
               "ring_bytes=1048576,dma=copy,seed=42,noise=" + r.noise);
    if (decimation != 1)
        dev.set_rate(scene_rate / decimation);
    dev.set_frequency(centre + r.offset, 1u << 1);
    dev.set_gain(r.gain);
    // More than a block of rotors, and not much more than the samples of one recording.
    return hash_of(dev, 300 + 4000 / decimation);
}

std::string all_lines(const std::string& where)
{
    const recordings files;
    std::ostringstream lines;
    for (const std::string format : { "sc8", "sc16", "fc32" })
        for (const std::string scene :
             { "tone", "noise", "counter", "recorded-sc8", "recorded-sc16", "recorded-fc32" })
            for (const unsigned decimation : { 1u, 2u, 3u, 8u, 25u, 64u })
                for (const reception& r : receptions) {
                    const bool recorded = scene.rfind("recorded-", 0) == 0;
                    if (decimation != 1 && !recorded)
                        continue;
                    lines << scene << "-as-" << format << "-by-" << decimation << "-gain=" << r.gain
                          << "-noise=" << r.noise << ' '
                          << one_line(where + ",format=" + format + ",scene=" +
                                          (recorded ? files.scene(scene.substr(9)) : scene),
                                      decimation,
                                      r)
                          << '\n';
                }
    return lines.str();
}

int compare(const std::string& lines, const char* path)
{
    std::ifstream file(path);
    if (!file) {
        std::cerr << "golden: cannot read " << path << '\n';
        return 2;
    }
    std::istringstream found(lines);
    int wrong = 0;
    for (std::string expected, line; std::getline(file, expected) || !expected.empty();
         expected.clear()) {
        line.clear();
        std::getline(found, line);
        if (line != expected) {
            std::cerr << "expected " << expected << "\n   found " << line << '\n';
            wrong++;
        }
    }
    for (std::string line; std::getline(found, line); wrong++)
        std::cerr << "not expected: " << line << '\n';
    return wrong != 0;
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc < 2 || argc > 3) {
        std::cerr << "usage: golden DEVICE [EXPECTED]\n";
        return 2;
    }
    const std::string lines = all_lines(argv[1]);
    std::cout << lines;
    return argc == 3 ? compare(lines, argv[2]) : 0;
} catch (const std::exception& e) {
    std::cerr << "golden: " << e.what() << '\n';
    return 2;
}
