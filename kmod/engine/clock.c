// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"
#include "arith.h"

u64 zcring_clock_at(const struct zcring_clock *clock, u64 mono_ns)
{
	u64 elapsed_ns = mono_ns > clock->epoch_mono_ns ? mono_ns - clock->epoch_mono_ns : 0;
	__uint128_t n = (__uint128_t)elapsed_ns * clock->rate_num;
	__uint128_t d = (__uint128_t)clock->rate_den * ZCRING_NS_PER_S;

	return clock->epoch_clock + (u64)zcring_divide(n, d);
}

u64 zcring_clock_ns(const struct zcring_clock *clock, u64 sample_clock)
{
	u64 samples = sample_clock - clock->epoch_clock;
	u64 ns_den = clock->rate_den * ZCRING_NS_PER_S;

	return (u64)zcring_divide((__uint128_t)samples * ns_den, clock->rate_num);
}

u64 zcring_clock_time(const struct zcring_clock *clock, u64 sample_clock)
{
	return clock->epoch_time_ns + zcring_clock_ns(clock, sample_clock);
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
	__uint128_t samples = zcring_divide(n + (d - 1), d);	/* n <= (2^64 - 1)^2, d < 2^60 */

	if (samples > ~0ULL - clock->epoch_clock)
		return -EINVAL;
	*sample_clock = clock->epoch_clock + (u64)samples;
	return 0;
}

void zcring_clock_rebase(struct zcring_clock *clock, u64 sample_clock)
{
	u64 ns = zcring_clock_ns(clock, sample_clock);

	clock->epoch_mono_ns += ns;
	clock->epoch_time_ns += ns;
	clock->epoch_clock = sample_clock;
}
