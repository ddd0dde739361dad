// SPDX-License-Identifier: GPL-2.0-or-later
#include "front_parts.h"

static int stall(struct zcring_front *front, s64 ns, u64 mono_ns)
{
	if (ns < 0 || ns > ZCRING_STALL_NS_MAX)
		return -ERANGE;
	front->stalled_until_ns = mono_ns + (u64)ns;
	return 0;
}

static int drop(struct zcring_front *front, s64 samples)
{
	if (samples < 0 || samples > ZCRING_DROP_SAMPLES_MAX - (s64)front->drop_samples)
		return -ERANGE;
	front->drop_samples += (u64)samples;
	return 0;
}

void zcring_front_jump(struct zcring_front *front)
{
	if (!front->jump_ns)
		return;
	zcring_clock_rebase(&front->clock, front->stream->telemetry.sample_clock);
	front->clock.epoch_time_ns += (u64)front->jump_ns;
	front->stream->pending_flags |= ZCRING_BURST_TIME;
	front->jump_ns = 0;
}

/* What is on its way was taken before. */
static int jump(struct zcring_front *front, s64 ns)
{
	u64 time_ns = zcring_clock_time(&front->clock, front->stream->telemetry.sample_clock) +
		      (u64)front->jump_ns;

	if (ns < 0 ? time_ns < -(u64)ns : time_ns + (u64)ns < time_ns)
		return -ERANGE;
	front->jump_ns = (s64)((u64)front->jump_ns + (u64)ns);
	if (!zcring_front_on_its_way(front))
		zcring_front_jump(front);
	return 0;
}

int zcring_front_inject(struct zcring_front *front, enum zcring_injection kind, s64 amount,
			u64 mono_ns)
{
	if (front->stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (front->stream->state != ZCRING_STATE_RUNNING)
		return -EINVAL;
	switch (kind) {
	case ZCRING_INJECT_STALL:
		return stall(front, amount, mono_ns);
	case ZCRING_INJECT_DROP:
		return drop(front, amount);
	case ZCRING_INJECT_JUMP:
		return jump(front, amount);
	}
	return -EINVAL;
}
