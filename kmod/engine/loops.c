// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loops over samples (loops.h), written for a compiler that vectorises them: integer
 * arithmetic, and of floating point only operations that have one right result. Where the kernel
 * has no floating point, it computes a float from its bits, with the same result.
 */
#include "loops.h"

#ifndef ZCRING_LOOPS
#define ZCRING_LOOPS	  zcring_loops_plain
#define ZCRING_LOOPS_NAME "plain"
#endif
extern const struct zcring_loops ZCRING_LOOPS; /* declared where the loops are chosen, too */

#include "loops_convert.h"

#define LOOPS_CONVERT(from_format, to_format)                                                       \
	case (from_format)*4 + (to_format):                                                         \
		return gained ? loops_convert_as(from_format, from, to_format, to, n, true, gain) : \
				loops_convert_as(from_format, from, to_format, to, n, false, gain)

static bool loops_convert(u32 from_format, const u8 *from, u32 to_format, u8 *to, u32 n,
			  const struct zcring_gain *gain)
{
	bool gained = !ZCRING_GAIN_IS_UNITY(gain);

	switch (from_format * 4 + to_format) {
		LOOPS_CONVERT(ZCRING_FORMAT_SC8, ZCRING_FORMAT_SC8);
	case ZCRING_FORMAT_SC8 * 4 + ZCRING_FORMAT_SC16:
		return gained ? loops_convert_as(ZCRING_FORMAT_SC8, from, ZCRING_FORMAT_SC16, to, n,
						 true, gain) :
				loops_widen(from, to, n);
	case ZCRING_FORMAT_SC16 * 4 + ZCRING_FORMAT_SC8:
		return gained ? loops_convert_as(ZCRING_FORMAT_SC16, from, ZCRING_FORMAT_SC8, to, n,
						 true, gain) :
				loops_narrow(from, to, n);
		LOOPS_CONVERT(ZCRING_FORMAT_SC8, ZCRING_FORMAT_FC32);
		LOOPS_CONVERT(ZCRING_FORMAT_SC16, ZCRING_FORMAT_SC16);
		LOOPS_CONVERT(ZCRING_FORMAT_SC16, ZCRING_FORMAT_FC32);
		LOOPS_CONVERT(ZCRING_FORMAT_FC32, ZCRING_FORMAT_SC8);
		LOOPS_CONVERT(ZCRING_FORMAT_FC32, ZCRING_FORMAT_SC16);
	}
	return gained ? loops_convert_floats(from, to, n, true, gain) :
			loops_convert_floats(from, to, n, false, gain);
}

LOOPS_INLINE void loops_load_as(u32 format, const u8 *restrict from, s32 *restrict to, u32 n,
				const struct zcring_gain *gain)
{
	const struct loops_scale scale = loops_scale(gain);
	const loops_factor_t factor = loops_factor(gain);
	u32 k;

	for (k = 0; k < 2 * n; k++)
		to[k] = loops_load_value(format, from, k, true, false, &scale, gain, factor);
}

static void loops_load(u32 format, const u8 *from, s32 *to, u32 n, const struct zcring_gain *gain)
{
	switch (format) {
	case ZCRING_FORMAT_SC8:
		loops_load_as(ZCRING_FORMAT_SC8, from, to, n, gain);
		break;
	case ZCRING_FORMAT_SC16:
		loops_load_as(ZCRING_FORMAT_SC16, from, to, n, gain);
		break;
	case ZCRING_FORMAT_FC32:
		loops_load_as(ZCRING_FORMAT_FC32, from, to, n, gain);
		break;
	}
}

LOOPS_INLINE bool loops_store_as(u32 format, const s32 *restrict from, u8 *restrict to, u32 n)
{
	s32 clipped = 0;
	u32 k;

	for (k = 0; k < 2 * n; k++)
		clipped |= loops_store_value(format, from[k], to, k);
	return clipped;
}

static bool loops_store(u32 format, const s32 *from, u8 *to, u32 n)
{
	switch (format) {
	case ZCRING_FORMAT_SC8:
		return loops_store_as(ZCRING_FORMAT_SC8, from, to, n);
	case ZCRING_FORMAT_SC16:
		return loops_store_as(ZCRING_FORMAT_SC16, from, to, n);
	}
	return loops_store_as(ZCRING_FORMAT_FC32, from, to, n);
}

/* I and Q of sample @k in 2^-15 of full scale. I and Q of integers are loaded as one word. */
LOOPS_INLINE void loops_load_pair(u32 format, const u8 *from, size_t k, s32 *i, s32 *q)
{
	const loops_u32 *words = (const loops_u32 *)from;
	u32 word;

	switch (format) {
	case ZCRING_FORMAT_SC8:
		word = ((const loops_u16 *)from)[k];
		*i = (s32)(word << 24) >> 16;
		*q = ((s32)(word << 16) >> 24) * 256;
		break;
	case ZCRING_FORMAT_SC16:
		word = words[k];
		*i = (s32)(word << 16) >> 16;
		*q = (s32)word >> 16;
		break;
	case ZCRING_FORMAT_FC32:
		*i = (loops_fitting_value(loops_limited(words[2 * k])) + (1 << 11)) >> 12;
		*q = (loops_fitting_value(loops_limited(words[2 * k + 1])) + (1 << 11)) >> 12;
		break;
	}
}

