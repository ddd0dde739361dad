// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a million samples of the emulator through libzcring, and reports each gap with its place
// and its length. A fault is injected, so that there is a gap to report.
//
//     c++ -std=c++17 read_emulator.cc $(pkg-config --cflags --libs zcring) -o read_emulator
#include <zcring/device.h>
#include <zcring/reader.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

using namespace std::chrono_literals;

void read(zcring::device& device, std::uint64_t wanted)
{
    zcring::reader reader(device);
    std::uint64_t samples = 0, lost = 0;

    device.start();
    device.drop(1000); // the next 1000 samples are lost
    while (samples < wanted) {
        const zcring::status status = reader.wait(1, 1s);
        const zcring::reader::view view = reader.acquire();
        if (view.samples == 0) {
            std::printf("no samples: %s\n", zcring::to_string(status));
            break;
        }
        // A burst tells what was lost just before its first sample.
        while (const auto burst = reader.next_burst(view.index + view.samples)) {
            if (burst->lost == 0)
                continue;
            std::printf("gap: %llu samples lost before sample %llu\n",
                        static_cast<unsigned long long>(burst->lost),
                        static_cast<unsigned long long>(burst->index));
            lost += burst->lost;
        }
        // The samples are at view.channel[0], and stay there until they are released.
        samples += view.samples;
        reader.release(view.samples);
    }
    device.stop();
    std::printf("%llu samples read, %llu lost\n",
                static_cast<unsigned long long>(samples),
                static_cast<unsigned long long>(lost));
}

} // namespace

int main()
{
    try {
        zcring::device device("emulator,rate=5e6,interval_us=5000");
        read(device, 1000000);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "read_emulator: %s\n", error.what());
        return 1;
    }
}
