/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated front end: an ADC that takes a sample at every tick of the sample clock, and a DMA
 * engine that puts the samples into a stream while there is room and counts the rest as lost.
 *
 * Not locked: the caller serializes all calls. Times are arguments, so that the same
 * calls give the same bytes in the kernel and in user space.
 */
#ifndef ZCRING_ENGINE_FRONT_H
#define ZCRING_ENGINE_FRONT_H

#include "antenna.h"
#include "block.h"
#include "clock.h"
#include "config.h"
#include "control.h"
#include "feed.h"
#include "injection.h"
#include "stream.h"

#define ZCRING_STEP_SAMPLES \
	1048576ULL /* cost of a step, in samples of the scene over all channels: milliseconds */

/**
 * struct zcring_front - the simulated front end of one device
 * @stream: the destination of the samples
 * @config: geometry, pace, seed
 * @antenna: the scene, and how it is tuned
 * @clock: the sample clock
 * @time_is_set: the time of day was set; else the caller's time of day holds
 * @time_offset_ns: the time of day that was set, less the clock that paces the hardware
 * @bandwidth_uhz: as set; reported, not simulated
 * @noise_is_set: @noise_mb was set since the scene was set; else it follows from the scene
 * @noise_mb: level of the noise, or ZCRING_NOISE_NONE
 * @block: the block that is being written, tuned as the front end is; no samples: none
 * @queue: timed commands
 * @resident: state of resident DMA
 * @interrupt_ns: time of the interrupt that began the present run or @block; else 0
 * @injected: injected faults that are still to happen
 */
struct zcring_front {
	struct zcring_stream *stream;
	struct zcring_config config;
	struct zcring_antenna antenna;
	struct zcring_clock clock;
	bool time_is_set;
	u64 time_offset_ns;
	u64 bandwidth_uhz;
	bool noise_is_set;
	s32 noise_mb;
	struct zcring_block block;
	struct zcring_control_queue queue;
	struct zcring_resident resident;
	u64 interrupt_ns;
	struct zcring_injected injected;
};

/* Takes a checked @config, for which @stream is set up already. The scene is a tone. */
void zcring_front_init(struct zcring_front *front, struct zcring_stream *stream,
		       const struct zcring_config *config);

/* Takes another checked configuration; keeps scene and tuning, and drops timed commands. */
void zcring_front_configure(struct zcring_front *front, const struct zcring_config *config);

/*
 * Puts a checked scene on the air. @content is its checked segments and its samples, as user space
 * writes them; with a @source, which may be NULL, its segments alone; of ZCRING_SCENE_FEED its
 * struct zcring_feed_ring. The caller keeps both until the next scene.
 *
 * While a stream runs, the new scene begins with the first sample that is not written yet: a block
 * that is being written ends before it. The old scene is not used any more when the function
 * returns. 0, or, only while a stream runs, -ERANGE for a scene that cannot be received at the
 * present rate or at one for which a command waits: the old one stays.
 */
int zcring_front_set_scene(struct zcring_front *front, const struct zcring_scene *scene,
			   const void *content, const struct zcring_scene_source *source);

/*
 * Starts the stream, with its first sample @start->delay_ns after @mono_ns. The time of day of
 * that sample is @start->time_ns or, where that is 0, the device's time; @time_ns is the time of
 * day at @mono_ns for a device whose time was never set. 0 or what zcring_stream_start() returns;
 * -ERANGE if the scene cannot be received at the rate; -EOPNOTSUPP if resident DMA cannot serve
 * the scene as it is tuned.
 */
int zcring_front_start(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
		       u64 time_ns);

/*
 * Tunes at the next sample that is taken, at a sample clock or at a time. 0, -EINVAL for a field
 * out of range or a time that no sample can have, -ERANGE for a rate at which the scene cannot be
 * received, -ENOSPC if too many commands wait. The caller has called zcring_front_run() for
 * @mono_ns. If that call has left samples, because of a stall or because it was not the last step,
 * the next sample is the one that the ADC takes at @mono_ns, and the command waits for that
 * sample.
 */
int zcring_front_control(struct zcring_front *front, const struct zcring_control *control,
			 u64 mono_ns);

/*
 * Injects a fault from @mono_ns on into the running stream; the fault does not affect the next
 * stream. 0, -EINVAL while no stream runs, -ENODEV once the device is gone, or what
 * zcring_injection_add() returns.
 */
