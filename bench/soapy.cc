// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What a client of SoapySDR pays for a sample, beside the bare loop over the same ring.
 *
 *     zcring-bench-soapy LOOP SECONDS
 *
 * LOOP is `volk` (the library's reader, and VOLK from sc16 to fc32), `read_cf32` (readStream(), the
 * same conversion), `read_cs16` (readStream(), a copy) or `direct` (acquireReadBuffer()). Prints
 * nanoseconds of CPU time a sample. The ring is resident: making samples costs nothing.
 */
#include <SoapySDR/Device.hpp>
#include <SoapySDR/Formats.hpp>
#include <zcring/reader.h>

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <sys/resource.h>

#include <chrono>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

const std::string ring = "emulator,pace=free,dma=resident,scene=tone,rate=1e6";
// The result of a piece of this size stays in the second-level cache.
constexpr std::uint64_t piece_samples = 16384;

double cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Nanoseconds a sample of a step, which returns how many samples it has read.
double measure(double seconds, const std::function<std::uint64_t()>& step)
{
    for (std::uint64_t warm = 0; warm < 8 << 20;) // the first lap writes the ring
        warm += step();
    const auto end = steady::now() + std::chrono::duration<double>(seconds);
    const double before = cpu_seconds();
    std::uint64_t samples = 0;
    while (steady::now() < end)
        for (int i = 0; i < 64; i++)
            samples += step();
    return (cpu_seconds() - before) * 1e9 / static_cast<double>(samples);
}

double bare(double seconds)
{
    zcring::device dev(ring);
    zcring::reader in(dev);
    volk::vector<std::complex<float>> out(piece_samples);
    dev.start();
    return measure(seconds, [&] {
        in.wait(1, 1s);
        const auto v = in.acquire(piece_samples);
        volk_16i_s32f_convert_32f(reinterpret_cast<float*>(out.data()),
                                  static_cast<const int16_t*>(v.channel[0]),
                                  32768,
                                  static_cast<unsigned>(2 * v.samples));
        in.release(v.samples);
        return v.samples;
    });
}

std::uint64_t checked(int result)
{
    if (result < 0)
        throw std::runtime_error("SoapySDR gives " + std::to_string(result));
    return static_cast<std::uint64_t>(result);
}

double by_soapy(const std::string& format, bool is_direct, double seconds)
{
    SoapySDR::Device* const dev = SoapySDR::Device::make("driver=zcring," + ring);
    SoapySDR::Stream* const stream = dev->setupStream(SOAPY_SDR_RX, format);
    volk::vector<std::complex<float>> out(piece_samples);
    void* buffers[] = { out.data() };
    checked(dev->activateStream(stream));
    const double found = measure(seconds, [&] {
        int flags = 0;
        long long time_ns = 0;
        if (!is_direct)
            return checked(
                dev->readStream(stream, buffers, piece_samples, flags, time_ns, 1000000));
        std::size_t handle = 0;
        const void* ring_buffers[1];
        const auto n =
            checked(dev->acquireReadBuffer(stream, handle, ring_buffers, flags, time_ns, 1000000));
        dev->releaseReadBuffer(stream, handle);
        return n;
    });
    dev->closeStream(stream);
    SoapySDR::Device::unmake(dev);
    return found;
}

} // namespace

int main(int argc, char** argv)
try {
    const std::map<std::string, std::function<double(double)>> loops = {
        { "volk", bare },
        { "read_cf32", [](double s) { return by_soapy(SOAPY_SDR_CF32, false, s); } },
        { "read_cs16", [](double s) { return by_soapy(SOAPY_SDR_CS16, false, s); } },
        { "direct", [](double s) { return by_soapy(SOAPY_SDR_CS16, true, s); } },
    };
    const auto loop = argc == 3 ? loops.find(argv[1]) : loops.end();
    if (loop == loops.end()) {
        std::fprintf(stderr, "usage: zcring-bench-soapy LOOP SECONDS\n");
        return 64;
    }
    std::printf("%.6f\n", loop->second(std::atof(argv[2])));
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "zcring-bench-soapy: %s\n", e.what());
    return 1;
}
