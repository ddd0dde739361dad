/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: the filter with AVX2, in the vectors of the compiler, as the kernel has no
 * immintrin.h.
 *
 * A tap has up to 21 bits, which are two 16-bit factors (struct zcring_taps). Only the taps in the
 * middle need both: further out the whole tap, in 2^-19, has 16 bits, and one product is enough.
 * I and Q of an output have 16 sums each, 8 lanes of even and of odd groups of taps. With inputs of
 * at most 2^14.5, none comes nearer to 2^31 than 0.96 of it, for any decimation and width.
 */
#ifndef ZCRING_ENGINE_LOOPS_AVX2_H
#define ZCRING_ENGINE_LOOPS_AVX2_H

#define LOOPS_LANES	16U /* taps in a register */
#define LOOPS_HIGH_MOST 1023 /* of a tap outside of the middle: then no sum overflows */

typedef s16 loops_v16 __attribute__((vector_size(32)));
typedef s16 loops_v16_in_memory __attribute__((vector_size(32), aligned(2), may_alias));
typedef s32 loops_v8 __attribute__((vector_size(32)));
typedef long long loops_v2_wide __attribute__((vector_size(16)));
typedef long long loops_v4_wide __attribute__((vector_size(32)));
typedef unsigned long long loops_v4_unsigned __attribute__((vector_size(32)));

/* The sums of one output: even and odd groups of taps, and the upper parts of those in the middle. */
struct loops_lanes {
	loops_v8 i[2], q[2];
	loops_v8 high_i, high_q;
};

LOOPS_INLINE loops_v16 loops_vector(const s16 *from)
{
	return *(const loops_v16_in_memory *)from;
}

/* Adds a[2 k] * b[2 k] + a[2 k + 1] * b[2 k + 1] to each lane k. */
LOOPS_INLINE loops_v8 loops_add_madd(loops_v8 sum, loops_v16 a, loops_v16 b)
{
	return sum + (loops_v8)__builtin_ia32_pmaddwd256(a, b);
}

LOOPS_INLINE void loops_add_whole(struct loops_lanes *lanes, u32 odd, loops_v16 whole, const s16 *i,
				  const s16 *q)
{
	lanes->i[odd] = loops_add_madd(lanes->i[odd], loops_vector(i), whole);
	lanes->q[odd] = loops_add_madd(lanes->q[odd], loops_vector(q), whole);
}

/* Adds the products of a group of taps, which have 16 bits, for two outputs. */
LOOPS_INLINE void loops_add_group(const struct zcring_taps *taps, u32 k, u32 odd, u32 step,
				  const s16 *i, const s16 *q, struct loops_lanes lanes[2])
{
	loops_v16 whole = (loops_vector(taps->high + k) << 4) + loops_vector(taps->low + k);

	loops_add_whole(lanes, odd, whole, i + k, q + k);
	loops_add_whole(lanes + 1, odd, whole, i + step + k, q + step + k);
}

/* Likewise from @k to @end. */
LOOPS_INLINE void loops_add_outer(const struct zcring_taps *taps, u32 k, u32 end, u32 step,
				  const s16 *i, const s16 *q, struct loops_lanes lanes[2])
{
	for (; k + 2 * LOOPS_LANES <= end; k += 2 * LOOPS_LANES) {
		loops_add_group(taps, k, 0, step, i, q, lanes);
		loops_add_group(taps, k + LOOPS_LANES, 1, step, i, q, lanes);
	}
	if (k < end)
		loops_add_group(taps, k, 0, step, i, q, lanes);
}

/* Likewise with both factors of each tap. */
LOOPS_INLINE void loops_add_middle(const struct zcring_taps *taps, u32 k, u32 end, u32 step,
				   const s16 *i, const s16 *q, struct loops_lanes lanes[2])
{
	u32 output;

	for (; k < end; k += LOOPS_LANES) {
		loops_v16 high = loops_vector(taps->high + k);
		loops_v16 low = loops_vector(taps->low + k);

		for (output = 0; output < 2; output++) {
			struct loops_lanes *to = lanes + output;
			const s16 *from_i = i + k + output * step;
			const s16 *from_q = q + k + output * step;

			to->high_i = loops_add_madd(to->high_i, loops_vector(from_i), high);
			to->high_q = loops_add_madd(to->high_q, loops_vector(from_q), high);
			loops_add_whole(to, 0, low, from_i, from_q);
		}
	}
}

union loops_wide_sums {
	loops_v4_wide lanes;
	loops_v2_wide half[2];
};

/* @lanes times @factor, which is the same in all lanes, and added in pairs, as 64 bits. */
LOOPS_INLINE loops_v4_wide loops_pairs(loops_v8 lanes, loops_v8 factor)
{
	loops_v8 odd = (loops_v8)((loops_v4_unsigned)lanes >> 32);

	return (loops_v4_wide)__builtin_ia32_pmuldq256(lanes, factor) +
	       (loops_v4_wide)__builtin_ia32_pmuldq256(odd, factor);
}

/* The sum of all lanes, from 2^-33 to 2^-27. */
LOOPS_INLINE s32 loops_round_lanes(loops_v8 high, const loops_v8 lanes[2])
{
	const loops_v8 one = { 1, 1, 1, 1, 1, 1, 1, 1 };
	union loops_wide_sums sums = {
		.lanes = loops_pairs(high, one << 4) + loops_pairs(lanes[0], one) +
			 loops_pairs(lanes[1], one),
	};
	loops_v2_wide half = sums.half[0] + sums.half[1];

	return (s32)((half[0] + half[1] + (1 << 5)) >> 6);
}

/* Finds the groups of taps, from *@from to *@to, that need both factors. */
LOOPS_INLINE void loops_find_middle(const struct zcring_taps *taps, u32 *from, u32 *to)
{
	u32 reach = taps->count / 2;
	u32 k = 0;

	while (k <= reach && taps->high[k] <= LOOPS_HIGH_MOST && taps->high[k] >= -LOOPS_HIGH_MOST)
		k++;
	*from = k / LOOPS_LANES * LOOPS_LANES;
	*to = k > reach ? *from : (taps->count - 1 - k) / LOOPS_LANES * LOOPS_LANES + LOOPS_LANES;
}

/* Outputs in pairs; returns how many were computed. */
LOOPS_INLINE u32 loops_filter_pairs(const struct zcring_taps *taps, u32 step, const s16 *i,
				    const s16 *q, s32 *to_i, s32 *to_q, u32 n)
{
	const loops_v8 none = {};
	u32 from, to, done, output;

	loops_find_middle(taps, &from, &to);
	for (done = 0; done + 2 <= n; done += 2, i += 2 * step, q += 2 * step) {
		struct loops_lanes lanes[2] = { { { none, none }, { none, none }, none, none },
						{ { none, none }, { none, none }, none, none } };

		loops_add_outer(taps, 0, from, step, i, q, lanes);
		loops_add_middle(taps, from, to, step, i, q, lanes);
		loops_add_outer(taps, to, taps->padded, step, i, q, lanes);
		for (output = 0; output < 2; output++, to_i++, to_q++) {
			*to_i = loops_round_lanes(lanes[output].high_i, lanes[output].i);
			*to_q = loops_round_lanes(lanes[output].high_q, lanes[output].q);
		}
	}
	return done;
}

#endif /* ZCRING_ENGINE_LOOPS_AVX2_H */
