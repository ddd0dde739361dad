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
#include "stream.h"

#define ZCRING_COMMANDS_MAX	64

/**
 * struct zcring_front - the simulated front end of one device
 * @stream: where the samples go
 * @config: geometry, pace, seed
 * @antenna: what is received, and how it is tuned
 * @clock: when
 * @bandwidth_uhz: as set; reported, not simulated
 * @commands: timed commands, sorted by at_clock, first to come first
 * @commands_count: how many of them wait
 * @can_be_resident: the signal, as it is tuned, repeats within the ring
 * @resident_skew: sample clock less index, when the ring was last written anew
 * @interrupt_ns: the interrupt of the run that is going on; 0 if there is none
 * @resident_from: from this index on, the ring holds what would be written
 */
struct zcring_front {
	struct zcring_stream *stream;
	struct zcring_config config;
	struct zcring_antenna antenna;
	struct zcring_clock clock;
	u64 bandwidth_uhz;
	struct zcring_control commands[ZCRING_COMMANDS_MAX];
	u32 commands_count;
	bool can_be_resident;
	u64 resident_skew;
	u64 interrupt_ns;
	u64 resident_from;
};

/* Settings of a device that nobody has configured yet. */
void zcring_config_default(struct zcring_config *config);

/* 0 or -EINVAL. @page_bytes is the machine's. */
int zcring_config_check(const struct zcring_config *config, u64 page_bytes);

/* Takes a checked @config; @stream is set up for it already. The scene is a tone. */
void zcring_front_init(struct zcring_front *front, struct zcring_stream *stream,
		       const struct zcring_config *config);

/* Takes another checked configuration; keeps scene and tuning, and drops timed commands. */
void zcring_front_configure(struct zcring_front *front, const struct zcring_config *config);

/* Puts a checked scene on the air; @samples stays the caller's. */
void zcring_front_set_scene(struct zcring_front *front, const struct zcring_scene *scene,
			    const void *samples);

/*
 * Starts the stream, with its first sample at @mono_ns and, as time of day, at
 * @start->time_ns or @time_ns. 0 or what zcring_stream_start() returns; -ERANGE if the
 * scene has another rate; -EOPNOTSUPP if resident DMA cannot serve it as it is tuned.
 */
int zcring_front_start(struct zcring_front *front, const struct zcring_start *start,
		       u64 mono_ns, u64 time_ns);

/*
 * Tunes, now (at the next sample) or at a sample clock. 0, -EINVAL for a field out of
 * range or a time while no stream runs, -ERANGE for a rate that is not the scene's,
 * -ENOSPC if too many commands wait.
 */
int zcring_front_control(struct zcring_front *front, const struct zcring_control *control);

/* Takes all the samples that are due at @mono_ns, for an interrupt at @interrupt_ns. */
void zcring_front_run(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns);

/* Takes exactly @samples samples, whatever the time is. */
void zcring_front_take(struct zcring_front *front, u64 samples);

/* @time_ns is the time of day, for a device that has not been started yet. */
void zcring_front_get_tuning(const struct zcring_front *front, u64 mono_ns, u64 time_ns,
			     struct zcring_tuning *tuning);

#endif /* ZCRING_ENGINE_FRONT_H */
