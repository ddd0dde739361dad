/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scene on the air, and the radio that receives it, in integer arithmetic:
 *
 *   antenna -> tuner -> channel filter, decimation -> gain -> noise -> ADC -> sample format
 *
 * Every sample is a function of the settings, the seed, the channel and its sample clock alone: the
 * samples do not depend on how a stream is cut into bursts.
 */
#ifndef ZCRING_ENGINE_ANTENNA_H
#define ZCRING_ENGINE_ANTENNA_H

#include "filter.h"
#include "intake.h"
#include "sample.h"
#include "timeline.h"

/**
 * struct zcring_tuner - the tuning of one channel
 * @freq_uhz: tuned frequency
 * @gain_mb: gain
 * @gain: the same as a factor
 * @is_silent: nothing of the scene is within the band
 * @is_filtered: the scene goes through the filter
 * @is_prepared: @mix, @turn and @taps are those of this tuning; else zcring_antenna_prepare()
 *               computes them before the next sample is received
 * @step: rotation for each sample of the scene, in 2^-64 of a turn
 * @phase: rotation at the place @phase_place of the scene, in the same unit
 * @phase_place: place in the scene at the last retune
 * @centre: the middle of the part of the scene that is received, from the tuned frequency, for each
 *          sample of the scene, in the same unit
 * @mix: rotors before the filter, which put that part around 0
 * @turn: rotors after the filter, which put it back
 * @width: the width of that part, in 2^-63 of the scene's rate
 * @taps_width: the width for which @taps were made
 * @taps_decimation: the decimation for which @taps were made
 * @taps: the filter
 */
struct zcring_tuner {
	s64 freq_uhz;
	s32 gain_mb;
	struct zcring_gain gain;
	bool is_silent;
	bool is_filtered;
	bool is_prepared;
	u64 step;
	u64 phase;
	u64 phase_place;
	u64 centre;
	struct zcring_rotors mix;
	struct zcring_rotors turn;
	u64 width;
	u64 taps_width;
	u32 taps_decimation;
	struct zcring_taps taps;
};

#define ZCRING_CHUNK 512U /* samples computed in one piece */

/**
 * struct zcring_workspace - memory for the samples of one chunk
 * @window: inputs of the filter
 * @i: outputs of the filter, I
 * @q: outputs of the filter, Q
 * @values: I and Q in turn
 */
struct zcring_workspace {
	struct zcring_window window;
	s32 i[ZCRING_CHUNK];
	s32 q[ZCRING_CHUNK];
	s32 values[2 * ZCRING_CHUNK];
};

/* What work costs: as much time as so many samples of the scene take to be received, at most. */
#define ZCRING_CUT_COST	    40ULL
#define ZCRING_TAP_COST	    13ULL
#define ZCRING_ROTORS_COST  2048ULL
#define ZCRING_TUNING_COST  512ULL
#define ZCRING_CHANGE_COST  128ULL
#define ZCRING_PREPARE_COST (2 * ZCRING_ROTORS_COST + ZCRING_TAPS_MAX * ZCRING_TAP_COST)

/**
 * struct zcring_effort - the work that was done since the device was made; a step of the front end
 *                        ends by its cost, and tests check that it is bounded
 * @samples: samples of the scene that a channel received; what a window of the filter reads again
 *           counts again
 * @cuts: how often the samples of the scene were taken in shorter pieces than could be, because a
 *        segment or a loop ended, and places at which the scene was searched for its next change
 * @taps: taps of filters that were designed
 * @rotors: tables of rotors that were filled
 * @tunings: how often the tuning of a channel was computed
 * @changes: bursts that were published, and runs of samples that were lost
 */
struct zcring_effort {
	u64 samples;
	u64 cuts;
	u64 taps;
	u64 rotors;
	u64 tunings;
	u64 changes;
};

/* The cost of all work that was done. */
static inline u64 zcring_effort_cost(const struct zcring_effort *effort)
{
	return effort->samples + effort->cuts * ZCRING_CUT_COST + effort->taps * ZCRING_TAP_COST +
	       effort->rotors * ZCRING_ROTORS_COST + effort->tunings * ZCRING_TUNING_COST +
	       effort->changes * ZCRING_CHANGE_COST;
}

/* What may still be done before the cost of all work is @until. */
static inline u64 zcring_effort_left(const struct zcring_effort *effort, u64 until)
{
	u64 cost = zcring_effort_cost(effort);

	return until > cost ? until - cost : 0;
}

