// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection (injection.h): checks the amount of a fault and adds it to those that are still
 * to happen. A refused amount changes nothing. delivery.c applies the faults.
 */
#include "injection.h"

static int injection_stall(struct zcring_injected *injected, s64 ns, u64 mono_ns)
{
	if (ns < 0 || ns > ZCRING_STALL_NS_MAX)
		return -ERANGE;
	injected->stalled_until_ns = mono_ns + (u64)ns;
	return 0;
}

static int injection_drop(struct zcring_injected *injected, s64 samples)
{
	if (samples < 0 || samples > ZCRING_DROP_SAMPLES_MAX - (s64)injected->drop_samples)
		return -ERANGE;
	injected->drop_samples += (u64)samples;
	return 0;
}

static int injection_jump(struct zcring_injected *injected, s64 ns, u64 time_ns)
{
	time_ns += (u64)injected->jump_ns;
	if (ns < 0 ? time_ns < -(u64)ns : time_ns + (u64)ns < time_ns)
		return -ERANGE;
	injected->jump_ns = (s64)((u64)injected->jump_ns + (u64)ns);
	return 0;
}

int zcring_injection_add(struct zcring_injected *injected, enum zcring_injection kind, s64 amount,
			 u64 mono_ns, u64 time_ns)
{
	switch (kind) {
	case ZCRING_INJECT_STALL:
		return injection_stall(injected, amount, mono_ns);
	case ZCRING_INJECT_DROP:
		return injection_drop(injected, amount);
	case ZCRING_INJECT_JUMP:
		return injection_jump(injected, amount, time_ns);
	case ZCRING_INJECT_UNPLUG: /* not of the engine: the owner of the device does these */
	case ZCRING_INJECT_PLUG:
		break;
	}
	return -EINVAL;
}
