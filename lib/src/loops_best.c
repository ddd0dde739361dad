// SPDX-License-Identifier: GPL-3.0-or-later
//
// Chooses the loops of the engine for this processor. All of them give the same samples. There are
// none for AVX-512: with vectors of 512 bits the filter is slower than with 256.
#include "loops.h"

#if defined(__x86_64__)
extern const struct zcring_loops zcring_loops_avx2;
#endif
extern const struct zcring_loops zcring_loops_plain;

const struct zcring_loops* zcring_loops_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return &zcring_loops_avx2;
#endif
    return &zcring_loops_plain;
}
