// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a receiver joins an antenna that others hear (shared_antenna.h): the place in the scene, the
 * phase of every tuner and the next sample of a feed follow from the tick alone.
 */
#include "shared_antenna.h"

void zcring_antenna_join(struct zcring_antenna *antenna, u64 sample_clock, u64 tick)
{
	u32 c;

	antenna->place = tick - antenna->lag;
	antenna->place_clock = sample_clock;
	antenna->ahead = tick / antenna->decimation - sample_clock;
	zcring_intake_restart(&antenna->intake, tick);
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++) {
		antenna->tuner[c].phase = antenna->tuner[c].step * tick;
		antenna->tuner[c].phase_place = antenna->place;
	}
}

int zcring_front_start_at(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
			  u64 time_ns, u64 tick)
{
	int err;

	if (front->stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	front->antenna.first_tick = tick;
	err = zcring_front_start(front, start, mono_ns, time_ns);
	if (!err)
		zcring_antenna_join(&front->antenna, front->stream->telemetry.sample_clock, tick);
	return err;
}

int zcring_front_join_scene(struct zcring_front *front, const struct zcring_scene *scene,
			    const void *content, const struct zcring_scene_source *source, u64 tick,
			    u64 tone_num, u64 tone_den)
{
	struct zcring_antenna *antenna = &front->antenna;
	u64 before = antenna->first_tick;
	int err;

	antenna->first_tick = tick;
	err = zcring_front_set_scene(front, scene, content, source);
	if (err) {
		antenna->first_tick = before;
		return err;
	}
	antenna->tone_rate_num = tone_num;
	antenna->tone_rate_den = tone_den;
	zcring_front_retune(front, ~0U);
	zcring_antenna_join(antenna, front->stream->telemetry.sample_clock, tick);
	return 0;
}
