// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sample clock (clock.h). Sample counts are rounded down, and the fraction of a nanosecond that
 * an epoch keeps is rounded so that no sample is counted before its time.
 */
#include "clock.h"
#include "arith.h"

#define CLOCK_ROUND_DOWN 0
#define CLOCK_ROUND_UP	 (~0ULL)

/* Samples in a @fraction of a nanosecond, in 1 / (rate_den * 10^9) of a sample. */
static u64 clock_count_fraction(const struct zcring_clock *clock, u64 fraction, u64 round)
{
	return (u64)(((__uint128_t)fraction * clock->rate_num + round) >> 64);
}

u64 zcring_clock_at(const struct zcring_clock *clock, u64 mono_ns)
{
	u64 elapsed_ns = mono_ns > clock->epoch_mono_ns ? mono_ns - clock->epoch_mono_ns : 0;
	__uint128_t n = (__uint128_t)elapsed_ns * clock->rate_num;
	__uint128_t d = (__uint128_t)clock->rate_den * ZCRING_NS_PER_S;
	u64 less = clock_count_fraction(clock, clock->epoch_mono_fraction, CLOCK_ROUND_UP);

	return clock->epoch_clock + (n > less ? (u64)zcring_divide(n - less, d) : 0);
}

/*
 * Nanoseconds from the epoch to sample @sample_clock. @fraction: in: fraction of a nanosecond of
 * the epoch; out: that of the sample.
 */
static u64 clock_elapsed_ns(const struct zcring_clock *clock, u64 sample_clock, u64 *fraction)
{
	u64 samples = sample_clock - clock->epoch_clock;
	__uint128_t n = (__uint128_t)samples * (clock->rate_den * ZCRING_NS_PER_S);
	u64 more = zcring_fraction(n, clock->rate_num);

	*fraction += more;
	return (u64)zcring_divide(n, clock->rate_num) + (*fraction < more);
}

u64 zcring_clock_time(const struct zcring_clock *clock, u64 sample_clock)
{
	u64 fraction = clock->epoch_time_fraction;

	return clock->epoch_time_ns + clock_elapsed_ns(clock, sample_clock, &fraction);
}

u64 zcring_clock_now(const struct zcring_clock *clock, u64 mono_ns)
{
	u64 before_ns = clock->epoch_mono_ns - mono_ns;

	if (mono_ns >= clock->epoch_mono_ns)
		return clock->epoch_time_ns + (mono_ns - clock->epoch_mono_ns);
	return clock->epoch_time_ns > before_ns ? clock->epoch_time_ns - before_ns : 0;
}

int zcring_clock_find(const struct zcring_clock *clock, u64 time_ns, u64 *sample_clock)
{
	u64 ahead_ns = time_ns > clock->epoch_time_ns ? time_ns - clock->epoch_time_ns : 0;
	__uint128_t n = (__uint128_t)ahead_ns * clock->rate_num;
	__uint128_t d = (__uint128_t)clock->rate_den * ZCRING_NS_PER_S;
	u64 less = clock_count_fraction(clock, clock->epoch_time_fraction, CLOCK_ROUND_DOWN);
	__uint128_t samples;

	n = n > less ? n - less : 0;
	samples = zcring_divide(n + (d - 1), d); /* n <= (2^64 - 1)^2, d < 2^60 */
	if (samples > ~0ULL - clock->epoch_clock)
		return -EINVAL;
	*sample_clock = clock->epoch_clock + (u64)samples;
	return 0;
}

void zcring_clock_begin(struct zcring_clock *clock, u64 sample_clock, u64 mono_ns, u64 time_ns)
{
	clock->epoch_clock = sample_clock;
	clock->epoch_mono_ns = mono_ns;
	clock->epoch_mono_fraction = 0;
	zcring_clock_set_time(clock, time_ns);
}

void zcring_clock_rebase(struct zcring_clock *clock, u64 sample_clock)
{
	clock->epoch_mono_ns += clock_elapsed_ns(clock, sample_clock, &clock->epoch_mono_fraction);
	clock->epoch_time_ns += clock_elapsed_ns(clock, sample_clock, &clock->epoch_time_fraction);
	clock->epoch_clock = sample_clock;
}

void zcring_clock_set_time(struct zcring_clock *clock, u64 time_ns)
{
	clock->epoch_time_ns = time_ns;
	clock->epoch_time_fraction = 0;
}
