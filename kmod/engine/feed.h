/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live feed: samples that somebody writes while they are on the air.
 *
 * One feeder, which fills a ring of samples for each channel, and one engine, which takes them.
 * Index n of the feed is on the air at the n-th tick of the antenna's clock since the feed began.
 * The feed begins with the first sample that is written or announced as silence; before that, the
 * antenna is silent. The antenna's clock ticks once for each sample of the feed, while a stream
 * runs.
 *
 * With real pace the radio waits for no feeder. Whether a sample is there is decided once, when
 * the block that takes it is begun: a sample that is not written by then is silence, which is
 * counted, and samples that are written after their time are dropped.
 *
 * The feeder and the engine may run at the same time. All calls of the feeder's side are
 * serialised by the feeder; all others by the lock that the front end (front.h) has. The feeder
 * may be another process: the engine reads each of its words once, ignores those that cannot be,
 * and finds every sample within the ring. A feeder that writes nonsense changes only what is on
 * the air.
 *
 * What the feeder does:
 *
 *	for (;;) {
 *		wait until zcring_feed_room() is not 0
 *		n = at most zcring_feed_room() samples
 *		put them into the ring, from zcring_feed_place() on, across its end if necessary
 *		zcring_feed_commit(n)
 *	}
 */
#ifndef ZCRING_ENGINE_FEED_H
#define ZCRING_ENGINE_FEED_H

#include "ring.h"

/* Samples that the engine keeps after their time: a filter at any decimation looks as far back. */
#define ZCRING_FEED_HISTORY	2432U
#define ZCRING_FEED_SAMPLES_MIN 8192U /* of a ring */

struct zcring_feed_log;

/**
 * struct zcring_feed_ring - a feed's ring, from either side
 * @written: shared; written by the feeder, not trusted by the engine
 * @taken: shared; written by the engine
 * @data: the samples of each channel; written by the feeder
 * @samples: size of each channel's ring: a power of two, at least ZCRING_FEED_SAMPLES_MIN
 * @channels: number of channels of the feed
 * @sample_bytes: bytes of one sample of one channel
 * @log: NULL: the engine decides which samples are there. Else the feed is shared (shared_feed.h)
 * @position: private to the feeder: index of the next sample
 * @committed: private to the feeder: index after the last sample that was published
 * @late_samples: private to the feeder: samples that were committed after their time
 * @has_ended: private to the feeder: zcring_feed_end() was called
 *
 * The owner of the memory sets all fields up to @log before zcring_feed_init(). The ring
 * stays in place while it is on the air: until another scene is set.
 */
struct zcring_feed_ring {
	struct zcring_feed_written *written;
	struct zcring_feed_taken *taken;
	u8 *data[ZCRING_CHANNELS_MAX];
	u64 samples;
	u32 channels;
	u32 sample_bytes;
	const struct zcring_feed_log *log;
	u64 position;
	u64 committed;
	u64 late_samples;
	bool has_ended;
};

/* Begins a new feed, which is not on the air. */
void zcring_feed_init(struct zcring_feed_ring *feed);

/* The feeder's side. */

/*
 * How many samples may be written now; 0 if the ring is full, or after the end. Samples that are
 * late need no room, but are among these.
 */
u64 zcring_feed_room(const struct zcring_feed_ring *feed);

/* How many of the next samples are past their time: they need not be put into the ring. */
u64 zcring_feed_late(const struct zcring_feed_ring *feed);

/* Index of the next sample. */
static inline u64 zcring_feed_position(const struct zcring_feed_ring *feed)
{
	return feed->position;
}

/* The next sample's place in the ring of each channel. */
static inline u64 zcring_feed_place(const struct zcring_feed_ring *feed)
{
	return zcring_ring_place(feed->position, feed->samples);
}

/*
 * Publishes the next @samples samples, at most zcring_feed_room(), which are in the ring unless
 * they are late. Late ones are counted. After zcring_feed_announce(), zeroes as much of the ring
 * as is silent: up to all of it.
 */
void zcring_feed_commit(struct zcring_feed_ring *feed, u64 samples);

/*
 * Announces silence up to the sample @index, which is the next one that will be written. 0, or
 * -EINVAL for an @index before the next sample or too far ahead, or after the end. Never waits.
 */
int zcring_feed_announce(struct zcring_feed_ring *feed, u64 index);

/* The stream stops after the last sample that was written or announced as silence. */
void zcring_feed_end(struct zcring_feed_ring *feed);

/* Fills all fields but time_ns and state, which are 0; zcring_front_get_feed() has them. Either side. */
void zcring_feed_get(const struct zcring_feed_ring *feed, struct zcring_feed *out);

#endif /* ZCRING_ENGINE_FEED_H */