#define ZCRING_SOURCE_SAMPLES 16384U /* asked for in one call */

/**
 * struct zcring_scene_source - where the samples of a scene come from that is not in memory
 * @samples: returns @n samples of a channel, from the sample @first on, which stay in place until
 *           the next call for that channel; NULL if they cannot be read. NULL: the scene is in
 *           memory
 * @context: its first argument
 */
struct zcring_scene_source {
	const u8 *(*samples)(void *context, u32 channel, u64 first, u32 n);
	void *context;
};

/**
 * struct zcring_antenna - a scene and the tuners that receive it
 * @loops: the loops over samples for this machine
 * @scene: kind, rate and length
 * @timeline: its segments
 * @freq_uhz: frequency at the centre of the segment for which the tuners are tuned
 * @samples: samples of the scene, one channel after the other; NULL for built-in kinds
 * @source: where they come from instead
 * @intake: of a live feed, where they come from instead
 * @lag: of a live feed, how many samples later than on the air they are heard: the filter waits
 *       for the samples that it looks ahead at. Else 0
 * @lag_ns: the same in nanoseconds, rounded
 * @failed: @source could not read samples: those received since are undefined
 * @effort: the work that was done
 * @tone_rate_num: rate when the tone was set, numerator: the tone is an eighth of it above the
 *                 centre
 * @tone_rate_den: the same, denominator
 * @seed: seed of the noise
 * @format: enum zcring_format of the received samples
 * @decimation: samples of the scene for each sample received
 * @place: place in the scene, without loops, at @place_clock
 * @place_clock: sample clock of the last change of rate
 * @first_tick: what is on the air at sample clock 0: not 0 where others hear the antenna, too
 * @ahead: samples by which a stream that began with the scene would be ahead of the sample clock
 * @has_noise: noise is added before the ADC
 * @noise: its level
 * @tuner: tuner of each channel
 * @work: memory of the chunk that is computed
 */
struct zcring_antenna {
	const struct zcring_loops *loops;
	struct zcring_scene scene;
	struct zcring_timeline timeline;
	s64 freq_uhz;
	const u8 *samples;
	struct zcring_scene_source source;
	struct zcring_intake intake;
	u32 lag;
	u64 lag_ns;
	bool failed;
	struct zcring_effort effort;
	u64 tone_rate_num;
	u64 tone_rate_den;
	u64 seed;
	u32 format;
	u32 decimation;
	u64 place;
	u64 place_clock;
	u64 first_tick;
	u64 ahead;
	bool has_noise;
	struct zcring_gain noise;
	struct zcring_tuner tuner[ZCRING_CHANNELS_MAX];
	struct zcring_workspace work;
};

/*
 * 0, -EINVAL for a field out of range, -EOPNOTSUPP for a kind that is not simulated. Does not look
 * at the segments.
 */
int zcring_scene_check(const struct zcring_scene *scene);

/* Whether a checked scene has at most ZCRING_SCENE_BYTES_MAX bytes of samples. */
bool zcring_scene_fits_memory(const struct zcring_scene *scene);

/* Bytes of the segments and, after them, of the samples of a scene that fits into memory. */
u64 zcring_scene_segments_bytes(const struct zcring_scene *scene);
u64 zcring_scene_samples_bytes(const struct zcring_scene *scene);

/*
 * Scene samples for each sample at a rate, 1 to ZCRING_DECIMATION_MAX; 0 if @scene cannot be
 * received at that rate. 1 for a built-in scene.
 */
u32 zcring_scene_decimation(const struct zcring_scene *scene, u64 rate_num, u64 rate_den);

/* For a zeroed antenna. */
void zcring_antenna_init(struct zcring_antenna *antenna);

/*
 * Puts a checked scene on the air, whose @content is its checked segments and its samples, or,
 * with a @source, its segments alone; of a feed its struct zcring_feed_ring. Rewind, set the rate
 * and tune afterwards.
 */
void zcring_antenna_set_scene(struct zcring_antenna *antenna, const struct zcring_scene *scene,
			      const void *content, const struct zcring_scene_source *source);

/* Sets the level of the noise in millibels of full scale, or ZCRING_NOISE_NONE. */
void zcring_antenna_set_noise(struct zcring_antenna *antenna, s32 noise_mb);

/* Begins the scene at its first place with the sample @sample_clock, whatever was on the air before. */
void zcring_antenna_rewind(struct zcring_antenna *antenna, u64 sample_clock);

