/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: conversions between the formats, with and without a gain.
 */
#ifndef ZCRING_ENGINE_LOOPS_CONVERT_H
#define ZCRING_ENGINE_LOOPS_CONVERT_H

#include "loops_value.h"

#if LOOPS_HAS_FLOAT
typedef float loops_factor_t;
#else
typedef int loops_factor_t;
#endif

/* Value @k of samples of @format, with a gain if @gained. @fits: the result is below full scale. */
LOOPS_INLINE s32 loops_load_value(u32 format, const u8 *from, u32 k, bool gained, bool fits,
				  const struct loops_scale *scale,
				  const struct zcring_gain *gain __attribute__((unused)),
				  loops_factor_t factor)
{
	s32 half;
	u32 bits;

	switch (format) {
	case ZCRING_FORMAT_SC8:
		half = (s8)from[k] * 256;
		return gained ? loops_scaled(half, fits, scale) : half * (1 << 12);
	case ZCRING_FORMAT_SC16:
		half = ((const loops_s16 *)from)[k];
		return gained ? loops_scaled(half, fits, scale) : half * (1 << 12);
	}
	bits = ((const loops_u32 *)from)[k];
	if (!fits)
		bits = loops_sane(bits);
	if (gained)
		bits = LOOPS_TIMES(bits, gain, factor);
	return fits ? loops_fitting_value(bits) : loops_value(bits);
}

/* Stores a value that lies within the format. */
LOOPS_INLINE void loops_store_kept(u32 format, s32 kept, u8 *to, u32 k)
{
	switch (format) {
	case ZCRING_FORMAT_SC8:
		to[k] = (u8)((kept + (1 << 19)) >> 20);
		break;
	case ZCRING_FORMAT_SC16:
		((loops_s16 *)to)[k] = (s16)((kept + (1 << 11)) >> 12);
		break;
	case ZCRING_FORMAT_FC32:
		((loops_u32 *)to)[k] = loops_to_float(kept);
		break;
	}
}

/* The highest value of a format. */
LOOPS_INLINE s32 loops_highest(u32 format)
{
	u32 shift = format == ZCRING_FORMAT_SC8 ? 20 : 12;

	return format == ZCRING_FORMAT_FC32 ? ZCRING_UNITY : ZCRING_UNITY - (1 << shift);
}

/* Stores a value; not 0 if it lies outside of the format before it is rounded. */
LOOPS_INLINE s32 loops_store_value(u32 format, s32 value, u8 *to, u32 k)
{
	s32 kept = loops_limit(value, -ZCRING_UNITY, loops_highest(format));

	loops_store_kept(format, kept, to, k);
	return value ^ kept;
}

#if LOOPS_HAS_FLOAT

/* The largest size of the @n values of integer samples, in 2^-15. */
LOOPS_INLINE s32 loops_largest(u32 format, const u8 *from, u32 n)
{
	const loops_s16 *halves = (const loops_s16 *)from;
	const s8 *bytes = (const s8 *)from;
	s16 high = 0, low = 0;
	s8 high8 = 0, low8 = 0;
	u32 k;

	if (format == ZCRING_FORMAT_SC8) {
		for (k = 0; k < n; k++) {
			high8 = high8 < bytes[k] ? bytes[k] : high8;
			low8 = low8 > bytes[k] ? bytes[k] : low8;
		}
		return 256 * (high8 > -low8 ? high8 : -low8);
	}
	for (k = 0; k < n; k++) {
		high = high < halves[k] ? halves[k] : high;
		low = low > halves[k] ? halves[k] : low;
	}
	return high > -low ? high : -low;
}

#else

/* All bits of the sizes of the values in @word, less 1 where they are negative. */
LOOPS_INLINE u64 loops_size_bits(u32 format, u64 word)
{
	if (format == ZCRING_FORMAT_SC8)
		return word ^ (word >> 7 & 0x0101010101010101ULL) * 0xff;
	return word ^ (word >> 15 & 0x0001000100010001ULL) * 0xffff;
}

