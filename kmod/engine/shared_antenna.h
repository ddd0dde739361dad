/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An antenna that many receivers hear: a receiver that starts, or for which a scene begins, is at
 * the same place of the scene as all others, whatever its own sample clock is.
 *
 * For user space alone, as shared_feed.h.
 */
#ifndef ZCRING_ENGINE_SHARED_ANTENNA_H
#define ZCRING_ENGINE_SHARED_ANTENNA_H

#include "front.h"

/*
 * The sample @sample_clock is at @tick of the scene, at the phase that a stream has there which
 * began with the scene. After all channels were tuned.
 */
void zcring_antenna_join(struct zcring_antenna *antenna, u64 sample_clock, u64 tick);

/* zcring_front_start(): the first sample, of a resumed stream as well, is at @tick of the scene. */
int zcring_front_start_at(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
			  u64 time_ns, u64 tick);

/*
 * zcring_front_set_scene(): the first sample of the new scene is at @tick of it. A tone is an
 * eighth of the rate @tone_num / @tone_den above the centre.
 */
int zcring_front_join_scene(struct zcring_front *front, const struct zcring_scene *scene,
			    const void *content, const struct zcring_scene_source *source, u64 tick,
			    u64 tone_num, u64 tone_den);

#endif /* ZCRING_ENGINE_SHARED_ANTENNA_H */
