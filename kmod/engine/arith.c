// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exact arithmetic (arith.h) in integers. Every result is defined to the last bit, so that kernel
 * and user space compute the same samples and times.
 */
#include "arith.h"

static const __uint128_t arith_top_bit = (__uint128_t)1 << 127;

/* Long division, bit by bit: kernels have no 128-bit division helper of the compiler. */
static __uint128_t arith_divide_bits(__uint128_t n, __uint128_t d, __uint128_t *rest)
{
	__uint128_t quotient = 0;
	int bits = 128;

	*rest = 0;
	while (bits && !(n & arith_top_bit)) {
		n <<= 1;
		bits--;
	}
	for (; bits; bits--) {
		*rest <<= 1;
		if (n & arith_top_bit)
			*rest |= 1;
		n <<= 1;
		quotient <<= 1;
		if (*rest >= d) {
			*rest -= d;
			quotient |= 1;
		}
	}
	return quotient;
}

/*
 * The same for @high * 2^64 + @low, and @high < @d, by two digits of 32 bits. A digit that is estimated
 * by the upper half of a divisor whose top bit is set is at most two too large.
 */
static u64 arith_divide_short(u64 high, u64 low, u64 d, u64 *rest)
{
	int shift = __builtin_clzll(d);
	__uint128_t part, product;
	u64 quotient = 0;
	u64 digit;
	int i;

	d <<= shift;
	if (shift)
		high = high << shift | low >> (64 - shift);
	low <<= shift;
	for (i = 0; i < 2; i++, low <<= 32) {
		part = (__uint128_t)high << 32 | low >> 32;
		digit = min(high / (d >> 32), 0xffffffffULL);
		product = (__uint128_t)digit * d;
		for (; product > part; product -= d)
			digit--;
		high = (u64)(part - product);
		quotient = quotient << 32 | digit;
	}
	*rest = high >> shift;
	return quotient;
}

static __uint128_t arith_divide(__uint128_t n, __uint128_t d, __uint128_t *rest)
{
	u64 high = (u64)(n >> 64);
	u64 short_d = (u64)d;
	u64 low, short_rest;

	if (d >> 64 || !d)
		return arith_divide_bits(n, d, rest);
	low = arith_divide_short(high % short_d, (u64)n, short_d, &short_rest);
	*rest = short_rest;
	return (__uint128_t)(high / short_d) << 64 | low;
}

__uint128_t zcring_divide(__uint128_t n, __uint128_t d)
{
	__uint128_t rest;

	return arith_divide(n, d, &rest);
}

u64 zcring_fraction(__uint128_t n, __uint128_t d)
{
	__uint128_t rest;
	u64 fraction = 0;
	int bits;

	arith_divide(n, d, &rest);
	if (d && !(d >> 64)) {
		u64 none;

		return arith_divide_short((u64)rest, 0, (u64)d, &none);
	}
	for (bits = 64; bits; bits--) {
		rest <<= 1;
		fraction <<= 1;
		if (rest >= d) {
			rest -= d;
			fraction |= 1;
		}
	}
	return fraction;
}

#define ARITH_ROOTS 24

/* 2^(2^-1), 2^(2^-2), ... in 2^-30, rounded. */
static const u32 arith_roots_of_two[ARITH_ROOTS] = {
	1518500250, 1276901417, 1170923762, 1121280436, 1097253708, 1085434106,
	1079572136, 1076653033, 1075196443, 1074468888, 1074105294, 1073923544,
	1073832680, 1073787251, 1073764537, 1073753181, 1073747502, 1073744663,
	1073743244, 1073742534, 1073742179, 1073742001, 1073741913, 1073741868,
};

/*
 * The gain as a power of two: whole octaves by shifts, the fraction of an octave by one factor for
 * each of its binary digits.
 */
u64 zcring_gain_factor(s32 millibel)
{
	const s64 octaves_per_millibel = 7133786; /* log2(10) / 2000 in 2^-32 */
	s64 exponent = millibel * octaves_per_millibel;
	s32 octaves = (s32)(exponent >> 32);
	u32 digits = (u32)exponent;
	u64 factor = 1ULL << 30;
	u32 i;

	for (i = 0; i < ARITH_ROOTS; i++)
		if (digits & (1U << (31 - i)))
			factor = (factor * arith_roots_of_two[i] + (1ULL << 29)) >> 30;
	if (octaves >= 8)
		return factor << (octaves - 8);
	return (factor + (1ULL << (7 - octaves))) >> (8 - octaves);
}
