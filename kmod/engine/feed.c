// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feeder's side of a live feed (feed.h); intake.c is the engine's.
 *
 * Silence that was announced is not in the ring at first: it may be longer than the ring. As soon
 * as samples are published after it, as much of the silence as is still to come is zeroed: less
 * than a ring, because there is room for those samples.
 */
#include "feed.h"

#define FEED_SILENCE_RUN 65536ULL /* samples zeroed before zcring_relax() */

void zcring_feed_init(struct zcring_feed_ring *feed)
{
	zcring_ring_reset_feed(feed->written, feed->taken);
	feed->position = 0;
	feed->committed = 0;
	feed->late_samples = 0;
	feed->has_ended = false;
}

u64 zcring_feed_room(const struct zcring_feed_ring *feed)
{
	u64 room = zcring_ring_load_freed(feed->taken) + feed->samples - feed->position;

	return feed->has_ended || (s64)room < 0 ? 0 : room;
}

static u64 feed_late(const struct zcring_feed_ring *feed, u64 clock)
{
	return (s64)(clock - feed->position) > 0 ? clock - feed->position : 0;
}

u64 zcring_feed_late(const struct zcring_feed_ring *feed)
{
	return feed_late(feed, zcring_ring_load_clock(feed->taken));
}

/* Zeroes the samples from @index up to the next sample. */
static void feed_write_silence(struct zcring_feed_ring *feed, u64 index)
{
	u64 place, run;
	u32 c;

	for (; (s64)(feed->position - index) > 0; index += run) {
		place = zcring_ring_place(index, feed->samples);
		run = min(feed->position - index, feed->samples - place);
		run = min(run, FEED_SILENCE_RUN);
		for (c = 0; c < feed->channels; c++) {
			memset(feed->data[c] + place * feed->sample_bytes, 0,
			       run * feed->sample_bytes);
			zcring_relax();
		}
	}
}

void zcring_feed_commit(struct zcring_feed_ring *feed, u64 samples)
{
	u64 clock = zcring_ring_load_clock(feed->taken);

	if (!samples) /* there may be no room for the silence before them */
		return;
	feed_write_silence(feed, (s64)(clock - feed->committed) > 0 ? clock : feed->committed);
	feed->late_samples += min(samples, feed_late(feed, clock));
	feed->position += samples;
	feed->committed = feed->position;
	zcring_ring_store_written(feed->written, feed->committed, feed->late_samples);
}

int zcring_feed_announce(struct zcring_feed_ring *feed, u64 index)
{
	u64 clock = zcring_ring_load_clock(feed->taken);

	if (feed->has_ended || (s64)(index - feed->position) < 0)
		return -EINVAL;
	if ((s64)(index - clock) > (s64)ZCRING_SCENE_SAMPLES_MAX)
		return -EINVAL;
	feed->position = index;
	zcring_ring_store_silent_until(feed->written, index);
	return 0;
}

void zcring_feed_end(struct zcring_feed_ring *feed)
{
	feed->has_ended = true;
	zcring_ring_store_ended(feed->written);
}

void zcring_feed_get(const struct zcring_feed_ring *feed, struct zcring_feed *out)
{
	const struct zcring_feed_written *written = feed->written;
	const struct zcring_feed_taken *taken = feed->taken;
	u64 silent_until;

	memset(out, 0, sizeof(*out));
	if (zcring_ring_load_ended(written))
		out->flags |= ZCRING_FEED_ENDED;
	silent_until = zcring_ring_load_silent_until(written);
	out->written = zcring_ring_load_written(written);
	if ((s64)(silent_until - out->written) > 0)
		out->written = silent_until;
	out->clock = zcring_ring_load_clock(taken);
	out->buffer_samples = feed->samples;
	out->late_samples = zcring_load(&written->late_samples);
	out->underflow_samples = zcring_load(&taken->underflow_samples);
	out->underflow_count = zcring_load(&taken->underflow_count);
}
