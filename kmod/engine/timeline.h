/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the samples of a recording are on the air. A place counts samples of the recording, with
 * those that are missing between its segments; a recording that is played in a loop has every
 * place.
 */
#ifndef ZCRING_ENGINE_TIMELINE_H
#define ZCRING_ENGINE_TIMELINE_H

#include "env.h"
#include "zcring/abi.h"

/**
 * struct zcring_timeline - the segments of a recording
 * @segments: as in the ABI; of a built-in scene or a scene without segments, @whole
 * @count: number of segments, 1 or more
 * @samples: samples of one channel; 0 for a built-in scene, which has every place
 * @length: places from the first sample to the last one
 * @longest: the most places in a row without a gap; without any gap 2^64 - 1
 * @shortest: the fewest places in a row that are alike and belong to one segment; of a built-in
 *            scene 2^64 - 1
 * @ends: the scene ends at @length; else it begins again there
 * @whole: a segment that is all of the scene
 */
struct zcring_timeline {
	const struct zcring_segment *segments;
	u32 count;
	u64 samples;
	u64 length;
	u64 longest;
	u64 shortest;
	bool ends;
	struct zcring_segment whole;
};

/**
 * struct zcring_spot - what is at a place
 * @segment: index of the segment; in a gap, of the one before it
 * @sample: index of the sample; not in a gap
 * @run: how many places in a row are alike: 1 or more
 * @is_gap: no sample is there
 */
struct zcring_spot {
	u32 segment;
	u64 sample;
	u64 run;
	bool is_gap;
};

/* 0, or -EINVAL if the segments of @scene contradict each other. */
int zcring_segments_check(const struct zcring_scene *scene, const struct zcring_segment *segments);

/* For a checked @scene, whose @segments stay in place if there are any. */
void zcring_timeline_init(struct zcring_timeline *timeline, const struct zcring_scene *scene,
			  const struct zcring_segment *segments);

/* A place before the first sample counts back from 2^64. Not for a built-in scene. */
struct zcring_spot zcring_timeline_find(const struct zcring_timeline *timeline, u64 place);

/**
 * enum zcring_presence - whether a sample of the receiver, which covers one place or more, is there
 * @ZCRING_PRESENT: all of its places have samples
 * @ZCRING_MISSING: one of its places is in a gap
 * @ZCRING_ENDED: the scene has ended
 */
enum zcring_presence {
	ZCRING_PRESENT,
	ZCRING_MISSING,
	ZCRING_ENDED,
};

/*
 * How many of the next @samples samples of a receiver, each of which covers @step places, from
 * @place on, are alike and belong to one segment.
 */
u64 zcring_timeline_run(const struct zcring_timeline *timeline, u64 place, u32 step, u64 samples,
			enum zcring_presence *presence);

/*
 * How many of the next @samples samples of such a receiver, from @place on, come before the end of
 * the scene: all of them if it does not end.
 */
u64 zcring_timeline_until_end(const struct zcring_timeline *timeline, u64 place, u32 step,
			      u64 samples);

/* Whether a receiver whose samples cover @step places each receives any sample. */
static inline bool zcring_timeline_has_sample(const struct zcring_timeline *timeline, u32 step)
{
	return timeline->longest / 2 >= step;
}

/* Frequency at the centre of the scene at @place, in microhertz. */
s64 zcring_timeline_freq_uhz(const struct zcring_timeline *timeline, u64 place);

#endif /* ZCRING_ENGINE_TIMELINE_H */
