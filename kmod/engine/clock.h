/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sample clock: the number of samples that the ADC has taken by a given time, and the time of
 * each sample, in rational arithmetic that is exact from the epoch on.
 *
 * Between two epochs, sample c is taken at
 *
 *   epoch + (c - epoch_clock) * rate_den / rate_num  seconds.
 *
 * A new epoch begins when the rate or the time is set and when a stream resumes. The epoch keeps
 * its fraction of a nanosecond to 2^-64 ns: each change of rate loses at most that much, always in
 * the same direction, so that 2^64 changes drift by one nanosecond.
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
 * @epoch_mono_fraction: fraction of a nanosecond after @epoch_mono_ns, in 2^-64 ns
 * @epoch_time_fraction: fraction of a nanosecond after @epoch_time_ns, in 2^-64 ns; differs from
 *                       @epoch_mono_fraction once the time was set
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

/* The sample clock at @mono_ns: number of samples taken before or at that time. */
u64 zcring_clock_at(const struct zcring_clock *clock, u64 mono_ns);

/* Time of day of sample @sample_clock, rounded down to a nanosecond. */
u64 zcring_clock_time(const struct zcring_clock *clock, u64 sample_clock);

/* Time of day at @mono_ns, which may lie before the epoch, to a nanosecond; not before 0. */
u64 zcring_clock_now(const struct zcring_clock *clock, u64 mono_ns);

/*
 * Finds the first sample, from the epoch on, whose time of day is not before @time_ns. 0, or
 * -EINVAL if its number does not fit into the sample clock.
 */
int zcring_clock_find(const struct zcring_clock *clock, u64 time_ns, u64 *sample_clock);

/* Begins a new epoch at @sample_clock, at whole nanoseconds. */
void zcring_clock_begin(struct zcring_clock *clock, u64 sample_clock, u64 mono_ns, u64 time_ns);

/* Moves the epoch to @sample_clock, so that a new rate can hold from there on. */
void zcring_clock_rebase(struct zcring_clock *clock, u64 sample_clock);

/* Sets the time of day of the epoch to exactly @time_ns, without a fraction. */
void zcring_clock_set_time(struct zcring_clock *clock, u64 time_ns);

#endif /* ZCRING_ENGINE_CLOCK_H */
