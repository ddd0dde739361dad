// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scene on the air (antenna.h), and how a radio is tuned to it. receive.c receives it.
 *
 * Frequencies of the tuner are fractions of the scene's rate. The receiver hears the part of its
 * own band that lies within the scene's band: what lies beyond an edge of either is not heard at
 * the other edge. This part is put around 0, filtered by a real low-pass as wide as the part, and
 * put back.
 */
#include "antenna.h"
#include "arith.h"
#include "clock.h"
#include "config.h"
#include "noise.h"
#include "rotor.h"

#define ANTENNA_UHZ_PER_HZ 1000000ULL
#define ANTENNA_TURN	   (1LL << 62) /* the rate, as a part of it */
#define ANTENNA_FAR	   (2 * (ANTENNA_TURN - 1))

_Static_assert(ZCRING_FEED_HISTORY == 2 * ZCRING_FILTER_REACH * ZCRING_DECIMATION_MAX,
	       "a filter looks further back than a feed is kept");

bool zcring_scene_fits_memory(const struct zcring_scene *scene)
{
	u32 bytes = zcring_sample_bytes(scene->format) * max(scene->channels, 1U);

	return !bytes || scene->samples <= ZCRING_SCENE_BYTES_MAX / bytes;
}

u64 zcring_scene_segments_bytes(const struct zcring_scene *scene)
{
	return scene->segments * sizeof(struct zcring_segment);
}

u64 zcring_scene_samples_bytes(const struct zcring_scene *scene)
{
	return scene->samples * zcring_sample_bytes(scene->format) * max(scene->channels, 1U);
}

/* Kinds whose samples come from user space, at a rate of their own. */
static bool antenna_has_rate(const struct zcring_scene *scene)
{
	return scene->kind == ZCRING_SCENE_MEMORY || scene->kind == ZCRING_SCENE_FEED;
}

static int antenna_check_recording(const struct zcring_scene *scene)
{
	bool is_feed = scene->kind == ZCRING_SCENE_FEED;

	if (!zcring_sample_bytes(scene->format) || scene->flags & ~(u64)ZCRING_SCENE_ONCE)
		return -EINVAL;
	if (is_feed ? scene->flags || scene->segments : !scene->samples)
		return -EINVAL;
	if (scene->samples > ZCRING_SCENE_SAMPLES_MAX || scene->segments > ZCRING_SEGMENTS_MAX ||
	    scene->channels > ZCRING_CHANNELS_MAX)
		return -EINVAL;
	if (!scene->rate_num || !scene->rate_den || scene->rate_den > ZCRING_RATE_DEN_MAX)
		return -EINVAL;
	return scene->rate_num <= (__uint128_t)(scene->rate_den * ZCRING_RATE_HZ_MAX) *
					  ZCRING_DECIMATION_MAX ?
		       0 :
		       -EINVAL;
}

int zcring_scene_check(const struct zcring_scene *scene)
{
	bool built_in = scene->kind == ZCRING_SCENE_TONE || scene->kind == ZCRING_SCENE_NOISE ||
			scene->kind == ZCRING_SCENE_COUNTER;

	if (!zcring_all_zero(scene->reserved, 3))
		return -EINVAL;
	if (scene->freq_uhz > ZCRING_FREQ_UHZ_MAX || scene->freq_uhz < -ZCRING_FREQ_UHZ_MAX)
		return -EINVAL;
	if (built_in)
		return scene->format || scene->samples || scene->rate_num || scene->rate_den ||
				       scene->flags || scene->channels || scene->segments ?
			       -EINVAL :
			       0;
	return antenna_has_rate(scene) ? antenna_check_recording(scene) : -EINVAL;
}

