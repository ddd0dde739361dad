// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free pace (free_pace.h): how far the feeder lets a radio go, and the samples up to there.
 */
#include "free_pace.h"

void zcring_front_take(struct zcring_front *front, u64 samples)
{
	zcring_front_deliver(front, samples, ~0ULL);
	zcring_stream_account(front->stream);
}

u64 zcring_front_promised(struct zcring_front *front, u64 samples)
{
	const struct zcring_antenna *antenna = &front->antenna;

	if (front->stream->state != ZCRING_STATE_RUNNING)
		return 0;
	if (antenna->scene.kind != ZCRING_SCENE_FEED)
		return samples;
	zcring_front_apply_due(front);
	samples = zcring_front_until_command(front, samples);
	return zcring_intake_promised(
		&antenna->intake, zcring_antenna_tick(antenna, front->stream->telemetry.sample_clock),
		antenna->decimation, samples);
}

u64 zcring_intake_promised(const struct zcring_intake *intake, u64 tick, u32 step, u64 samples)
{
	struct zcring_intake_view view = zcring_intake_look(intake);
	u64 index = intake->has_begun ? tick - intake->origin : 0;

	if (view.has_ended)
		return samples;
	if ((s64)(intake->decided - view.until) > 0)
		view.until = intake->decided;
	if ((s64)(view.until - index) <= 0)
		return 0;
	return min(samples, (view.until - index) / step);
}

bool zcring_intake_has_ended(const struct zcring_intake *intake, u64 tick)
{
	struct zcring_intake_view view = zcring_intake_look(intake);
	u64 index = intake->has_begun ? tick - intake->origin : 0;

	return view.has_ended && (s64)(index - view.until) >= 0;
}
