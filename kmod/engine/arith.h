/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exact arithmetic that the kernel lacks: 128-bit division and gain factors without floating point. */
#ifndef ZCRING_ENGINE_ARITH_H
#define ZCRING_ENGINE_ARITH_H

#include "env.h"

#define ZCRING_GAIN_UNITY (1ULL << 22)

/* n / d, rounded down; 0 < d < 2^127. */
__uint128_t zcring_divide(__uint128_t n, __uint128_t d);

/* The fractional part of n / d, in 2^-64, rounded down; 0 < d < 2^127. */
u64 zcring_fraction(__uint128_t n, __uint128_t d);

/* 10^(millibel / 2000) in 1 / ZCRING_GAIN_UNITY, for -6000 to 6000 millibels. */
u64 zcring_gain_factor(s32 millibel);

#endif /* ZCRING_ENGINE_ARITH_H */
