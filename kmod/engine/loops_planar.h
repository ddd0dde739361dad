/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: the window and the filter where the loops are vectorised, I and Q apart.
 *
 * With inputs of at most 2^14.5 and taps whose sizes add up to less than 67000, no sum of a filter
 * overflows 32 bits.
 */
#ifndef ZCRING_ENGINE_LOOPS_PLANAR_H
#define ZCRING_ENGINE_LOOPS_PLANAR_H

static void loops_silence(struct zcring_window *window, u32 at, u32 n)
{
	memset(window->i + at, 0, n * sizeof(*window->i));
	memset(window->q + at, 0, n * sizeof(*window->q));
}

LOOPS_INLINE void loops_mix_apart(u32 format, const u8 *restrict from, s16 *restrict i,
				  s16 *restrict q, u32 n, const s32 *restrict table_i,
				  const s32 *restrict table_q, struct zcring_rotor block)
{
	size_t k; /* 2 k does not wrap, which the compiler must know */

	for (k = 0; k < n; k++)
		loops_mix_one(format, from, k, table_i[k], table_q[k], block, i + k, q + k);
}

LOOPS_INLINE void loops_mix_as(u32 format, const u8 *from, struct zcring_window *window, u32 at,
			       u32 n, const s32 *table_i, const s32 *table_q,
			       struct zcring_rotor block)
{
	loops_mix_apart(format, from, window->i + at, window->q + at, n, table_i, table_q, block);
}

/* The sums of one output: I and Q with the upper and with the lower part of the taps. */
struct loops_sums {
	s32 high_i, high_q, low_i, low_q;
};

LOOPS_INLINE void loops_add_products(struct loops_sums *sums, s32 i, s32 q, s32 high, s32 low,
				     bool has_low)
{
	sums->high_i += i * high;
	sums->high_q += q * high;
	if (has_low) {
		sums->low_i += i * low;
		sums->low_q += q * low;
	}
}

/* 2^-33 to 2^-27 */
LOOPS_INLINE void loops_round_sums(const struct loops_sums *sums, s32 *to_i, s32 *to_q)
{
	*to_i = (s32)(((s64)sums->high_i * 16 + sums->low_i + (1 << 5)) >> 6);
	*to_q = (s32)(((s64)sums->high_q * 16 + sums->low_q + (1 << 5)) >> 6);
}

LOOPS_INLINE void loops_filter_one(const struct zcring_taps *taps, u32 padded, bool has_low,
				   const s16 *restrict i, const s16 *restrict q, s32 *restrict to_i,
				   s32 *restrict to_q)
{
	struct loops_sums sums = { 0 };
	u32 k;

	for (k = 0; k < padded; k++)
		loops_add_products(&sums, i[k], q[k], taps->high[k], taps->low[k], has_low);
	loops_round_sums(&sums, to_i, to_q);
}

/* Two outputs at once: each tap is loaded once for both, and loads limit the speed. */
LOOPS_INLINE void loops_filter_two(const struct zcring_taps *taps, u32 padded, bool has_low,
				   u32 step, const s16 *restrict i, const s16 *restrict q,
				   s32 *restrict to_i, s32 *restrict to_q)
{
	struct loops_sums sums = { 0 }, next = { 0 };
	const s16 *restrict next_i = i + step;
	const s16 *restrict next_q = q + step;
	u32 k;

	for (k = 0; k < padded; k++) {
		s16 high = taps->high[k];
		s16 low = taps->low[k];

		loops_add_products(&sums, i[k], q[k], high, low, has_low);
		loops_add_products(&next, next_i[k], next_q[k], high, low, has_low);
	}
	loops_round_sums(&sums, to_i, to_q);
	loops_round_sums(&next, to_i + 1, to_q + 1);
}

#ifdef __AVX2__
#include "loops_avx2.h"
#endif

LOOPS_INLINE void loops_filter_as(const struct zcring_taps *taps, u32 padded, bool has_low,
				  u32 step, const s16 *i, const s16 *q, s32 *to_i, s32 *to_q, u32 n)
{
	for (; n >= 2; n -= 2, i += 2 * step, q += 2 * step, to_i += 2, to_q += 2)
		loops_filter_two(taps, padded, has_low, step, i, q, to_i, to_q);
	if (n)
		loops_filter_one(taps, padded, has_low, i, q, to_i, to_q);
}

static void loops_filter(const struct zcring_taps *taps, const struct zcring_window *window, u32 at,
			 u32 step, s32 *to_i, s32 *to_q, u32 n)
{
	u32 padded = taps->padded / 16 * 16;
	const s16 *i = window->i + at;
	const s16 *q = window->q + at;
#ifdef __AVX2__
	u32 done = taps->has_low ? loops_filter_pairs(taps, step, i, q, to_i, to_q, n) : 0;

	i += done * step;
	q += done * step;
	to_i += done;
	to_q += done;
	n -= done;
#endif
	if (padded == 48) /* without decimation: unrolled */
		for (; n; n--, i += step, q += step)
			loops_filter_one(taps, 48, false, i, q, to_i++, to_q++);
	else if (taps->has_low)
		loops_filter_as(taps, padded, true, step, i, q, to_i, to_q, n);
	else
		loops_filter_as(taps, padded, false, step, i, q, to_i, to_q, n);
}

#endif /* ZCRING_ENGINE_LOOPS_PLANAR_H */
