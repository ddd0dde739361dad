/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sample clock: how many samples the ADC has taken by a moment, and the time of each,
 * in exact rational arithmetic: nothing is rounded twice, so nothing drifts.
 *
 * Between two epochs, sample c is taken at
 *
 *   epoch + (c - epoch_clock) * rate_den / rate_num  seconds.
 *
 * A new epoch begins where the rate or the time is set, or a stream resumes.
 */
#ifndef ZCRING_ENGINE_CLOCK_H
#define ZCRING_ENGINE_CLOCK_H

#include "env.h"

#define ZCRING_NS_PER_S		1000000000ULL

/**
 * struct zcring_clock - a rate and an epoch
 * @rate_num: samples a second, numerator
 * @rate_den: samples a second, denominator
 * @epoch_clock: sample clock at the epoch
 * @epoch_mono_ns: the epoch on the clock that paces the hardware
 * @epoch_time_ns: the epoch as time of day
 */
struct zcring_clock {
	u64 rate_num;
	u64 rate_den;
	u64 epoch_clock;
	u64 epoch_mono_ns;
	u64 epoch_time_ns;
};

/* The sample clock at @mono_ns: samples taken before or at that moment. */
u64 zcring_clock_at(const struct zcring_clock *clock, u64 mono_ns);

/* Nanoseconds from the epoch to sample @sample_clock, rounded down. */
u64 zcring_clock_ns(const struct zcring_clock *clock, u64 sample_clock);

/* Time of day of sample @sample_clock, rounded down to a nanosecond. */
u64 zcring_clock_time(const struct zcring_clock *clock, u64 sample_clock);

/* Time of day at @mono_ns, which may lie before the epoch; not before 0. */
u64 zcring_clock_now(const struct zcring_clock *clock, u64 mono_ns);

/*
 * The first sample, from the epoch's on, whose time of day is not before @time_ns. 0, or
 * -EINVAL if the sample clock does not go so far.
 */
int zcring_clock_find(const struct zcring_clock *clock, u64 time_ns, u64 *sample_clock);

/* Moves the epoch to @sample_clock, so that a new rate holds from there on. */
void zcring_clock_rebase(struct zcring_clock *clock, u64 sample_clock);

#endif /* ZCRING_ENGINE_CLOCK_H */
