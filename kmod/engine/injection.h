/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fault injection: faults of real hardware, on demand. */
#ifndef ZCRING_ENGINE_INJECTION_H
#define ZCRING_ENGINE_INJECTION_H

#include "env.h"
#include "zcring/abi.h"

#define ZCRING_STALL_NS_MAX	86400000000000LL
#define ZCRING_DROP_SAMPLES_MAX (1LL << 48)

/**
 * struct zcring_injected - injected faults that are still to happen
 * @stalled_until_ns: on the clock that paces the hardware; nothing is delivered until then
 * @drop_samples: how many of the next samples are lost
 * @jump_ns: how far the time of day jumps at the next sample that is taken
 */
struct zcring_injected {
	u64 stalled_until_ns;
	u64 drop_samples;
	s64 jump_ns;
};

/*
 * Adds @amount of @kind. @mono_ns is now on the clock that paces the hardware, @time_ns the time of
 * day of the next sample. 0, -EINVAL for an unknown kind, -ERANGE for an amount out of range or a
 * jump to a time that does not fit.
 */
int zcring_injection_add(struct zcring_injected *injected, enum zcring_injection kind, s64 amount,
			 u64 mono_ns, u64 time_ns);

#endif /* ZCRING_ENGINE_INJECTION_H */
