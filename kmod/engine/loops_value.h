/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: values, gains, and floats as their bits.
 */
#ifndef ZCRING_ENGINE_LOOPS_VALUE_H
#define ZCRING_ENGINE_LOOPS_VALUE_H

#define LOOPS_INLINE	  static inline __attribute__((always_inline))
#define LOOPS_FRACTION	  27 /* bits of a value after the point */
#define LOOPS_FLOAT_ONE	  0x3f800000U
#define LOOPS_FLOAT_INF	  0x7f800000U
#define LOOPS_FLOAT_TINY  0x21800000U /* 2^-60: less is read as 0 */
#define LOOPS_FLOAT_EIGHT 0x41000000U
#define LOOPS_SIGN	  0x80000000U

/* Samples of any format in memory, which is aligned to I and Q. */
typedef s16 __attribute__((may_alias)) loops_s16;
typedef u16 __attribute__((may_alias)) loops_u16;
typedef u32 __attribute__((may_alias)) loops_u32;

/* The kernel has floating point only between kernel_fpu_begin() and kernel_fpu_end(). */
#if (defined(__KERNEL__) && !defined(ZCRING_LOOPS_WITH_FPU)) || defined(ZCRING_LOOPS_WITHOUT_FLOAT)
#define LOOPS_HAS_FLOAT 0
#else
#define LOOPS_HAS_FLOAT 1
#endif

/* How a gain is applied to a product in 2^-30: limit, then shift to 2^-27. */
struct loops_scale {
	s32 mantissa;
	s32 limit;
	u32 left;
	u32 right;
	s32 half;
};

static struct loops_scale loops_scale(const struct zcring_gain *gain)
{
	s32 shift = 3 - gain->exponent;
	struct loops_scale scale = { .mantissa = gain->mantissa };

	scale.left = shift < 0 ? -shift : 0;
	scale.right = shift > 0 ? shift : 0;
	scale.limit = ZCRING_CLIP >> scale.left;
	scale.half = scale.right ? 1 << (scale.right - 1) : 0;
	return scale;
}

LOOPS_INLINE s32 loops_limit(s32 value, s32 low, s32 high)
{
	value = value < low ? low : value;
	return value > high ? high : value;
}

/* @value in 2^-15, 16 bits, times the gain. */
LOOPS_INLINE s32 loops_scaled(s32 value, bool fits, const struct loops_scale *scale)
{
	s32 product = value * scale->mantissa;

	if (!fits)
		product = loops_limit(product, -scale->limit, scale->limit);
	return (product * (1 << scale->left) + scale->half) >> scale->right;
}

/* Bits of a float of the scene: at most 1.0, and 0 for not-a-number. */
LOOPS_INLINE u32 loops_limited(u32 bits)
{
	u32 size = bits & ~LOOPS_SIGN;
	u32 sign = bits & LOOPS_SIGN;

	size = size > LOOPS_FLOAT_INF ? 0 : size;
	size = size > LOOPS_FLOAT_ONE ? LOOPS_FLOAT_ONE : size;
	return sign | size;
}

/* The same, and 0 for a tiny one. */
LOOPS_INLINE u32 loops_sane(u32 bits)
{
	u32 kept = loops_limited(bits);

	return (kept & ~LOOPS_SIGN) < LOOPS_FLOAT_TINY ? kept & LOOPS_SIGN : kept;
}

#if LOOPS_HAS_FLOAT

/* No memcpy(), which the compiler may not know (User Mode Linux has -fno-builtin). */
union loops_word {
	u32 bits;
	float x;
};

LOOPS_INLINE float loops_float(u32 bits)
{
	union loops_word word = { .bits = bits };

	return word.x;
}

LOOPS_INLINE u32 loops_bits(float x)
{
	union loops_word word = { .x = x };

	return word.bits;
}

static float loops_factor(const struct zcring_gain *gain)
{
	return (float)gain->mantissa * loops_float((u32)(gain->exponent - 15 + 127) << 23);
}

/* A sane float times a gain, rounded to nearest. */
#define LOOPS_TIMES(bits, gain, factor) loops_bits(loops_float(bits) * (factor))

/* A float of a size of at most 2^10 to a value, rounded towards 0. */
LOOPS_INLINE s32 loops_value(u32 bits)
{
	u32 size = bits & ~LOOPS_SIGN;

	size = size > LOOPS_FLOAT_EIGHT ? LOOPS_FLOAT_EIGHT : size;
	return (s32)(loops_float((bits & LOOPS_SIGN) | size) * 0x1p27f);
}

/* The same for a float of at most full scale. */
LOOPS_INLINE s32 loops_fitting_value(u32 bits)
{
	return (s32)(loops_float(bits) * 0x1p27f);
}

LOOPS_INLINE u32 loops_to_float(s32 value)
{
	return loops_bits((float)value * 0x1p-27f);
}

#else

#define loops_factor(gain) 0

/* @bits shifted right, rounded to nearest, ties to even. */
LOOPS_INLINE u64 loops_round(u64 bits, u32 drop)
{
	return (bits + (1ULL << (drop - 1)) - 1 + (bits >> drop & 1)) >> drop;
}

/* A sane float times a gain: the product of the mantissas, rounded to nearest, ties to even. */
LOOPS_INLINE u32 loops_times(u32 bits, const struct zcring_gain *gain)
{
	u64 mantissa = (bits & 0x7fffff) | 0x800000;
	s32 exponent = (s32)(bits >> 23 & 0xff) + gain->exponent;
	u64 product = mantissa * (u32)gain->mantissa; /* 2^37 to 2^39 */
	u32 big = (u32)(product >> 38);

	if ((bits & ~LOOPS_SIGN) < LOOPS_FLOAT_TINY)
		return bits & LOOPS_SIGN;
	/* a carry into the exponent is right */
	return (bits & LOOPS_SIGN) + ((u32)(exponent + (s32)big - 2) << 23) +
	       (u32)loops_round(product, 14 + big);
}

#define LOOPS_TIMES(bits, gain, factor) ((void)(factor), loops_times(bits, gain))

/* Without branches, which random samples would mispredict. */
LOOPS_INLINE s32 loops_fitting_value(u32 bits)
{
	s32 right = 31 + 127 + 23 - LOOPS_FRACTION - (s32)(bits >> 23 & 0xff);
	u64 mantissa = (bits & 0x7fffff) | 0x800000;
	s32 sign = (s32)bits >> 31;

	right = right > 63 ? 63 : right;
	return ((s32)(mantissa << 31 >> (right & 63)) ^ sign) - sign;
}

LOOPS_INLINE s32 loops_value(u32 bits)
{
	s32 clip = bits & LOOPS_SIGN ? -ZCRING_CLIP : ZCRING_CLIP;

	return (bits & ~LOOPS_SIGN) >= LOOPS_FLOAT_EIGHT ? clip : loops_fitting_value(bits);
}

/* Rounded to nearest, ties to even. */
LOOPS_INLINE u32 loops_to_float(s32 value)
{
	u32 sign = (u32)value & LOOPS_SIGN;
	u32 size = ((u32)value ^ (u32)(value >> 31)) + (sign >> 31);
	s32 top = 31 - __builtin_clz(size | 1);
	u32 bits = ((u32)(top - LOOPS_FRACTION + 127 - 1) << 23) +
		   (u32)loops_round((u64)size << (31 - top), 8);

	return size ? sign + bits : 0;
}

#endif

#endif /* ZCRING_ENGINE_LOOPS_VALUE_H */