/* The rate, which holds from @sample_clock on. The scene can be received at it. */
void zcring_antenna_set_rate(struct zcring_antenna *antenna, u64 rate_num, u64 rate_den,
			     u64 sample_clock);

/* Place in the scene, without loops, of the sample at @sample_clock. */
static inline u64 zcring_antenna_place(const struct zcring_antenna *antenna, u64 sample_clock)
{
	return antenna->place + (sample_clock - antenna->place_clock) * antenna->decimation;
}

/* What is on the air at @sample_clock: the same, but for a feed, which is heard later. */
static inline u64 zcring_antenna_tick(const struct zcring_antenna *antenna, u64 sample_clock)
{
	return zcring_antenna_place(antenna, sample_clock) + antenna->lag;
}

/*
 * Takes over the lag of a feed after the first @channels channels were tuned. True if it has
 * changed: the place in the scene jumps, and the time of the samples with it.
 */
bool zcring_antenna_update_lag(struct zcring_antenna *antenna, u32 channels);

/*
 * How many of the next @samples samples, from @sample_clock on, are alike: there, missing in the
 * scene, or after its end. Of a feed, silence counts as there; what is silence is decided by this
 * call.
 */
static inline u64 zcring_antenna_run(struct zcring_antenna *antenna, u64 sample_clock, u64 samples,
				     enum zcring_presence *presence)
{
	if (antenna->scene.kind == ZCRING_SCENE_FEED)
		return zcring_intake_run(&antenna->intake, zcring_antenna_tick(antenna, sample_clock),
					 antenna->decimation, samples, antenna->lag, presence);
	return zcring_timeline_run(&antenna->timeline, zcring_antenna_place(antenna, sample_clock),
				   antenna->decimation, samples, presence);
}

/*
 * How many of the next @samples samples, from @sample_clock on, come before the end of the scene.
 * Of a feed, decides at once what all of them are: for samples that are lost.
 */
static inline u64 zcring_antenna_until_end(struct zcring_antenna *antenna, u64 sample_clock,
					   u64 samples)
{
	u64 place = zcring_antenna_place(antenna, sample_clock);

	if (antenna->scene.kind == ZCRING_SCENE_FEED)
		return zcring_intake_skip(&antenna->intake,
					  zcring_antenna_tick(antenna, sample_clock),
					  antenna->decimation, samples, antenna->lag);
	return zcring_timeline_until_end(&antenna->timeline, place, antenna->decimation, samples);
}

/* Whether the scene has another frequency at @sample_clock than the one for which it is tuned. */
static inline bool zcring_antenna_has_moved(const struct zcring_antenna *antenna, u64 sample_clock)
{
	u64 place = zcring_antenna_place(antenna, sample_clock);

	return zcring_timeline_freq_uhz(&antenna->timeline, place) != antenna->freq_uhz;
}

/* Takes over the frequency of the scene at @sample_clock. Tune all channels afterwards. */
static inline void zcring_antenna_follow(struct zcring_antenna *antenna, u64 sample_clock)
{
	u64 place = zcring_antenna_place(antenna, sample_clock);

	antenna->freq_uhz = zcring_timeline_freq_uhz(&antenna->timeline, place);
}

/*
 * Computes the tuning of @channel from its settings; it holds from @sample_clock on. Rotors and
 * filter, which take longer, are computed when a sample is received: many commands for one sample
 * cost no more than one, and a channel that receives nothing has no filter.
 */
void zcring_antenna_tune(struct zcring_antenna *antenna, u32 channel, u64 rate_num, u64 rate_den,
			 u64 sample_clock);

/* Computes rotors and filter of @channel, if need be: costs ZCRING_PREPARE_COST at most. */
void zcring_antenna_prepare(struct zcring_antenna *antenna, u32 channel);

/* How many samples each of @channels prepared channels can receive in one call, for @cost. */
u64 zcring_antenna_affordable(const struct zcring_antenna *antenna, u32 channels, u64 cost);

/*
 * Writes @n samples, from @sample_clock on, as @channel receives them; prepares the channel if
 * need be. Returns how many of them were clipped.
 */
u64 zcring_antenna_receive(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out,
			   u64 n);

/* Number of samples after which the signal of @channel repeats; 0 if it never does. */
u64 zcring_antenna_period(const struct zcring_antenna *antenna, u32 channel);

#endif /* ZCRING_ENGINE_ANTENNA_H */
