// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine's side of a live feed (intake.h).
 *
 * Nothing that the feeder stores is used before it is bounded; an index that goes back, or is
 * beyond the room in the ring, is ignored. A decision is final: samples that are written
 * afterwards are late, and a block that was begun and not delivered does not ask again.
 *
 * One receiver tells the feeder what is decided and freed. Where many receivers hear a feed,
 * nothing is left to decide (shared_feed.h).
 */
#include "intake.h"
#include "shared_feed.h"

void zcring_intake_init(struct zcring_intake *intake, const struct zcring_feed_ring *feed)
{
	memset(intake, 0, sizeof(*intake));
	intake->feed = feed;
	intake->underflow_end = ~0ULL;
	intake->is_new_stream = true;
}

void zcring_intake_restart(struct zcring_intake *intake, u64 tick)
{
	if (zcring_feed_is_shared(intake->feed))
		zcring_shared_feed_join(intake, tick);
	intake->origin = tick - intake->passed;
	intake->is_new_stream = true;
}

struct zcring_intake_view zcring_intake_look(const struct zcring_intake *intake)
{
	const struct zcring_feed_written *shared = intake->feed->written;
	u64 room_end = intake->freed + intake->feed->samples;
	struct zcring_intake_view view;

	view.has_ended = zcring_ring_load_ended(shared);
	view.until = zcring_ring_load_silent_until(shared);
	view.written = zcring_ring_load_written(shared);
	if ((s64)(view.written - intake->written) < 0 || (s64)(view.written - room_end) > 0)
		view.written = intake->written;
	if ((s64)(view.until - view.written) < 0 ||
	    (s64)(view.until - intake->decided) > (s64)ZCRING_SCENE_SAMPLES_MAX)
		view.until = view.written;
	return view;
}

/* Whether the feed has begun; its first sample is on the air at @tick if it has not before. */
static bool intake_begin(struct zcring_intake *intake, u64 tick)
{
	struct zcring_intake_view view;

	if (intake->has_begun)
		return true;
	view = zcring_intake_look(intake);
	intake->has_begun = view.until || view.has_ended;
	intake->origin = tick;
	return intake->has_begun;
}

/* The span of number @number. */
static const struct zcring_intake_span *intake_at(const struct zcring_intake *intake, u64 number)
{
	return &intake->spans[number % ZCRING_INTAKE_SPANS];
}

/* Index after the last sample of the span of number @number. */
static u64 intake_end(const struct zcring_intake *intake, u64 number)
{
	return number + 1 < intake->span_count ? intake_at(intake, number + 1)->from :
						 intake->decided;
}

/* Number of the span that @index is in; of the oldest one that is kept if it is before that. */
static u64 intake_search(const struct zcring_intake *intake, u64 index)
{
	u64 count = min_t(u64, intake->span_count, ZCRING_INTAKE_SPANS);
	u64 number = intake->span_count - count;
	u64 half;

	while (count > 1) {
		half = count / 2;
		if ((s64)(index - intake_at(intake, number + half)->from) >= 0)
			number += half;
		count -= half;
	}
	return number;
}

/* Decides that all samples up to @until, which were not decided, are of one kind. */
static void intake_decide(struct zcring_intake *intake, u64 until, enum zcring_intake_kind kind)
{
	struct zcring_intake_span *span;

	if ((s64)(until - intake->decided) <= 0)
		return;
	if (!intake->span_count || intake_at(intake, intake->span_count - 1)->kind != kind) {
		span = &intake->spans[intake->span_count++ % ZCRING_INTAKE_SPANS];
		span->from = intake->decided;
		span->kind = kind;
	}
	intake->decided = until;
}

/* How many samples from @index on, the first of which is decided, are alike and decided. */
static u64 intake_decided_run(const struct zcring_intake *intake, u64 index, u32 step)
{
	u64 number = intake_search(intake, index);
	bool is_underflow = intake_at(intake, number)->kind == ZCRING_INTAKE_UNDERFLOW;
	u64 ticks;

	while (number + 1 < intake->span_count &&
	       (intake_at(intake, number + 1)->kind == ZCRING_INTAKE_UNDERFLOW) == is_underflow)
		number++;
	ticks = intake_end(intake, number) - index;
	if (is_underflow) /* what the last sample covers besides */
		ticks = min(zcring_intake_ceiling(ticks, step) * step, intake->decided - index);
	return max(ticks / step, 1ULL);
}

/* Decides all samples up to @end. */
static void intake_decide_all(struct zcring_intake *intake, const struct zcring_intake_view *view,
			      u64 end)
{
	u64 until = view->has_ended ? end : view->until;

	intake->written = view->written;
	intake_decide(intake, (s64)(view->written - end) < 0 ? view->written : end,
		      ZCRING_INTAKE_SAMPLES);
	intake_decide(intake, (s64)(until - end) < 0 ? until : end, ZCRING_INTAKE_SILENCE);
	intake_decide(intake, end, ZCRING_INTAKE_UNDERFLOW);
	zcring_ring_store_clock(intake->feed->taken, intake->decided);
}

/*
 * How many of @samples, from @index on, are heard before the end: what is on the air @lag samples
 * later.
 */
static u64 intake_until_end(const struct zcring_intake_view *view, u64 index, u32 step, u64 samples,
			    u32 lag)
{
	u64 left = view->until + lag - index;

	if (!view->has_ended)
		return samples;
	return (s64)left > 0 ? min(samples, zcring_intake_ceiling(left, step)) : 0;
}

