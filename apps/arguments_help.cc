// SPDX-License-Identifier: GPL-3.0-or-later
#include "arguments_help.h"

namespace app {

const char* const arguments_help =
    R"(ARGS says which device, and how it is to be set: items with commas between them, such as
  emulator,format=fc32,rate=2e6    or    device=/dev/zcring0,channels=2

  device=PATH    a kernel device, such as /dev/zcring0
  emulator       the emulator, inside this process; with neither, the first /dev/zcring*
                 that may be opened, else the emulator
  format=        sc8, sc16 or fc32
  channels=      1 to 8
  rate=          samples a second, 0.001 to 1e10
  freq=          Hz, -1e12 to 1e12
  gain=          dB, -60 to 60
  ring_bytes=    of one channel's ring: a power of two, 4096 to 1073741824
  interval_us=   time between bursts, 100 to 60000000
  scene=         tone, noise, counter or FILE.sigmf-meta
  dma=           copy, or resident: the ring is written once
  pace=          real, or free: as fast as it is read (emulator only)
  seed=          of everything random, 0 to 18446744073709551615

What is not given stays as the device has it. The emulator begins with sc16, one channel,
1e6 samples a second, 100 MHz, 0 dB, 8 MiB, 50 ms, a tone, copy, real, 0.
)";

} // namespace app
