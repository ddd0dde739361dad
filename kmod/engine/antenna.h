/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scene on the air and the analogue part of a receiver, in integer arithmetic:
 *
 *   antenna -> tuner -> gain -> sample format
 *
 * Every sample is a function of the settings, the seed, the channel and its sample clock alone: the
 * samples do not depend on how a stream is cut into bursts.
 */
#ifndef ZCRING_ENGINE_ANTENNA_H
#define ZCRING_ENGINE_ANTENNA_H

#include "sample.h"

/**
 * struct zcring_tuner - the tuning of one channel
 * @freq_uhz: tuned frequency
 * @gain_mb: gain
 * @gain: @gain_mb as a factor in 1 / ZCRING_GAIN_UNITY (arith.h)
 * @step: rotation per sample, in 2^-64 of a turn
 * @phase: rotation of the sample at @phase_clock, in the same unit
 * @phase_clock: sample clock of the last retune
 * @out_of_band: the scene lies outside the tuned band, and the samples are 0
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
 * struct zcring_antenna - a scene and the tuners that receive it
 * @scene: kind, centre, rate and length
 * @samples: samples of the scene; NULL for built-in kinds
 * @seed: seed of the noise
 * @format: enum zcring_format of the received samples
 * @tuner: tuner of each channel
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

/* Computes rotation and gain of @channel from its settings; they hold from @sample_clock on. */
void zcring_antenna_tune(struct zcring_antenna *antenna, u32 channel, u64 rate_num, u64 rate_den,
			 u64 sample_clock);

/* Writes @n samples, from @sample_clock on, as @channel receives them. */
void zcring_antenna_receive(const struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			    u8 *out, u64 n);

/* Number of samples after which the signal of @channel repeats; 0 if it never does. */
u64 zcring_antenna_period(const struct zcring_antenna *antenna, u32 channel);

#endif /* ZCRING_ENGINE_ANTENNA_H */