/*
 * A bound of the sizes of the @n values of integer samples, in 2^-15, less than twice the largest:
 * the bits of all sizes, 8 bytes at once.
 */
LOOPS_INLINE s32 loops_largest(u32 format, const u8 *from, u32 n)
{
	u32 bytes = format == ZCRING_FORMAT_SC8 ? n : 2 * n;
	u64 all = 0;
	u64 word;
	u32 k;

	for (k = 0; k + sizeof(word) <= bytes; k += sizeof(word)) {
		memcpy(&word, from + k, sizeof(word));
		all |= loops_size_bits(format, word);
	}
	word = 0;
	memcpy(&word, from + k, bytes - k);
	all |= loops_size_bits(format, word);
	all |= all >> 32;
	all |= all >> 16;
	if (format == ZCRING_FORMAT_SC8)
		return 256 * ((s32)((all | all >> 8) & 0xff) + 1);
	return (s32)(all & 0xffff) + 1;
}

#endif

/*
 * Whether all of the @n values of samples, with a gain, lie within a format, so that none needs a
 * limit. May say no where they do.
 */
LOOPS_INLINE bool loops_fit(u32 format, const u8 *from, u32 n, s32 highest, bool gained,
			    const struct zcring_gain *gain)
{
	s32 shift = 3 - gain->exponent;
	s64 most = highest;

	if (!gained)
		return loops_largest(format, from, n) * (1 << 12) <= highest;
	most = (shift > 0 ? most << shift : most >> -shift) / gain->mantissa - 1;
	return loops_largest(format, from, n) <= most;
}

#if LOOPS_HAS_FLOAT

/*
 * The same for floats. Tiny ones, which are read as 0, do not fit where the result is a float;
 * where the result is an integer, they become 0 anyway.
 */
LOOPS_INLINE bool loops_floats_fit(const u8 *from, u32 n, s32 highest, bool to_floats,
				   bool gained __attribute__((unused)),
				   const struct zcring_gain *gain)
{
	float most = (float)(highest - (1 << 8)) * 0x1p-27f / loops_factor(gain);
	u32 most_bits = loops_bits(most < 1 ? most : 1);
	u32 largest = 0, smallest = LOOPS_SIGN; /* less 1, so that 0 is no small one */
	u32 largest_second = 0;
	const loops_u32 *first = (const loops_u32 *)from;
	const loops_u32 *second = first + n / 2; /* both halves at once: two chains of maxima */
	u32 k;

	for (k = 0; k < n / 2; k++) {
		u32 size = first[k] & ~LOOPS_SIGN;
		u32 next = second[k] & ~LOOPS_SIGN;

		largest = largest < size ? size : largest;
		largest_second = largest_second < next ? next : largest_second;
		if (to_floats) {
			smallest = smallest > size - 1 ? size - 1 : smallest;
			smallest = smallest > next - 1 ? next - 1 : smallest;
		}
	}
	largest = largest < largest_second ? largest_second : largest;
	return largest <= most_bits && smallest >= LOOPS_FLOAT_TINY - 1;
}

#else

/* The same with a bound that is a power of two: half of full scale, or less where the gain is no power. */
LOOPS_INLINE bool loops_floats_fit(const u8 *from, u32 n, s32 highest __attribute__((unused)),
				   bool to_floats, bool gained, const struct zcring_gain *gain)
{
	s32 most = (126 - (gained ? gain->exponent : 0)) << 23;
	s32 largest = 0;
	u32 k;

	most = most > 126 << 23 ? 126 << 23 : most;
	if (to_floats)
		return false;
	for (k = 0; k < n; k++) {
		s32 size = (s32)(((const loops_u32 *)from)[k] & ~LOOPS_SIGN);

		largest = largest < size ? size : largest;
	}
	return largest < most;
}

#endif

