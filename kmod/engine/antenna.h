/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on the air, and the analogue part of a receiver in integers:
 *
 *   antenna -> tuner -> gain -> sample format
 *
 * Every sample is a function of the settings, the seed, the channel and its sample clock
 * alone, so that it does not matter how a stream is cut into bursts.
 */
#ifndef ZCRING_ENGINE_ANTENNA_H
#define ZCRING_ENGINE_ANTENNA_H

#include "sample.h"

/**
 * struct zcring_tuner - one channel's tuning
 * @freq_uhz: tuned frequency
 * @gain_mb: gain
 * @gain: @gain_mb as a factor in 1 / ZCRING_GAIN_UNITY (arith.h)
 * @step: rotation by a sample, in 2^-64 of a turn
 * @phase: rotation of the sample at @phase_clock, likewise
 * @phase_clock: the sample clock at which it was tuned
 * @out_of_band: tuned so far off that nothing of the scene is heard
 */
struct zcring_tuner {
	s64 freq_uhz;
	s32 gain_mb;
	u64 gain;
	u64 step;
	u64 phase;
	u64 phase_clock;
	bool out_of_band;
};

/**
 * struct zcring_antenna - a scene, and what it is received with
 * @scene: kind, centre, rate and length
 * @samples: the scene's samples; null for built-in kinds
 * @seed: of the noise
 * @format: enum zcring_format of what comes out
 * @tuner: each channel's
 */
struct zcring_antenna {
	struct zcring_scene scene;
	const u8 *samples;
	u64 seed;
	u32 format;
	struct zcring_tuner tuner[ZCRING_CHANNELS_MAX];
};

/* 0, -EINVAL for a field out of range, -EOPNOTSUPP for a kind that is not simulated. */
int zcring_scene_check(const struct zcring_scene *scene);

/* Works out the rotation and gain of @channel from its settings, from @sample_clock on. */
void zcring_antenna_tune(struct zcring_antenna *antenna, u32 channel, u64 rate_num, u64 rate_den,
			 u64 sample_clock);

/* Writes @n samples, from @sample_clock on, as @channel hears them. */
void zcring_antenna_receive(const struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			    u8 *out, u64 n);

/* Samples after which @channel's signal repeats; 0 if it does not. */
u64 zcring_antenna_period(const struct zcring_antenna *antenna, u32 channel);

#endif /* ZCRING_ENGINE_ANTENNA_H */
