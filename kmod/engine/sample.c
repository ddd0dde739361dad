// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Conversion between sample formats and fixed point (sample.h), without a floating-point unit. sc8
 * and sc16 convert to fixed point exactly; floats are rounded to nearest in both directions.
 */
#include "sample.h"

#define SAMPLE_SC8_SHIFT  20 /* from a full scale of 2^7 to one of 2^27 */
#define SAMPLE_SC16_SHIFT 12

u32 zcring_sample_bytes(u32 format)
{
	switch (format) {
	case ZCRING_FORMAT_SC8:
		return 2;
	case ZCRING_FORMAT_SC16:
		return 4;
	case ZCRING_FORMAT_FC32:
		return 8;
	}
	return 0;
}

/* IEEE 754 binary32 to fixed point, without a floating-point unit. */
static s32 sample_from_binary32(u32 bits)
{
	s32 exponent = (s32)(bits >> 23 & 0xff) - 127;
	u32 mantissa = (bits & 0x7fffff) | 0x800000; /* 1.0 is 2^23 */
	s32 shift = exponent + 4; /* 2^23 to ZCRING_UNITY */
	s32 value;

	if (exponent == 128 && bits & 0x7fffff)
		return 0;
	if (exponent >= 3)
		value = ZCRING_CLIP;
	else if (shift >= 0)
		value = (s32)(mantissa << shift);
	else if (shift > -25)
		value = (s32)((mantissa + (1U << (-shift - 1))) >> -shift);
	else
		value = 0;
	return bits >> 31 ? -value : value;
}

static u32 sample_to_binary32(s32 value)
{
	u32 sign = value < 0 ? 0x80000000U : 0;
	u32 size = value < 0 ? 0U - (u32)value : (u32)value;
	u32 mantissa;
	s32 top;

	if (!size)
		return 0;
	top = 31 - __builtin_clz(size);
	if (top <= 23) {
		mantissa = size << (23 - top);
	} else {
		u32 drop = top - 23;
		u32 half = 1U << (drop - 1);
		u32 rest = size & ((1U << drop) - 1);

		mantissa = size >> drop;
		if (rest > half || (rest == half && mantissa & 1))
			mantissa++; /* a carry into the exponent is correct */
	}
	return sign + ((u32)(top - 27 + 127 - 1) << 23) + mantissa;
}

void zcring_samples_load(u32 format, const u8 *from, struct zcring_pair *to, u32 n)
{
	u32 word[2];
	s16 half[2];

	for (; n; n--, to++) {
		switch (format) {
		case ZCRING_FORMAT_SC8:
			to->i = (s8)from[0] * (1 << SAMPLE_SC8_SHIFT);
			to->q = (s8)from[1] * (1 << SAMPLE_SC8_SHIFT);
			from += 2;
			break;
		case ZCRING_FORMAT_SC16:
			memcpy(half, from, sizeof(half));
			to->i = half[0] * (1 << SAMPLE_SC16_SHIFT);
			to->q = half[1] * (1 << SAMPLE_SC16_SHIFT);
			from += 4;
			break;
		case ZCRING_FORMAT_FC32:
			memcpy(word, from, sizeof(word));
			to->i = sample_from_binary32(word[0]);
			to->q = sample_from_binary32(word[1]);
			from += 8;
			break;
		}
	}
}

static s32 sample_to_integer(s32 value, u32 shift, s32 limit)
{
	s32 rounded = (value + (1 << (shift - 1))) >> shift;

	return max(min(rounded, limit), -limit - 1);
}

void zcring_samples_store(u32 format, const struct zcring_pair *from, u8 *to, u32 n)
{
	u32 word[2];
	s16 half[2];

	for (; n; n--, from++) {
		switch (format) {
		case ZCRING_FORMAT_SC8:
			to[0] = (u8)sample_to_integer(from->i, SAMPLE_SC8_SHIFT, 127);
			to[1] = (u8)sample_to_integer(from->q, SAMPLE_SC8_SHIFT, 127);
			to += 2;
			break;
		case ZCRING_FORMAT_SC16:
			half[0] = (s16)sample_to_integer(from->i, SAMPLE_SC16_SHIFT, 32767);
			half[1] = (s16)sample_to_integer(from->q, SAMPLE_SC16_SHIFT, 32767);
			memcpy(to, half, sizeof(half));
			to += 4;
			break;
		case ZCRING_FORMAT_FC32:
			word[0] = sample_to_binary32(from->i);
			word[1] = sample_to_binary32(from->q);
			memcpy(to, word, sizeof(word));
			to += 8;
			break;
		}
	}
}
