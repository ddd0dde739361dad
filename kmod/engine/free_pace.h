/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free pace: samples are taken as soon as they are there and have room, at no rate, so that a
 * radio waits for its consumer and for its feeder.
 *
 * For user space alone: the driver has real pace, and Kbuild does not compile free_pace.c.
 */
#ifndef ZCRING_ENGINE_FREE_PACE_H
#define ZCRING_ENGINE_FREE_PACE_H

#include "front.h"

/* Takes exactly @samples samples, at any time; never together with zcring_front_run(). */
void zcring_front_take(struct zcring_front *front, u64 samples);

/*
 * How many of @samples can be taken now without an underflow: as far as the feeder has written or
 * announced silence, and no further than up to the next command that waits. All of them without a
 * feed, or at its end.
 */
u64 zcring_front_promised(struct zcring_front *front, u64 samples);

/*
 * How many of the next @samples samples of a feed, from @tick on, each of which covers @step ticks,
 * are there; all after the end, none before the beginning.
 */
u64 zcring_intake_promised(const struct zcring_intake *intake, u64 tick, u32 step, u64 samples);

/* Whether a feed has ended at @tick or earlier. */
bool zcring_intake_has_ended(const struct zcring_intake *intake, u64 tick);

#endif /* ZCRING_ENGINE_FREE_PACE_H */
