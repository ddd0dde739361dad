/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: the filter with AVX2, for the library.
 *
 * A tap has up to 21 bits, which are two 16-bit factors (struct zcring_taps). Only the taps in the
 * middle need both: further out the whole tap, in 2^-19, has 16 bits, and one product is enough.
 * I and Q of an output have 16 sums each, 8 lanes of even and of odd groups of taps. With inputs of
 * at most 2^14.5, none comes nearer to 2^31 than 0.96 of it, for any decimation and width.
 */
#ifndef ZCRING_ENGINE_LOOPS_AVX2_H
#define ZCRING_ENGINE_LOOPS_AVX2_H

#include <immintrin.h>

#define LOOPS_LANES	16U /* taps in a register */
#define LOOPS_HIGH_MOST 1023 /* of a tap outside of the middle: then no sum overflows */

/* The sums of one output: even and odd groups of taps, and the upper parts of those in the middle. */
struct loops_lanes {
	__m256i i[2], q[2];
	__m256i high_i, high_q;
};

LOOPS_INLINE __m256i loops_vector(const s16 *from)
{
	return _mm256_loadu_si256((const __m256i *)from);
}

LOOPS_INLINE __m256i loops_add_madd(__m256i sum, __m256i a, __m256i b)
{
	return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

LOOPS_INLINE void loops_add_whole(struct loops_lanes *lanes, u32 odd, __m256i whole, const s16 *i,
				  const s16 *q)
{
	lanes->i[odd] = loops_add_madd(lanes->i[odd], loops_vector(i), whole);
	lanes->q[odd] = loops_add_madd(lanes->q[odd], loops_vector(q), whole);
}

/* Adds the products of a group of taps, which have 16 bits, for two outputs. */
LOOPS_INLINE void loops_add_group(const struct zcring_taps *taps, u32 k, u32 odd, u32 step,
				  const s16 *i, const s16 *q, struct loops_lanes lanes[2])
{
	__m256i whole = _mm256_add_epi16(_mm256_slli_epi16(loops_vector(taps->high + k), 4),
					 loops_vector(taps->low + k));

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
		__m256i high = loops_vector(taps->high + k);
		__m256i low = loops_vector(taps->low + k);

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

/* 8 lanes, in pairs, as 64 bits. */
LOOPS_INLINE __m256i loops_pairs(__m256i lanes)
{
	return _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes)),
				_mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1)));
}

/* The sum of all lanes, from 2^-33 to 2^-27. */
LOOPS_INLINE s32 loops_round_lanes(__m256i high, const __m256i lanes[2])
{
	__m256i sums =
		_mm256_add_epi64(_mm256_slli_epi64(loops_pairs(high), 4),
				 _mm256_add_epi64(loops_pairs(lanes[0]), loops_pairs(lanes[1])));
	__m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));

	return (s32)((_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1) + (1 << 5)) >> 6);
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
	const __m256i none = _mm256_setzero_si256();
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
