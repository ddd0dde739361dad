/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sample clock: how many samples the ADC has taken by a moment, and the time of each,
 * in rational arithmetic that is exact from the epoch on.
 *
 * Between two epochs, sample c is taken at
 *
 *   epoch + (c - epoch_clock) * rate_den / rate_num  seconds.
 *
 * A new epoch begins where the rate or the time is set, or a stream resumes. It keeps what it
 * has of a nanosecond, to 2^-64 ns: so much at most is lost by each change of rate, always to
 * the same side, and 2^64 of them drift by a nanosecond.
 */
#ifndef ZCRING_ENGINE_CLOCK_H
#define ZCRING_ENGINE_CLOCK_H

#include "env.h"

#define ZCRING_NS_PER_S 1000000000ULL

/**
 * struct zcring_clock - a rate and an epoch
 * @rate_num: samples a second, numerator
 * @rate_den: samples a second, denominator
 * @epoch_clock: sample clock at the epoch
 * @epoch_mono_ns: the epoch on the clock that paces the hardware
 * @epoch_time_ns: the epoch as time of day
 * @epoch_mono_fraction: what @epoch_mono_ns lacks, in 2^-64 ns
 * @epoch_time_fraction: what @epoch_time_ns lacks, in 2^-64 ns; another one since the time was set
 */
struct zcring_clock {
	u64 rate_num;
	u64 rate_den;
	u64 epoch_clock;
	u64 epoch_mono_ns;
	u64 epoch_time_ns;
	u64 epoch_mono_fraction;
	u64 epoch_time_fraction;
};

/* The sample clock at @mono_ns: samples taken before or at that moment. */
u64 zcring_clock_at(const struct zcring_clock *clock, u64 mono_ns);

/* Time of day of sample @sample_clock, rounded down to a nanosecond. */
u64 zcring_clock_time(const struct zcring_clock *clock, u64 sample_clock);

/* Time of day at @mono_ns, which may lie before the epoch, to a nanosecond; not before 0. */
u64 zcring_clock_now(const struct zcring_clock *clock, u64 mono_ns);

/*
 * The first sample, from the epoch's on, whose time of day is not before @time_ns. 0, or
 * -EINVAL if the sample clock does not go so far.
 */
int zcring_clock_find(const struct zcring_clock *clock, u64 time_ns, u64 *sample_clock);

/* Makes the epoch @sample_clock, at whole nanoseconds. */
void zcring_clock_begin(struct zcring_clock *clock, u64 sample_clock, u64 mono_ns, u64 time_ns);

/* Moves the epoch to @sample_clock, so that a new rate holds from there on. */
void zcring_clock_rebase(struct zcring_clock *clock, u64 sample_clock);

/* Has the sample of the epoch at @time_ns, not a fraction later. */
void zcring_clock_set_time(struct zcring_clock *clock, u64 time_ns);

#endif /* ZCRING_ENGINE_CLOCK_H */
