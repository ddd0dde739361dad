/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the engine takes the samples of a live feed (feed.h): which of them are there, and what was
 * silence instead.
 *
 * A tick counts samples of the scene on the antenna's clock; sample n of the feed is on the air at
 * the tick origin + n. What a tick has is decided once, for a whole block, and never changed:
 * samples, silence that was announced, or an underflow, which is silence because the feeder was
 * late. The decisions are kept as long as a filter looks back.
 */
#ifndef ZCRING_ENGINE_INTAKE_H
#define ZCRING_ENGINE_INTAKE_H

#include "feed.h"
#include "timeline.h"

/* With one decimation, a filter never looks back over more: two for each of its 39 outputs. */
#define ZCRING_INTAKE_SPANS 128U

/**
 * enum zcring_intake_kind - what is on the air
 * @ZCRING_INTAKE_SAMPLES: samples that are in the ring
 * @ZCRING_INTAKE_SILENCE: silence that was announced, or after the end
 * @ZCRING_INTAKE_UNDERFLOW: silence because the feeder was late
 */
enum zcring_intake_kind {
	ZCRING_INTAKE_SAMPLES,
	ZCRING_INTAKE_SILENCE,
	ZCRING_INTAKE_UNDERFLOW,
};

/**
 * struct zcring_intake_span - samples of the feed that are alike
 * @from: index of the first one
 * @kind: enum zcring_intake_kind
 */
struct zcring_intake_span {
	u64 from;
	u32 kind;
};

/**
 * struct zcring_underflow - silence because the feeder was late
 * @samples: samples of the feed
 * @count: runs of such samples; one that began in an earlier call is not counted again
 */
struct zcring_underflow {
	u64 samples;
	u64 count;
};

/**
 * struct zcring_intake - a receiver of a feed
 * @feed: the ring; not trusted
 * @has_begun: the feed has begun; else the fields below but @is_new_stream are 0
 * @origin: tick of the sample 0
 * @passed: index of the next sample that the antenna's clock passes
 * @decided: up to this index it is decided what is on the air
 * @freed: samples before this index are not needed any more
 * @written: the last valid index that the feeder stored
 * @log_next: of a shared feed: number of the first span of which the end was not passed
 * @spans: of any other feed: what is on the air up to @decided: the last ZCRING_INTAKE_SPANS spans,
 *         each up to the next one
 * @span_count: number of spans so far; the place of a span in @spans is its number, as in a ring
 * @underflow_end: index after the last underflow
 * @underflow: of the feed, over all streams
 * @is_new_stream: the stream has not passed any sample
 */
struct zcring_intake {
	const struct zcring_feed_ring *feed;
	bool has_begun;
	u64 origin;
	u64 passed;
	u64 decided;
	u64 freed;
	u64 written;
	u64 log_next;
	struct zcring_intake_span spans[ZCRING_INTAKE_SPANS];
	u64 span_count;
	u64 underflow_end;
	struct zcring_underflow underflow;
	bool is_new_stream;
};

/**
 * struct zcring_intake_view - what the feeder has done so far
 * @written: index after the last sample in the ring
 * @until: the samples from @written up to here are silence
 * @has_ended: so are all after it
 */
struct zcring_intake_view {
	u64 written;
	u64 until;
	bool has_ended;
};

/* Takes @feed from its beginning on. */
void zcring_intake_init(struct zcring_intake *intake, const struct zcring_feed_ring *feed);

/* Begins a new stream at @tick: the feed goes on with the sample that comes next. */
void zcring_intake_restart(struct zcring_intake *intake, u64 tick);

/*
 * Decides for the next @samples samples of a receiver, from @tick on, each of which covers @step
 * ticks, how many are alike: there, or silence. Samples of which only some ticks are written
 * belong to the silence. ZCRING_ENDED: the feed has ended @lag ticks before @tick or earlier; else
 * ZCRING_PRESENT.
 */
u64 zcring_intake_run(struct zcring_intake *intake, u64 tick, u32 step, u64 samples, u32 lag,
		      enum zcring_presence *presence);

/*
 * Decides for all of the next @samples samples at once, and returns how many of them come before
 * the end: for samples that are lost.
 */
u64 zcring_intake_skip(struct zcring_intake *intake, u64 tick, u32 step, u64 samples, u32 lag);

/*
 * How many samples in a row, at least, lie between two cuts, where what is on the air changes or
 * the ring ends: as zcring_timeline.shortest.
 */
u64 zcring_intake_shortest(const struct zcring_intake *intake);

/*
 * The antenna's clock passes all samples before @tick. Counts the underflows among them, and frees.
 */
struct zcring_underflow zcring_intake_pass(struct zcring_intake *intake, u64 tick);

/* Reads what the feeder stores, once, and bounds it. */
struct zcring_intake_view zcring_intake_look(const struct zcring_intake *intake);

/* How many samples of @step ticks each cover @ticks. */
static inline u64 zcring_intake_ceiling(u64 ticks, u32 step)
{
	return ticks / step + !!(ticks % step);
}

/*
 * What is on the air at @tick: @sample is a place in the ring, where it and @run samples are in a
 * row.
 */
struct zcring_spot zcring_intake_find(const struct zcring_intake *intake, u64 tick);

#endif /* ZCRING_ENGINE_INTAKE_H */
