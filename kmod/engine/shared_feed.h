/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live feed (feed.h) that many receivers hear. One intake has taken it from the feeder into
 * another ring, and has decided which samples are there: all samples before the index written are
 * in the ring, silence as zeroes, and a log has the underflows. Sample n is on the air at tick n.
 *
 * For user space alone: a device of the driver has its antenna for itself, and Kbuild does not
 * compile shared_feed.c.
 */
#ifndef ZCRING_ENGINE_SHARED_FEED_H
#define ZCRING_ENGINE_SHARED_FEED_H

#include "intake.h"

/**
 * struct zcring_feed_span - samples of a feed that were silence because the feeder was late
 * @from: index of the first one
 * @until: index after the last one; grows while the span is the last one of its log
 */
struct zcring_feed_span {
	u64 from;
	u64 until;
};

/**
 * struct zcring_feed_log - the underflows of a shared feed
 * @spans: a ring, in order
 * @size: size of @spans, a power of two
 * @count: number of spans so far; the place of a span is its number
 *
 * The writer of the ring stores a span before it publishes the samples of the span, and keeps the
 * last span and all those of which an engine has not passed the end.
 */
struct zcring_feed_log {
	struct zcring_feed_span *spans;
	u64 size;
	u64 count;
};

/* Whether @feed, which may be NULL, is shared. */
static inline bool zcring_feed_is_shared(const struct zcring_feed_ring *feed)
{
	return ZCRING_FEEDS_ARE_SHARED && feed && feed->log;
}

/* For intake.c. */

/* The feed, which others hear, goes on at @tick, however far this receiver came. */
void zcring_shared_feed_join(struct zcring_intake *intake, u64 tick);

/* How many of @samples samples from @index on are alike: with an underflow, or without. */
u64 zcring_shared_feed_run(struct zcring_intake *intake, u64 index, u32 step, u64 samples);

/* The antenna's clock passes the samples up to @index. */
struct zcring_underflow zcring_shared_feed_pass(struct zcring_intake *intake, u64 index);

/* As zcring_intake_find(): before the first sample is silence. */
struct zcring_spot zcring_shared_feed_find(const struct zcring_intake *intake, u64 index);

#endif /* ZCRING_ENGINE_SHARED_FEED_H */
