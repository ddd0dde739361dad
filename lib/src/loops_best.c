// SPDX-License-Identifier: GPL-3.0-or-later
//
// Chooses the loops of the engine for this processor. All of them give the same samples.
#include "loops_best.h"

#include <stddef.h>

#if defined(__x86_64__)
extern const struct zcring_loops zcring_loops_avx2;
extern const struct zcring_loops zcring_loops_avx512;
#endif
extern const struct zcring_loops zcring_loops_plain;
extern const struct zcring_loops zcring_loops_integer;

const struct zcring_loops* zcring_loops_of(unsigned which)
{
    switch (which) {
    case 0:
        return &zcring_loops_plain;
    case 1:
        return &zcring_loops_integer;
#if defined(__x86_64__)
    case 2:
        return __builtin_cpu_supports("avx2") ? &zcring_loops_avx2 : &zcring_loops_plain;
    case 3:
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl")
                   ? &zcring_loops_avx512
                   : &zcring_loops_plain;
#endif
    }
    return NULL;
}

// With 512-bit vectors the filter is slower than with 256.
const struct zcring_loops* zcring_loops_best(void)
{
    const struct zcring_loops* fast = zcring_loops_of(2);
    return fast ? fast : &zcring_loops_plain;
}
