// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The places of a recording (timeline.h): its segments are sorted by place, so that a place is
 * found by bisection.
 */
#include "timeline.h"

static bool segment_is_valid(const struct zcring_segment *segment)
{
	return segment->place < ZCRING_SCENE_SAMPLES_MAX && !segment->reserved &&
	       segment->freq_uhz <= ZCRING_FREQ_UHZ_MAX && segment->freq_uhz >= -ZCRING_FREQ_UHZ_MAX;
}

int zcring_segments_check(const struct zcring_scene *scene, const struct zcring_segment *segments)
{
	u32 k;

	for (k = 0; k < scene->segments; k++) {
		const struct zcring_segment *next = &segments[k];
		const struct zcring_segment *last = &segments[k ? k - 1 : 0];

		if (!segment_is_valid(next) || next->first >= scene->samples)
			return -EINVAL;
		if (!k && (next->first || next->place))
			return -EINVAL;
		if (k && (next->first <= last->first || next->place < last->place ||
			  next->place - last->place < next->first - last->first))
			return -EINVAL;
	}
	return 0;
}

static u64 timeline_longest(const struct zcring_timeline *timeline)
{
	const struct zcring_segment *segments = timeline->segments;
	bool has_gap = false;
	u64 longest = 0;
	u64 first = 0;
	u64 run = 0;
	u64 samples;
	u32 k;

	for (k = 0; k + 1 < timeline->count; k++) {
		samples = segments[k + 1].first - segments[k].first;
		run += samples;
		longest = max(longest, run);
		if (segments[k + 1].place - segments[k].place == samples)
			continue;
		if (!has_gap)
			first = run;
		has_gap = true;
		run = 0;
	}
	if (!has_gap)
		return ~0ULL;
	run += timeline->samples - segments[k].first;
	if (!timeline->ends)
		run += first;
	return max(longest, run);
}

static u64 timeline_shortest(const struct zcring_timeline *timeline)
{
	const struct zcring_segment *segments = timeline->segments;
	u64 shortest = ~0ULL;
	u64 samples, gap;
	u32 k;

	for (k = 0; timeline->samples && k < timeline->count; k++) {
		bool is_last = k + 1 == timeline->count;

		samples = (is_last ? timeline->samples : segments[k + 1].first) - segments[k].first;
		gap = (is_last ? timeline->length : segments[k + 1].place) - segments[k].place -
		      samples;
		shortest = min(shortest, samples);
		if (gap)
			shortest = min(shortest, gap);
	}
	return shortest;
}

void zcring_timeline_init(struct zcring_timeline *timeline, const struct zcring_scene *scene,
			  const struct zcring_segment *segments)
{
	const struct zcring_segment whole = { .freq_uhz = scene->freq_uhz };
	const struct zcring_segment *last;

	timeline->whole = whole;
	timeline->segments = scene->segments ? segments : &timeline->whole;
	timeline->count = scene->segments ? scene->segments : 1;
	timeline->samples = scene->samples;
	timeline->ends = scene->flags & ZCRING_SCENE_ONCE;
	last = &timeline->segments[timeline->count - 1];
	timeline->length = last->place + (scene->samples - last->first);
	timeline->longest = timeline_longest(timeline);
	timeline->shortest = timeline_shortest(timeline);
}

/* The last segment that begins at @place, which is less than the length, or before it. */
static u32 timeline_segment(const struct zcring_timeline *timeline, u64 place)
{
	u32 from = 0;
	u32 count = timeline->count;
	u32 half;

	while (count > 1) {
		half = count / 2;
		if (timeline->segments[from + half].place <= place)
			from += half;
		count -= half;
	}
	return from;
}

/* The place within the first loop. False before and after a scene that ends. */
static bool timeline_fold(const struct zcring_timeline *timeline, u64 *place)
{
	s64 rest = (s64)*place;

	if (*place < timeline->length)
		return true;
	if (timeline->ends)
		return false;
	rest %= (s64)timeline->length;
	if (rest < 0)
		rest += timeline->length;
	*place = rest;
	return true;
}

struct zcring_spot zcring_timeline_find(const struct zcring_timeline *timeline, u64 place)
{
	const struct zcring_segment *segment;
	struct zcring_spot spot = {};
	u64 end, samples_end;

	if (!timeline_fold(timeline, &place)) {
		spot.is_gap = true;
		spot.run = (s64)place < 0 ? 0 - place : ZCRING_SCENE_SAMPLES_MAX;
		spot.segment = (s64)place < 0 ? 0 : timeline->count - 1;
		return spot;
	}
	spot.segment = timeline_segment(timeline, place);
	segment = &timeline->segments[spot.segment];
	end = timeline->length;
	samples_end = timeline->samples;
	if (spot.segment + 1 < timeline->count) {
		end = segment[1].place;
		samples_end = segment[1].first;
	}
	spot.sample = segment->first + (place - segment->place);
	spot.is_gap = spot.sample >= samples_end;
	spot.run = spot.is_gap ? end - place : samples_end - spot.sample;
	return spot;
}

/* Whether one of @count places, from @place on, is in a gap; the end of the scene is none. */
static bool timeline_has_gap(const struct zcring_timeline *timeline, u64 place, u64 count)
{
	struct zcring_spot spot;
	u64 done;

	for (done = 0; done < count; done += spot.run) {
		if (timeline->ends && place + done >= timeline->length)
			return false;
		spot = zcring_timeline_find(timeline, place + done);
		if (spot.is_gap)
			return true;
	}
	return false;
}

u64 zcring_timeline_run(const struct zcring_timeline *timeline, u64 place, u32 step, u64 samples,
			enum zcring_presence *presence)
{
	struct zcring_spot spot;
	u64 whole;

	*presence = ZCRING_PRESENT;
	if (!timeline->samples || (timeline->count == 1 && !timeline->ends))
		return samples;
	if (timeline->ends && place >= timeline->length) {
		*presence = ZCRING_ENDED;
		return samples;
	}
	spot = zcring_timeline_find(timeline, place);
	if (spot.is_gap) {
		*presence = ZCRING_MISSING;
		return min(samples, spot.run / step + !!(spot.run % step));
	}
	/* Then comes a sample that covers the end of the segment. */
	whole = spot.run / step;
	if (whole >= samples)
		return samples;
	if (spot.run % step && !timeline_has_gap(timeline, place + whole * step, step))
		return whole + 1;
	if (!whole) {
		*presence = ZCRING_MISSING;
		return 1;
	}
	return whole;
}

u64 zcring_timeline_until_end(const struct zcring_timeline *timeline, u64 place, u32 step, u64 samples)
{
	s64 left = timeline->length - place; /* a place before the first sample counts back from 2^64 */

	if (!timeline->samples || !timeline->ends)
		return samples;
	return left <= 0 ? 0 : min(samples, (u64)left / step + !!((u64)left % step));
}

s64 zcring_timeline_freq_uhz(const struct zcring_timeline *timeline, u64 place)
{
	if (timeline->count == 1)
		return timeline->segments[0].freq_uhz;
	return timeline->segments[zcring_timeline_find(timeline, place).segment].freq_uhz;
}
