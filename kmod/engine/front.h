/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated hardware: an ADC that takes a sample at every tick of its clock, and a
 * DMA engine that puts what fits into a stream and counts the rest as lost.
 *
 * Not locked: one thread at a time. Time comes in as arguments, so that the same calls
 * give the same bytes in every world.
 */
#ifndef ZCRING_ENGINE_FRONT_H
#define ZCRING_ENGINE_FRONT_H

#include "antenna.h"
#include "clock.h"
#include "config.h"
#include "injection.h"
#include "stream.h"

#define ZCRING_COMMANDS_MAX 64
#define ZCRING_STEP_SAMPLES 1048576ULL /* of all channels, written in one step: some ms */

/**
 * struct zcring_block - a burst that is being written behind the head, in one step or more
 * @samples: how many it will have: there was room for them when it was begun
 * @written: how many of them lie there
 * @lost: samples that are lost after it: there was no room for them then
 * @is_resident: nothing had to be written
 */
struct zcring_block {
	u64 samples;
	u64 written;
	u64 lost;
	bool is_resident;
};

/**
 * struct zcring_front - the simulated front end of one device
 * @stream: where the samples go
 * @config: geometry, pace, seed
 * @antenna: what is received, and how it is tuned
 * @clock: when
 * @time_is_set: the time of day was set; else it is the one that the caller tells
 * @time_offset_ns: the time of day that was set, less the clock that paces the hardware
 * @bandwidth_uhz: as set; reported, not simulated
 * @block: what is on its way; it is tuned as the front end is. No samples: nothing
 * @commands: timed commands, sorted by at_clock, first to come first
 * @commands_count: how many of them wait
 * @obeyed_clock: where the ADC was when it took a command last; what comes before is obeyed,
 *                though it may wait for its sample to be delivered
 * @can_be_resident: the signal, as it is tuned, repeats within the ring
 * @resident_skew: sample clock less index, when the ring was last written anew
 * @interrupt_ns: the interrupt of the run that is going on, or that began @block; else 0
 * @resident_from: from this index on, the ring holds what would be written
 * @stalled_until_ns: until then, on the clock that paces the hardware, nothing is delivered
 * @drop_samples: how many of the next samples are to be lost
 * @jump_ns: how far the time of day is to jump behind @block
 */
struct zcring_front {
	struct zcring_stream *stream;
	struct zcring_config config;
	struct zcring_antenna antenna;
	struct zcring_clock clock;
	bool time_is_set;
	u64 time_offset_ns;
	u64 bandwidth_uhz;
	struct zcring_block block;
	struct zcring_control commands[ZCRING_COMMANDS_MAX];
	u32 commands_count;
	u64 obeyed_clock;
	bool can_be_resident;
	u64 resident_skew;
	u64 interrupt_ns;
	u64 resident_from;
	u64 stalled_until_ns;
	u64 drop_samples;
	s64 jump_ns;
};

/* Takes a checked @config; @stream is set up for it already. The scene is a tone. */
void zcring_front_init(struct zcring_front *front, struct zcring_stream *stream,
		       const struct zcring_config *config);

/* Takes another checked configuration; keeps scene and tuning, and drops timed commands. */
void zcring_front_configure(struct zcring_front *front, const struct zcring_config *config);

/* Puts a checked scene on the air; @samples stays the caller's. */
void zcring_front_set_scene(struct zcring_front *front, const struct zcring_scene *scene,
			    const void *samples);

/*
 * Starts the stream, with its first sample @start->delay_ns after @mono_ns. As time of day
 * that is @start->time_ns, or else the device's time, where @time_ns is the time at @mono_ns
 * for one whose time was never set. 0 or what zcring_stream_start() returns; -ERANGE if the
 * scene has another rate; -EOPNOTSUPP if resident DMA cannot serve it as it is tuned.
 */
int zcring_front_start(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
		       u64 time_ns);

/*
 * Tunes, now (at the next sample that is taken) or at a sample clock or a time. 0, -EINVAL
 * for a field out of range or a time that no sample can have, -ERANGE for a rate that is not
 * the scene's, -ENOSPC if too many commands wait. The caller has called zcring_front_run() for
 * @mono_ns. Where that has left something, in a stall or as it was not the last step, the
 * next sample is the one that the ADC takes at @mono_ns, and the command waits for it.
 */
int zcring_front_control(struct zcring_front *front, const struct zcring_control *control,
			 u64 mono_ns);

/*
 * Has something go wrong from @mono_ns on, in the stream that runs: no other knows of it. 0,
 * -EINVAL while none runs, -ENODEV once gone, -ERANGE for an amount out of range, or a jump
 * to where no time is.
 */
int zcring_front_inject(struct zcring_front *front, enum zcring_injection kind, s64 amount,
			u64 mono_ns);

/*
 * A step towards taking all the samples that are due at @mono_ns, for an interrupt at
 * @interrupt_ns; none in a stall. It writes ZCRING_STEP_SAMPLES at most, and tells whether
 * there are more, for another call with the same arguments. What fits and what is lost is
 * decided when a block is begun, and a block is published as one burst when it is complete:
 * so the steps, and what the consumer reads between them, change neither bursts nor losses.
 */
bool zcring_front_run(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns);

/*
 * Ends the stream, where it runs, with what is due at @mono_ns, as far as one step goes. What
 * is left then is neither delivered nor counted; nor is it in a stall. What was commanded
 * for now holds all the same.
 */
void zcring_front_stop(struct zcring_front *front, u64 mono_ns);

/* Takes exactly @samples samples, whatever the time is; not where zcring_front_run() is used. */
void zcring_front_take(struct zcring_front *front, u64 samples);

/* @time_ns is the time of day, for a device whose time was never set. */
void zcring_front_get_tuning(const struct zcring_front *front, u64 mono_ns, u64 time_ns,
			     struct zcring_tuning *tuning);

#endif /* ZCRING_ENGINE_FRONT_H */