/* One sample, rotated by an entry of the table and by the block's rotor. */
LOOPS_INLINE void loops_mix_one(u32 format, const u8 *from, size_t k, s32 table_i, s32 table_q,
				struct zcring_rotor block, s16 *to_i, s16 *to_q)
{
	s32 i, q, once_i, once_q;

	loops_load_pair(format, from, k, &i, &q);
	once_i = (i * table_i - q * table_q + (1 << 14)) >> 15;
	once_q = (i * table_q + q * table_i + (1 << 14)) >> 15;
	*to_i = (s16)((once_i * block.i - once_q * block.q + (1 << 15)) >> 16);
	*to_q = (s16)((once_i * block.q + once_q * block.i + (1 << 15)) >> 16);
}

#if LOOPS_HAS_FLOAT
#include "loops_planar.h"
#else
#include "loops_packed.h"
#endif

static void loops_mix(u32 format, const u8 *from, struct zcring_window *window, u32 at, u32 n,
		      const struct zcring_rotors *rotors, u32 first, struct zcring_rotor block)
{
	const s32 *table_i = rotors->i + first;
	const s32 *table_q = rotors->q + first;

	switch (format) {
	case ZCRING_FORMAT_SC8:
		loops_mix_as(ZCRING_FORMAT_SC8, from, window, at, n, table_i, table_q, block);
		break;
	case ZCRING_FORMAT_SC16:
		loops_mix_as(ZCRING_FORMAT_SC16, from, window, at, n, table_i, table_q, block);
		break;
	case ZCRING_FORMAT_FC32:
		loops_mix_as(ZCRING_FORMAT_FC32, from, window, at, n, table_i, table_q, block);
		break;
	}
}

/* A product in 2^-57 as a value, which 32 bits hold: the bits above do not matter. */
LOOPS_INLINE s32 loops_shifted(s64 product)
{
	return (s32)((u64)(product + (1 << 29)) >> 30);
}

static void loops_turn(s32 *restrict i, s32 *restrict q, u32 n, const struct zcring_rotors *rotors,
		       u32 first, struct zcring_rotor block)
{
	const s32 *restrict table_i = rotors->i + first;
	const s32 *restrict table_q = rotors->q + first;
	u32 k;

	for (k = 0; k < n; k++) {
		s32 turn_i = table_i[k] * block.i - table_q[k] * block.q; /* 2^-30 */
		s32 turn_q = table_i[k] * block.q + table_q[k] * block.i;
		s64 old_i = i[k];
		s64 old_q = q[k];

		i[k] = loops_shifted(old_i * turn_i - old_q * turn_q);
		q[k] = loops_shifted(old_i * turn_q + old_q * turn_i);
	}
}

LOOPS_INLINE void loops_amplify_part(s32 *values, u32 n, s32 most, s32 mantissa, u32 shift)
{
	u32 k;

	for (k = 0; k < n; k++) {
		s64 product = (s64)loops_limit(values[k], -most, most) * mantissa;

		values[k] = (s32)((u64)(product + (1LL << (shift - 1))) >> shift);
	}
}

static void loops_amplify(s32 *restrict i, s32 *restrict q, s32 *restrict to, u32 n,
			  const struct zcring_gain *gain)
{
	u32 shift = (u32)(15 - gain->exponent); /* a gain is from 2^-10 to 2^10 */
	s64 limit = ((s64)ZCRING_CLIP << shift) / gain->mantissa;
	s32 most = limit > ZCRING_CLIP ? ZCRING_CLIP : (s32)limit;
	size_t k;

	if (!ZCRING_GAIN_IS_UNITY(gain)) {
		loops_amplify_part(i, n, most, gain->mantissa, shift);
		loops_amplify_part(q, n, most, gain->mantissa, shift);
	}
	for (k = 0; k < n; k++) {
		to[2 * k] = i[k];
		to[2 * k + 1] = q[k];
	}
}

static void loops_add_noise(s32 *restrict values, u32 n, const s16 *const runs[6],
			    const struct zcring_gain *level)
{
	const s16 *restrict a = runs[0], *restrict b = runs[1], *restrict c = runs[2];
	const s16 *restrict d = runs[3], *restrict first = runs[4], *restrict second = runs[5];
	u32 shift = 15 - level->exponent;
	s32 half = shift ? 1 << (shift - 1) : 0;
	u32 k;

	for (k = 0; k < n; k++) {
		s16 one = first[k] >> 15;
		s16 two = second[k] >> 15;
		s16 sum = (s16)(((a[k] + b[k]) ^ one) - one + ((c[k] + d[k]) ^ two) - two);
		s32 noise = (sum * level->mantissa + half) >> shift;

		values[k] = loops_limit(values[k], -ZCRING_CLIP, ZCRING_CLIP) + noise;
	}
}

const struct zcring_loops ZCRING_LOOPS = {
	.name = ZCRING_LOOPS_NAME,
	.convert = loops_convert,
	.load = loops_load,
	.store = loops_store,
	.silence = loops_silence,
	.mix = loops_mix,
	.filter = loops_filter,
	.turn = loops_turn,
	.amplify = loops_amplify,
	.add_noise = loops_add_noise,
};
