/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What front.c and control.c share, and nobody else sees but a board that has DMA and no
 * antenna (edu.c).
 */
#ifndef ZCRING_ENGINE_FRONT_PARTS_H
#define ZCRING_ENGINE_FRONT_PARTS_H

#include "front.h"

/* control.c: obeys the timed commands that are due at the next sample. */
void zcring_front_obey_due(struct zcring_front *front);

/* control.c: obeys, at the next sample, the commands up to a sample clock that never comes. */
void zcring_front_obey_until(struct zcring_front *front, u64 at_clock);

/*
 * control.c: for a stream that ends, or has ended. What the ADC has obeyed holds, though the
 * sample from which on it did was not delivered.
 */
void zcring_front_settle(struct zcring_front *front);

/* control.c: how many of @samples can be taken until a command changes something. */
u64 zcring_front_until_command(const struct zcring_front *front, u64 samples);

/* front.c: takes over the rate, and the tuning of @channels, from the next sample on. */
void zcring_front_retune(struct zcring_front *front, u32 channels);

/* front.c: whether the scene can be played at a rate. */
bool zcring_front_scene_has_rate(const struct zcring_front *front, u64 num, u64 den);

/* injection.c: the jump that had to wait comes now, at the next sample. */
void zcring_front_jump(struct zcring_front *front);

/* Whether the DMA engine delivers nothing just now. */
static inline bool zcring_front_is_stalled(const struct zcring_front *front, u64 mono_ns)
{
	return front->stream->state == ZCRING_STATE_RUNNING && mono_ns < front->stalled_until_ns;
}

/* Samples after the last that was delivered for which it is decided what becomes of them. */
static inline u64 zcring_front_on_its_way(const struct zcring_front *front)
{
	if (front->stream->state != ZCRING_STATE_RUNNING)
		return 0;
	return front->block.samples + front->block.lost;
}

#endif /* ZCRING_ENGINE_FRONT_PARTS_H */