u32 zcring_scene_decimation(const struct zcring_scene *scene, u64 rate_num, u64 rate_den)
{
	__uint128_t whole, quotient;
	__uint128_t one = (__uint128_t)scene->rate_den * rate_num;

	if (!antenna_has_rate(scene))
		return 1;
	whole = (__uint128_t)scene->rate_num * rate_den;
	quotient = zcring_divide(whole, one);
	if (quotient < 1 || quotient > ZCRING_DECIMATION_MAX)
		return 0;
	return one * (u32)quotient == whole ? (u32)quotient : 0;
}

void zcring_antenna_init(struct zcring_antenna *antenna)
{
	antenna->loops = zcring_loops_best();
	antenna->decimation = 1;
}

void zcring_antenna_set_scene(struct zcring_antenna *antenna, const struct zcring_scene *scene,
			      const void *content, const struct zcring_scene_source *source)
{
	const struct zcring_scene_source memory = {};
	bool is_feed = scene->kind == ZCRING_SCENE_FEED;

	antenna->scene = *scene;
	antenna->samples = NULL;
	zcring_intake_init(&antenna->intake, is_feed ? content : NULL);
	if (content && !source && !is_feed)
		antenna->samples = (const u8 *)content + zcring_scene_segments_bytes(scene);
	antenna->source = source ? *source : memory;
	antenna->failed = false;
	zcring_timeline_init(&antenna->timeline, scene, content);
	antenna->freq_uhz = zcring_timeline_freq_uhz(&antenna->timeline, 0);
}

/* @factor * 2^-@fraction, rounded to 15 bits. */
static struct zcring_gain antenna_gain(u64 factor, s32 fraction)
{
	s32 shift = 63 - __builtin_clzll(factor) - 14;
	struct zcring_gain gain;
	u64 mantissa;

	mantissa = shift > 0 ? (factor + (1ULL << (shift - 1))) >> shift : factor << -shift;
	if (mantissa >> 15) { /* rounded up to a power of two */
		mantissa >>= 1;
		shift++;
	}
	gain.mantissa = (s32)mantissa;
	gain.exponent = shift - fraction + 15;
	return gain;
}

/*
 * The RMS of a sample is sqrt(2) times that of I and of Q. A gain of less than -6000 millibels is
 * the product of four.
 */
void zcring_antenna_set_noise(struct zcring_antenna *antenna, s32 noise_mb)
{
	u64 quarter, level;
	s32 component_mb;
	int i;

	antenna->has_noise = noise_mb != ZCRING_NOISE_NONE;
	if (!antenna->has_noise)
		return;
	component_mb = noise_mb - 301;
	quarter = zcring_gain_factor(component_mb / 4);
	level = zcring_gain_factor(component_mb - 3 * (component_mb / 4));
	for (i = 0; i < 3; i++) /* 2^-22, 2^-32, 2^-42, 2^-52 */
		level = (u64)(((__uint128_t)level * quarter) >> 12);
	antenna->noise = antenna_gain(level, 52 - ZCRING_NOISE_UNIT_BITS);
}

void zcring_antenna_rewind(struct zcring_antenna *antenna, u64 sample_clock)
{
	u32 c;

	antenna->place = 0;
	antenna->place_clock = sample_clock;
	antenna->lag = 0; /* lag_ns stays, for zcring_antenna_update_lag() to see the change */
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++) {
		antenna->tuner[c].phase = 0;
		antenna->tuner[c].phase_place = 0;
	}
}

void zcring_antenna_set_rate(struct zcring_antenna *antenna, u64 rate_num, u64 rate_den,
			     u64 sample_clock)
{
	u64 tick = sample_clock ? zcring_antenna_tick(antenna, sample_clock) : antenna->first_tick;

	antenna->place = tick - antenna->lag;
	antenna->place_clock = sample_clock;
	if (!sample_clock) /* a new stream */
		zcring_intake_restart(&antenna->intake, tick);
	antenna->decimation = zcring_scene_decimation(&antenna->scene, rate_num, rate_den);
	if (!antenna->decimation) /* no stream starts at this rate */
		antenna->decimation = 1;
}