int zcring_front_inject(struct zcring_front *front, enum zcring_injection kind, s64 amount,
			u64 mono_ns);

/*
 * One step towards taking all samples that are due at @mono_ns, for an interrupt at @interrupt_ns;
 * none during a stall. A step costs at most ZCRING_STEP_SAMPLES (zcring_effort_cost()), and the
 * tunings of the commands that wait. Returns true if samples are left, for another call with the
 * same arguments. What fits and what is lost is decided when a block is begun, and a complete
 * block is published as one burst: neither the steps nor what the consumer reads between them
 * changes bursts or losses.
 */
bool zcring_front_run(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns);

/*
 * For a machine that has slept: all samples that are due at @mono_ns and were not delivered are
 * lost, and commands up to there take effect. Of a block that was being written, the samples that
 * are written are delivered. Does nothing while no stream runs.
 */
void zcring_front_skip(struct zcring_front *front, u64 mono_ns);

/*
 * Ends the stream, if one runs, with the samples that are due at @mono_ns, as far as one step goes.
 * Samples that are left then, also during a stall, are neither delivered nor counted. A command
 * that was given for now keeps its effect all the same.
 */
void zcring_front_stop(struct zcring_front *front, u64 mono_ns);

/* The feed that is on the air, with its time and state; zero if it is another scene. */
void zcring_front_get_feed(const struct zcring_front *front, struct zcring_feed *feed);

/* @time_ns is the time of day, for a device whose time was never set. */
void zcring_front_get_tuning(const struct zcring_front *front, u64 mono_ns, u64 time_ns,
			     struct zcring_tuning *tuning);

/* The rates at which the scene can be received, in @ranges, which is filled with those of the ABI. */
void zcring_front_get_ranges(const struct zcring_front *front, struct zcring_ranges *ranges);

/*
 * For a board that has DMA but no antenna (edu_dma.c): the board takes its samples from @antenna
 * block by block, and calls the functions below instead of zcring_front_run().
 */

/* Applies the timed commands that are due at the next sample. */
void zcring_front_apply_due(struct zcring_front *front);

/*
 * For a stream that does not deliver the samples up to the sample clock @at_clock, which were
 * taken: applies their commands at the next sample. A time or a rate that was set counts from the
 * sample at which it was to take effect.
 */
void zcring_front_apply_until(struct zcring_front *front, u64 at_clock);

/* How many of @samples can be taken before a command changes something. */
u64 zcring_front_until_command(const struct zcring_front *front, u64 samples);

/*
 * How many of @samples, which no command changes, can be taken before the scene changes something,
 * and whether they are there. Follows the scene to another frequency.
 */
u64 zcring_front_until_change(struct zcring_front *front, u64 samples,
			      enum zcring_presence *presence);

/*
 * Whether the search for the next change of the scene, which it charges, still fits into the cost
 * @until of all work. The scene may change at every sample, and the search looks up each place that
 * a sample covers.
 */
bool zcring_front_may_change(struct zcring_front *front, u64 until);

/* Fills time, rate, bandwidth and tuning of a burst that begins at the next sample. */
void zcring_front_describe_burst(const struct zcring_front *front, struct zcring_burst *burst);

/* For the other files of the engine. */

/* Takes over the rate, and the tuning of @channels, from the next sample on. */
void zcring_front_retune(struct zcring_front *front, u32 channels);

/* Takes @samples samples, until the cost of all work is @until; false if samples are left. */
bool zcring_front_deliver(struct zcring_front *front, u64 samples, u64 until);

/* Publishes what is written of the block that is being written, if any; the rest is taken again. */
void zcring_front_end_block(struct zcring_front *front);

/*
 * For a stream that ends, or has ended: a command that the ADC has executed keeps its effect,
 * although the sample at which it took effect was not delivered.
 */
void zcring_front_apply_executed(struct zcring_front *front);

/* Samples after the last published one of which it is decided whether they are lost. */
static inline u64 zcring_front_unpublished(const struct zcring_front *front)
{
	if (front->stream->state != ZCRING_STATE_RUNNING)
		return 0;
	return front->block.samples + front->block.lost;
}

/* Whether an injected stall keeps samples back at @mono_ns. */
static inline bool zcring_front_is_stalled(const struct zcring_front *front, u64 mono_ns)
{
	return front->stream->state == ZCRING_STATE_RUNNING &&
	       mono_ns < front->injected.stalled_until_ns;
}

#endif /* ZCRING_ENGINE_FRONT_H */
