// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How one of many receivers takes the samples of a shared feed (shared_feed.h).
 *
 * The receiver decides nothing: it finds the underflows in the log, from the first one on of which
 * it has not passed the end.
 */
#include "shared_feed.h"

void zcring_shared_feed_join(struct zcring_intake *intake, u64 tick)
{
	const struct zcring_feed_log *log = intake->feed->log;
	u64 count = zcring_load(&log->count);
	u64 oldest = count - min(count, log->size);
	const struct zcring_feed_span *at;

	intake->has_begun = true;
	intake->passed = tick;
	intake->decided = tick;
	intake->freed = tick - min_t(u64, tick, ZCRING_FEED_HISTORY);
	intake->written = 0;
	intake->underflow_end = ~0ULL;
	intake->log_next = count;
	for (; intake->log_next != oldest; intake->log_next--) {
		at = &log->spans[zcring_ring_place(intake->log_next - 1, log->size)];
		if ((s64)(zcring_load(&at->until) - tick) <= 0)
			break;
	}
	zcring_ring_free_feed(intake->feed->taken, intake->freed);
}

/*
 * The first underflow of which the end is after @index. False if there is none before what is
 * written.
 */
static bool shared_feed_find_underflow(const struct zcring_intake *intake, u64 index,
				       struct zcring_feed_span *span)
{
	const struct zcring_feed_log *log = intake->feed->log;
	u64 count = zcring_load(&log->count);
	const struct zcring_feed_span *at;
	u64 number;

	for (number = intake->log_next; number != count; number++) {
		at = &log->spans[zcring_ring_place(number, log->size)];
		span->from = zcring_load(&at->from);
		span->until = zcring_load(&at->until);
		if ((s64)(span->from - intake->written) >= 0)
			return false;
		if ((s64)(span->until - intake->written) > 0)
			span->until = intake->written;
		if ((s64)(span->until - index) > 0)
			return true;
	}
	return false;
}

u64 zcring_shared_feed_run(struct zcring_intake *intake, u64 index, u32 step, u64 samples)
{
	struct zcring_feed_span span;
	u64 alike = samples;

	if (shared_feed_find_underflow(intake, index, &span)) {
		if ((s64)(span.from - index) >= (s64)step)
			alike = (span.from - index) / step;
		else
			alike = zcring_intake_ceiling(span.until - index, step);
	}
	samples = min(samples, alike);
	if ((s64)(index + samples * step - intake->decided) > 0)
		intake->decided = index + samples * step;
	return samples;
}

/* Forgets the spans that were passed, but for the last one, which may grow. */
static void shared_feed_forget(struct zcring_intake *intake)
{
	const struct zcring_feed_log *log = intake->feed->log;
	u64 count = zcring_load(&log->count);
	const struct zcring_feed_span *at;

	for (; (s64)(count - 1 - intake->log_next) > 0; intake->log_next++) {
		at = &log->spans[zcring_ring_place(intake->log_next, log->size)];
		if ((s64)(zcring_load(&at->until) - intake->passed) > 0)
			break;
	}
}

struct zcring_underflow zcring_shared_feed_pass(struct zcring_intake *intake, u64 index)
{
	struct zcring_underflow passed = {};
	struct zcring_feed_span span;

	for (; (s64)(index - intake->passed) > 0; intake->passed = span.until) {
		if (!shared_feed_find_underflow(intake, intake->passed, &span) ||
		    (s64)(span.from - index) >= 0)
			break;
		if ((s64)(span.until - index) > 0)
			span.until = index;
		if ((s64)(span.from - intake->passed) < 0)
			span.from = intake->passed;
		passed.samples += span.until - span.from;
		passed.count += span.from != intake->underflow_end;
		intake->underflow_end = span.until;
	}
	if ((s64)(index - intake->passed) > 0)
		intake->passed = index;
	if ((s64)(index - intake->decided) > 0)
		intake->decided = index;
	shared_feed_forget(intake);
	return passed;
}

struct zcring_spot zcring_shared_feed_find(const struct zcring_intake *intake, u64 index)
{
	struct zcring_spot spot = { .run = ZCRING_SCENE_SAMPLES_MAX, .is_gap = true };

	if ((s64)index < 0) {
		spot.run = 0 - index;
	} else if ((s64)(intake->written - index) > 0) {
		spot.is_gap = false;
		spot.sample = zcring_ring_place(index, intake->feed->samples);
		spot.run = min(intake->written - index, intake->feed->samples - spot.sample);
	}
	return spot;
}