/* Rotation for each sample, in 2^-64 of a turn, of a frequency of @offset_uhz at the rate. */
static u64 antenna_turns(s64 offset_uhz, u64 rate_num, u64 rate_den)
{
	u64 size = offset_uhz < 0 ? 0 - (u64)offset_uhz : (u64)offset_uhz;
	u64 turns = zcring_fraction((__uint128_t)size * rate_den,
				    (__uint128_t)rate_num * ANTENNA_UHZ_PER_HZ);

	return offset_uhz < 0 ? 0 - turns : turns;
}

/* @offset_uhz as a part of the rate, in 2^-62 of it; two rates if it is that or more. */
static s64 antenna_part_of_rate(s64 offset_uhz, u64 rate_num, u64 rate_den)
{
	u64 size = offset_uhz < 0 ? 0 - (u64)offset_uhz : (u64)offset_uhz;
	__uint128_t n = (__uint128_t)size * rate_den;
	__uint128_t d = (__uint128_t)rate_num * ANTENNA_UHZ_PER_HZ * 2;
	s64 part = n < d ? (s64)(zcring_fraction(n, d) >> 1) : ANTENNA_FAR;

	return offset_uhz < 0 ? -part : part;
}

/* The tone is a line, and heard if it is not further away than half the rate. */
static void antenna_tune_tone(const struct zcring_antenna *antenna, struct zcring_tuner *tuner,
			      u64 rate_num, u64 rate_den)
{
	s64 offset_uhz = antenna->freq_uhz - tuner->freq_uhz;
	s64 part = antenna_part_of_rate(offset_uhz, rate_num, rate_den);
	/* An eighth of the tone's rate, as a part of the rate. */
	__uint128_t n = (__uint128_t)antenna->tone_rate_num * rate_den;
	__uint128_t d = (__uint128_t)antenna->tone_rate_den * rate_num * 8;
	__int128 line =
		(__int128)part + (n < 2 * d ? (s64)(zcring_fraction(n, 2 * d) >> 1) : ANTENNA_FAR);

	tuner->is_silent = line > ANTENNA_TURN / 2 || line < -ANTENNA_TURN / 2;
	tuner->step = antenna_turns(offset_uhz, rate_num, rate_den) + zcring_fraction(n, d);
}

/*
 * A recording: the part of the receiver's band that lies within the scene's band. Less than a
 * twentieth of the receiver's band, where no filter is steep enough, is nothing.
 */
static void antenna_tune_scene(const struct zcring_antenna *antenna, struct zcring_tuner *tuner)
{
	const struct zcring_scene *scene = &antenna->scene;
	s64 offset_uhz = antenna->freq_uhz - tuner->freq_uhz;
	s64 part = antenna_part_of_rate(offset_uhz, scene->rate_num, scene->rate_den);
	s64 half = ANTENNA_TURN / 2 / antenna->decimation;
	s64 low, high;

	tuner->is_silent = part >= ANTENNA_TURN || part <= -ANTENNA_TURN;
	if (tuner->is_silent)
		return;
	low = max(-half, part - ANTENNA_TURN / 2);
	high = min(half, part + ANTENNA_TURN / 2);
	tuner->is_silent = high - low < half / 10;
	if (tuner->is_silent)
		return;
	tuner->width = (u64)(high - low) * 2;
	tuner->step = antenna_turns(offset_uhz, scene->rate_num, scene->rate_den);
	tuner->centre = (u64)(low + (high - low) / 2) * 4;
	if (low == -half && high == half)
		tuner->centre = 0;
	tuner->is_filtered = antenna->decimation > 1 || part;
}

