/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sample formats, and the limits of their values. */
#ifndef ZCRING_ENGINE_SAMPLE_H
#define ZCRING_ENGINE_SAMPLE_H

#include "loops.h"

/* Bytes of one sample; 0 for an unknown format. */
u32 zcring_sample_bytes(u32 format);

/* How many of @n samples, which are values before they are rounded, lie outside of @format. */
u32 zcring_values_clipped(u32 format, const s32 *values, u32 n);

/*
 * Clips @n samples at full scale, in place: a float beyond 1.0 becomes 1.0, and not-a-number
 * becomes 0. Integers stay as they are. Returns how many samples were beyond.
 */
u64 zcring_samples_clip(u32 format, u8 *samples, u64 n);

#endif /* ZCRING_ENGINE_SAMPLE_H */