LOOPS_INLINE void loops_convert_fitting(u32 from_format, const u8 *restrict from, u32 to_format,
					u8 *restrict to, u32 n, bool gained,
					const struct zcring_gain *gain)
{
	const struct loops_scale scale = loops_scale(gain);
	const loops_factor_t factor = loops_factor(gain);
	u32 k;

	for (k = 0; k < 2 * n; k++)
		loops_store_kept(to_format,
				 loops_load_value(from_format, from, k, gained, true, &scale, gain,
						  factor),
				 to, k);
}

LOOPS_INLINE bool loops_convert_any(u32 from_format, const u8 *restrict from, u32 to_format,
				    u8 *restrict to, u32 n, bool gained,
				    const struct zcring_gain *gain)
{
	const struct loops_scale scale = loops_scale(gain);
	const loops_factor_t factor = loops_factor(gain);
	s32 clipped = 0;
	u32 k;

	for (k = 0; k < 2 * n; k++)
		clipped |= loops_store_value(to_format,
					     loops_load_value(from_format, from, k, gained, false,
							      &scale, gain, factor),
					     to, k);
	return clipped;
}

LOOPS_INLINE bool loops_convert_as(u32 from_format, const u8 *from, u32 to_format, u8 *to, u32 n,
				   bool gained, const struct zcring_gain *gain)
{
	s32 highest = loops_highest(to_format);
	bool fits;

	if (from_format == ZCRING_FORMAT_FC32)
		fits = loops_floats_fit(from, 2 * n, highest, false, gained, gain);
	else if (!gained && to_format == ZCRING_FORMAT_FC32)
		fits = true;
	else
		fits = loops_fit(from_format, from, 2 * n, highest, gained, gain);
	if (!fits)
		return loops_convert_any(from_format, from, to_format, to, n, gained, gain);
	loops_convert_fitting(from_format, from, to_format, to, n, gained, gain);
	return false;
}

static bool loops_widen(const u8 *restrict from, u8 *restrict to, u32 n)
{
	u32 k;

	for (k = 0; k < 2 * n; k++)
		((loops_s16 *)to)[k] = (s16)((s8)from[k] * 256);
	return false;
}

static bool loops_narrow(const u8 *restrict from, u8 *restrict to, u32 n)
{
	s16 clipped = 0;
	s16 value, kept;
	u32 k;

	for (k = 0; k < 2 * n; k++) {
		value = ((const loops_s16 *)from)[k];
		kept = value > 127 * 256 ? 127 * 256 : value;
		clipped |= value ^ kept;
		kept += 128;
		to[k] = (u8)(kept >> 8);
	}
	return clipped;
}

/* Floats stay floats: only the gain rounds. */
LOOPS_INLINE bool loops_convert_floats(const u8 *restrict from, u8 *restrict to, u32 n, bool gained,
				       const struct zcring_gain *gain)
{
	const loops_factor_t factor = loops_factor(gain);
	u32 clipped = 0;
	u32 bits, size, kept;
	u32 k;

	if (gained && loops_floats_fit(from, 2 * n, ZCRING_UNITY, true, true, gain)) {
		for (k = 0; k < 2 * n; k++)
			((loops_u32 *)to)[k] =
				LOOPS_TIMES(((const loops_u32 *)from)[k], gain, factor);
		return false;
	}
	for (k = 0; k < 2 * n; k++) {
		bits = loops_sane(((const loops_u32 *)from)[k]);
		if (gained)
			bits = LOOPS_TIMES(bits, gain, factor);
		size = bits & ~LOOPS_SIGN;
		kept = size > LOOPS_FLOAT_ONE ? LOOPS_FLOAT_ONE : size;
		clipped |= size ^ kept;
		((loops_u32 *)to)[k] = (bits & LOOPS_SIGN) | kept;
	}
	return clipped;
}

#endif /* ZCRING_ENGINE_LOOPS_CONVERT_H */