u64 zcring_intake_run(struct zcring_intake *intake, u64 tick, u32 step, u64 samples, u32 lag,
		      enum zcring_presence *presence)
{
	struct zcring_intake_view view;
	u64 index, heard, whole;

	*presence = ZCRING_PRESENT;
	if (!intake_begin(intake, tick))
		return samples;
	index = tick - intake->origin;
	if (!zcring_feed_is_shared(intake->feed) && (s64)(intake->decided - index) >= (s64)step)
		return min(samples, intake_decided_run(intake, index, step));
	view = zcring_intake_look(intake);
	heard = intake_until_end(&view, index, step, samples, lag);
	if (!heard) {
		*presence = ZCRING_ENDED;
		return samples;
	}
	if (zcring_feed_is_shared(intake->feed)) {
		intake->written = view.written;
		return zcring_shared_feed_run(intake, index, step, heard);
	}
	whole = (s64)(view.until - index) > 0 ? (view.until - index) / step : 0;
	if (whole && !view.has_ended)
		heard = min(heard, whole);
	intake_decide_all(intake, &view, index + heard * step);
	return heard;
}

u64 zcring_intake_skip(struct zcring_intake *intake, u64 tick, u32 step, u64 samples, u32 lag)
{
	struct zcring_intake_view view;
	u64 index;

	if (!intake_begin(intake, tick))
		return samples;
	index = tick - intake->origin;
	view = zcring_intake_look(intake);
	samples = intake_until_end(&view, index, step, samples, lag);
	intake->written = view.written;
	if (zcring_feed_is_shared(intake->feed))
		return samples;
	intake_decide_all(intake, &view, index + samples * step);
	return samples;
}

u64 zcring_intake_shortest(const struct zcring_intake *intake)
{
	u64 oldest = intake->span_count - min_t(u64, intake->span_count, ZCRING_INTAKE_SPANS);
	u64 shortest = intake->feed->samples;
	u64 number;

	if (zcring_feed_is_shared(intake->feed)) /* the underflows are zeroes */
		return max(shortest / 2, 1ULL);
	for (number = intake->span_count - 1; (s64)(number - oldest) > 0; number--) {
		if ((s64)(intake_at(intake, number)->from - intake->freed) <= 0)
			break;
		shortest = min(shortest,
			       intake_end(intake, number - 1) - intake_at(intake, number - 1)->from);
	}
	return max(shortest / 2, 1ULL); /* where the ring ends is another cut */
}

/* The antenna's clock passes the samples up to @index. */
static struct zcring_underflow intake_pass_decided(struct zcring_intake *intake, u64 index)
{
	struct zcring_underflow passed = {};
	u64 number, end;
	bool is_same;

	intake_decide(intake, index, ZCRING_INTAKE_SILENCE); /* in case nobody asked */
	for (; (s64)(index - intake->passed) > 0; intake->passed = end) {
		number = intake_search(intake, intake->passed);
		end = intake_end(intake, number);
		end = (s64)(index - end) < 0 ? index : end;
		if (intake_at(intake, number)->kind == ZCRING_INTAKE_UNDERFLOW) {
			is_same = intake->passed == intake->underflow_end;
			intake->underflow_end = end;
			intake->underflow.samples += end - intake->passed;
			intake->underflow.count += !is_same;
			passed.samples += end - intake->passed;
			passed.count += !is_same || intake->is_new_stream;
		}
		intake->is_new_stream = false;
	}
	zcring_ring_store_underflow(intake->feed->taken, intake->underflow.samples,
				    intake->underflow.count);
	return passed;
}

struct zcring_underflow zcring_intake_pass(struct zcring_intake *intake, u64 tick)
{
	struct zcring_underflow passed = {};
	u64 index = tick - intake->origin;

	if (!intake->has_begun)
		return passed;
	if (zcring_feed_is_shared(intake->feed))
		passed = zcring_shared_feed_pass(intake, index);
	else
		passed = intake_pass_decided(intake, index);
	if (intake->passed > ZCRING_FEED_HISTORY)
		intake->freed = intake->passed - ZCRING_FEED_HISTORY;
	zcring_ring_free_feed(intake->feed->taken, intake->freed);
	return passed;
}

struct zcring_spot zcring_intake_find(const struct zcring_intake *intake, u64 tick)
{
	struct zcring_spot spot = { .run = ZCRING_SCENE_SAMPLES_MAX, .is_gap = true };
	u64 index = tick - intake->origin;
	u64 number = intake_search(intake, index);
	const struct zcring_intake_span *span = intake_at(intake, number);

	if (zcring_feed_is_shared(intake->feed))
		return zcring_shared_feed_find(intake, index);
	if (!intake->span_count || (s64)(index - intake->decided) >= 0)
		return spot;
	if ((s64)(index - span->from) < 0) {
		spot.run = span->from - index;
		return spot;
	}
	spot.run = intake_end(intake, number) - index;
	spot.is_gap = span->kind != ZCRING_INTAKE_SAMPLES;
	spot.sample = zcring_ring_place(index, intake->feed->samples);
	if (!spot.is_gap)
		spot.run = min(spot.run, intake->feed->samples - spot.sample);
	return spot;
}
