// SPDX-License-Identifier: GPL-2.0-or-later
/* Sample formats (sample.h), without a floating-point unit. */
#include "sample.h"

#define SAMPLE_FLOAT_SIZE 0x7fffffffU /* all bits but the sign */
#define SAMPLE_FLOAT_ONE  0x3f800000U
#define SAMPLE_FLOAT_INF  0x7f800000U

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

/* The largest value that @format holds. */
static s32 sample_most(u32 format)
{
	switch (format) {
	case ZCRING_FORMAT_SC8:
		return ZCRING_UNITY - ZCRING_UNITY / 128;
	case ZCRING_FORMAT_SC16:
		return ZCRING_UNITY - ZCRING_UNITY / 32768;
	}
	return ZCRING_UNITY;
}

u32 zcring_values_clipped(u32 format, const s32 *values, u32 n)
{
	s32 most = sample_most(format);
	u32 clipped = 0;

	for (; n; n--, values += 2)
		if (values[0] > most || values[0] < -ZCRING_UNITY || values[1] > most ||
		    values[1] < -ZCRING_UNITY)
			clipped++;
	return clipped;
}

/* Clips one float; whether it was beyond full scale. */
static bool sample_clip_float(u8 *at)
{
	u32 bits, size;

	memcpy(&bits, at, sizeof(bits));
	size = bits & SAMPLE_FLOAT_SIZE;
	if (size <= SAMPLE_FLOAT_ONE)
		return false;
	bits = size > SAMPLE_FLOAT_INF ? 0 : (bits & ~SAMPLE_FLOAT_SIZE) | SAMPLE_FLOAT_ONE;
	memcpy(at, &bits, sizeof(bits));
	return bits;
}

u64 zcring_samples_clip(u32 format, u8 *samples, u64 n)
{
	u64 clipped = 0;
	bool i, q;

	if (format != ZCRING_FORMAT_FC32)
		return 0;
	for (; n; n--, samples += 8) {
		i = sample_clip_float(samples);
		q = sample_clip_float(samples + 4);
		clipped += i || q;
	}
	return clipped;
}
