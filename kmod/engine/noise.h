/* SPDX-License-Identifier: GPL-2.0-or-later */
/* White Gaussian noise that is a function of seed, channel and sample clock. */
#ifndef ZCRING_ENGINE_NOISE_H
#define ZCRING_ENGINE_NOISE_H

#include "loops.h"

/* For what the noise is: different uses are independent of each other. */
enum zcring_noise_use {
	ZCRING_NOISE_SCENE,
	ZCRING_NOISE_FLOOR,
};

/*
 * Adds noise to the @n samples from @sample_clock on. @level: RMS of I and of Q, as a factor of
 * full scale times 2^ZCRING_NOISE_UNIT_BITS.
 */
#define ZCRING_NOISE_UNIT_BITS 15 /* ZCRING_UNITY / RMS of a sum of four runs: 2^15 */
void zcring_noise_add(const struct zcring_loops *loops, u64 seed, u32 channel,
		      enum zcring_noise_use use, u64 sample_clock, s32 *values, u32 n,
		      const struct zcring_gain *level);

#endif /* ZCRING_ENGINE_NOISE_H */