void zcring_antenna_tune(struct zcring_antenna *antenna, u32 channel, u64 rate_num, u64 rate_den,
			 u64 sample_clock)
{
	struct zcring_tuner *tuner = &antenna->tuner[channel];
	u64 place = zcring_antenna_place(antenna, sample_clock);
	u64 phase = tuner->phase + tuner->step * (place - tuner->phase_place);

	tuner->gain = antenna_gain(zcring_gain_factor(tuner->gain_mb), 22);
	tuner->is_silent = false;
	tuner->is_filtered = false;
	tuner->is_prepared = false;
	tuner->step = 0;
	tuner->centre = 0;
	switch (antenna->scene.kind) {
	case ZCRING_SCENE_TONE:
		antenna_tune_tone(antenna, tuner, rate_num, rate_den);
		break;
	case ZCRING_SCENE_MEMORY:
	case ZCRING_SCENE_FEED:
		antenna_tune_scene(antenna, tuner);
		break;
	}
	if (!tuner->step)
		phase = 0;
	tuner->phase = sample_clock ? phase : tuner->step * antenna->first_tick;
	tuner->phase_place = place;
	antenna->effort.tunings++;
}

void zcring_antenna_prepare(struct zcring_antenna *antenna, u32 channel)
{
	struct zcring_tuner *tuner = &antenna->tuner[channel];
	struct zcring_effort *effort = &antenna->effort;

	if (tuner->is_prepared)
		return;
	tuner->is_prepared = true;
	if (antenna->scene.kind == ZCRING_SCENE_TONE) {
		zcring_rotors_fill(&tuner->turn, tuner->step);
		effort->rotors++;
	}
	if (!tuner->is_filtered)
		return;
	zcring_rotors_fill(&tuner->mix, tuner->step - tuner->centre);
	zcring_rotors_fill(&tuner->turn, tuner->centre * antenna->decimation);
	effort->rotors += 2;
	if (tuner->taps_width == tuner->width && tuner->taps_decimation == antenna->decimation)
		return;
	tuner->taps_width = tuner->width;
	tuner->taps_decimation = antenna->decimation;
	zcring_taps_design(&tuner->taps, antenna->decimation, tuner->width);
	effort->taps += tuner->taps.count;
}

/* As far as the filter looks ahead, which depends on the decimation alone where there is one. */
bool zcring_antenna_update_lag(struct zcring_antenna *antenna, u32 channels)
{
	const struct zcring_scene *scene = &antenna->scene;
	bool is_filtered = antenna->decimation > 1;
	u64 old_ns = antenna->lag_ns;
	__uint128_t rate_num;
	u32 lag = 0;
	u32 c;

	for (c = 0; c < channels; c++)
		is_filtered |= antenna->tuner[c].is_filtered;
	if (is_filtered && scene->kind == ZCRING_SCENE_FEED)
		lag = ZCRING_FILTER_REACH * antenna->decimation;
	antenna->place += (u64)antenna->lag - lag;
	antenna->lag = lag;
	antenna->lag_ns = 0;
	rate_num = scene->rate_num;
	if (lag)
		antenna->lag_ns = (u64)zcring_divide(
			(__uint128_t)(lag * ZCRING_NS_PER_S) * scene->rate_den + rate_num / 2,
			rate_num);
	return antenna->lag_ns != old_ns;
}

u64 zcring_antenna_period(const struct zcring_antenna *antenna, u32 channel)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];

	if (antenna->scene.kind == ZCRING_SCENE_COUNTER)
		return antenna->format == ZCRING_FORMAT_SC8 ? 1ULL << 16 : 1ULL << 32;
	if (antenna->has_noise)
		return 0;
	switch (antenna->scene.kind) {
	case ZCRING_SCENE_TONE:
		/* The lowest set bit of step gives the smallest n with n * step a multiple of 2^64. */
		return tuner->step & 0xffffffff ?
			       0 :
			       1ULL << (64 - __builtin_ctzll(tuner->step | 1ULL << 63));
	case ZCRING_SCENE_MEMORY:
		if (tuner->step || antenna->scene.samples % antenna->decimation ||
		    antenna->timeline.count > 1 || antenna->timeline.ends)
			return 0;
		return antenna->scene.samples / antenna->decimation;
	}
	return 0;
}
