// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The channel filter (filter.h): a sinc with a Kaiser window of 66 dB (J. F. Kaiser, R. W. Schafer,
 * "On the use of the I0-sinh window for spectrum analysis", 1980), in integers.
 *
 * The Bessel function of the window is a series in y = 1 - x^2, all of whose terms are positive:
 * I0(beta sqrt(y)) / I0(beta) = sum over k of c[k] y^k, c[k] = (beta / 2)^(2 k) / (k!)^2 /
 * I0(beta).
 */
#include "filter.h"
#include "rotor.h"

#define FILTER_SERIES 14
#define FILTER_ONE    (1LL << 30)
#define FILTER_LOW    4 /* bits of a tap that zcring_taps.low holds */
#define FILTER_PLAIN  4U /* up to this decimation, 16 bits are enough for a tap */

/* c[k] in 2^-30, for beta = 0.1102 (66 - 8.7); the sum is 1. */
static const s32 filter_series[FILTER_SERIES] = {
	11978085, 119398761, 297544734, 329550672, 205312154, 81862894, 22667156,
	4611194,  718201,    88384,	8810,	   726,	      50,	3,
};

/* The window @k of @reach samples from its middle, in 2^-30. */
static s64 filter_window(u32 k, u32 reach)
{
	s64 x = ((s64)k << 30) / reach;
	s64 y = FILTER_ONE - (x * x >> 30);
	s64 sum = 0;
	int term;

	for (term = FILTER_SERIES - 1; term >= 0; term--)
		sum = (sum * y >> 30) + filter_series[term];
	return sum;
}

/* The ideal low-pass @k samples from its middle: width sinc(k width), in 2^-30. */
static s64 filter_ideal(u32 k, u64 width)
{
	const s64 one_by_pi = 341782638; /* in 2^-30 */

	if (!k)
		return (s64)(width >> 33);
	/* A turn is 2^64, and width is in 2^-63: pi k width is a phase of k width. */
	return (zcring_unit_vector(width * k).q * one_by_pi >> 30) / k;
}

static s64 filter_tap(u32 k, u32 reach, u64 width)
{
	return filter_ideal(k, width) * filter_window(k, reach); /* 2^-60 */
}

/* @tap in 2^-60 of @sum, in 2^-19. */
static s32 filter_scaled(s64 tap, s64 sum)
{
	s64 divisor = sum >> 20; /* in 2^-40; the quotient is in 2^-20 */

	return (s32)((tap / divisor + 1) >> 1);
}

static void filter_set(struct zcring_taps *taps, u32 place, s32 tap)
{
	s32 high = (tap + (1 << (FILTER_LOW - 1))) >> FILTER_LOW;

	taps->high[place] = (s16)min(high, 32767);
	taps->low[place] = (s16)(tap - high * (1 << FILTER_LOW));
}

void zcring_taps_design(struct zcring_taps *taps, u32 decimation, u64 width)
{
	u32 reach = ZCRING_FILTER_REACH * decimation;
	s64 sum = filter_tap(0, reach, width);
	s32 tap;
	u32 k;

	taps->count = 2 * reach + 1;
	taps->padded = (taps->count + 15) / 16 * 16;
	taps->has_low = decimation > FILTER_PLAIN;
	memset(taps->high, 0, sizeof(taps->high));
	memset(taps->low, 0, sizeof(taps->low));
	for (k = 1; k <= reach; k++)
		sum += 2 * filter_tap(k, reach, width);
	for (k = 0; k <= reach; k++) {
		tap = filter_scaled(filter_tap(k, reach, width), sum);
		filter_set(taps, reach - k, tap);
		filter_set(taps, reach + k, tap);
	}
}
