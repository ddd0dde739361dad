// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The antenna and the tuners (antenna.h): built-in scenes, recordings, rotation and gain.
 *
 * The phase of a tuner is computed from the sample clock of each chunk, never accumulated from call
 * to call. A recording that is centred, has unit gain and the right format is copied byte for byte.
 */
#include "antenna.h"
#include "arith.h"
#include "rotor.h"

#define ANTENNA_UHZ_PER_HZ  1000000ULL
#define ANTENNA_CHUNK	    64U /* samples computed in one piece, on the stack */
#define ANTENNA_EIGHTH_TURN (1ULL << 61)

int zcring_scene_check(const struct zcring_scene *scene)
{
	bool built_in = scene->kind == ZCRING_SCENE_TONE || scene->kind == ZCRING_SCENE_NOISE ||
			scene->kind == ZCRING_SCENE_COUNTER;
	u32 bytes = zcring_sample_bytes(scene->format);

	if (scene->flags || scene->reserved[0] || scene->reserved[1] || scene->reserved[2] ||
	    scene->reserved[3])
		return -EINVAL;
	if (scene->freq_uhz > ZCRING_FREQ_UHZ_MAX || scene->freq_uhz < -ZCRING_FREQ_UHZ_MAX)
		return -EINVAL;
	if (built_in)
		return scene->format || scene->samples || scene->rate_num || scene->rate_den ?
			       -EINVAL :
			       0;
	if (scene->kind == ZCRING_SCENE_FEED)
		return -EOPNOTSUPP;
	if (scene->kind != ZCRING_SCENE_MEMORY || !bytes || !scene->samples ||
	    scene->samples > ZCRING_SCENE_BYTES_MAX / bytes)
		return -EINVAL;
	return scene->rate_num && scene->rate_den ? 0 : -EINVAL;
}

/* Rotation per sample, in 2^-64 of a turn, of a frequency of @offset_uhz at the rate. */
static u64 antenna_turns_per_sample(s64 offset_uhz, u64 rate_num, u64 rate_den)
{
	u64 size = offset_uhz < 0 ? 0 - (u64)offset_uhz : (u64)offset_uhz;
	u64 turns = zcring_fraction((__uint128_t)size * rate_den,
				    (__uint128_t)rate_num * ANTENNA_UHZ_PER_HZ);

	return offset_uhz < 0 ? 0 - turns : turns;
}

/*
 * Whether a scene at @offset_uhz from the tuned frequency is out of the receiver's band. A recording
 * is out of band if the two bands, each as wide as the rate, do not overlap; the tone, a line an
 * eighth of the rate above the centre of the scene, if it is further away than half the rate.
 */
static bool antenna_is_out_of_band(u32 kind, s64 offset_uhz, u64 rate_num, u64 rate_den)
{
	__int128 offset = (__int128)offset_uhz * (s64)rate_den;
	__int128 rate = (__int128)rate_num * ANTENNA_UHZ_PER_HZ;

	switch (kind) {
	case ZCRING_SCENE_TONE:
		return 8 * offset + rate > 4 * rate || 8 * offset + rate < -4 * rate;
	case ZCRING_SCENE_MEMORY:
		return offset >= rate || offset <= -rate;
	}
	return false;
}

void zcring_antenna_tune(struct zcring_antenna *antenna, u32 channel, u64 rate_num, u64 rate_den,
			 u64 sample_clock)
{
	struct zcring_tuner *tuner = &antenna->tuner[channel];
	s64 offset_uhz = antenna->scene.freq_uhz - tuner->freq_uhz;
	u64 phase = tuner->phase + tuner->step * (sample_clock - tuner->phase_clock);

	tuner->gain = zcring_gain_factor(tuner->gain_mb);
	tuner->out_of_band =
		antenna_is_out_of_band(antenna->scene.kind, offset_uhz, rate_num, rate_den);
	tuner->step = antenna_turns_per_sample(offset_uhz, rate_num, rate_den);
	if (antenna->scene.kind == ZCRING_SCENE_TONE)
		tuner->step += ANTENNA_EIGHTH_TURN;
	tuner->phase = tuner->step && sample_clock ? phase : 0;
	tuner->phase_clock = sample_clock;
}

u64 zcring_antenna_period(const struct zcring_antenna *antenna, u32 channel)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];

	switch (antenna->scene.kind) {
	case ZCRING_SCENE_TONE:
		/* The lowest set bit of step gives the smallest n with n * step a multiple of 2^64. */
		return tuner->step & 0xffffffff ?
			       0 :
			       1ULL << (64 - __builtin_ctzll(tuner->step | 1ULL << 63));
	case ZCRING_SCENE_COUNTER:
		return antenna->format == ZCRING_FORMAT_SC8 ? 1ULL << 16 : 1ULL << 32;
	case ZCRING_SCENE_MEMORY:
		return tuner->step ? 0 : antenna->scene.samples;
	}
	return 0;
}

/* The splitmix64 finaliser: a hash in which every output bit depends on every input bit. */
static u64 antenna_scramble(u64 x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* The sum of four uniform numbers approximates a Gaussian; the RMS is 0.1 of full scale. */
static s32 antenna_gaussian(u64 bits)
{
	const s32 mean = 2 * 65535;
	const s32 scale = 355; /* 0.1 * ZCRING_UNITY / (65536 / sqrt(3)) */
	u64 sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);

	return ((s32)sum - mean) * scale;
}

static void antenna_make_noise(const struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			       struct zcring_pair *out, u32 n)
{
	u64 key = antenna_scramble(antenna_scramble(antenna->seed) + channel);
	u32 k;

	for (k = 0; k < n; k++) {
		out[k].i = antenna_gaussian(antenna_scramble(key ^ 2 * (sample_clock + k)));
		out[k].q = antenna_gaussian(antenna_scramble(key ^ (2 * (sample_clock + k) + 1)));
	}
}

/*
 * The low 32 bits of the sample clock, plus 4097 for every channel: the low half in I, the high half
 * in Q. sc8 has the low 16 bits, one byte in I and one in Q.
 */
static void antenna_make_counter(u32 format, u32 channel, u64 sample_clock, u8 *out, u64 n)
{
	u32 count = (u32)(sample_clock + 4097 * channel);
	struct zcring_pair pairs[ANTENNA_CHUNK];
	u32 words[ANTENNA_CHUNK];
	u32 run;
	u32 k;

	switch (format) {
	case ZCRING_FORMAT_SC8:
		for (; n; n--, count++, out += 2) {
			out[0] = (u8)count;
			out[1] = (u8)(count >> 8);
		}
		break;
	case ZCRING_FORMAT_SC16:
		for (; n; n--, count++, out += 4)
			memcpy(out, &count, sizeof(count));
		break;
	case ZCRING_FORMAT_FC32:
		for (; n; n -= run, out += run * 8) {
			run = min_t(u64, n, ANTENNA_CHUNK);
			for (k = 0; k < run; k++)
				words[k] = count++;
			zcring_samples_load(ZCRING_FORMAT_SC16, (u8 *)words, pairs, run);
			zcring_samples_store(ZCRING_FORMAT_FC32, pairs, out, run);
		}
		break;
	}
}

/* Position of sample @sample_clock in the scene; @until_loop: number of samples to its end. */
static u64 antenna_scene_place(const struct zcring_scene *scene, u64 sample_clock, u64 *until_loop)
{
	u64 place = sample_clock % scene->samples;

	*until_loop = scene->samples - place;
	return place;
}

static void antenna_play_scene(const struct zcring_antenna *antenna, u64 sample_clock,
			       struct zcring_pair *out, u32 n)
{
	u32 bytes = zcring_sample_bytes(antenna->scene.format);
	u64 until_loop;
	u64 place;
	u32 run;

	for (; n; n -= run, sample_clock += run, out += run) {
		place = antenna_scene_place(&antenna->scene, sample_clock, &until_loop);
		run = min_t(u64, n, until_loop);
		zcring_samples_load(antenna->scene.format, antenna->samples + place * bytes, out,
				    run);
	}
}

/* Copies the scene without rotation and gain, in its own format. */
static void antenna_copy_scene(const struct zcring_antenna *antenna, u64 sample_clock, u8 *out, u64 n)
{
	u32 bytes = zcring_sample_bytes(antenna->format);
	u64 until_loop;
	u64 place;
	u64 run;

	for (; n; n -= run, sample_clock += run, out += run * bytes) {
		place = antenna_scene_place(&antenna->scene, sample_clock, &until_loop);
		run = min(n, until_loop);
		memcpy(out, antenna->samples + place * bytes, run * bytes);
	}
}

static void antenna_amplify(struct zcring_pair *samples, u32 n, u64 gain)
{
	const s64 limit = ZCRING_CLIP;
	u32 k;

	for (k = 0; k < n; k++) {
		s64 i = (samples[k].i * (s64)gain + (s64)ZCRING_GAIN_UNITY / 2) >> 22;
		s64 q = (samples[k].q * (s64)gain + (s64)ZCRING_GAIN_UNITY / 2) >> 22;

		samples[k].i = (s32)max(min(i, limit), -limit);
		samples[k].q = (s32)max(min(q, limit), -limit);
	}
}

static void antenna_fill_chunk(const struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			       struct zcring_pair *out, u32 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	u64 phase = tuner->phase + tuner->step * (sample_clock - tuner->phase_clock);
	bool rotates = antenna->scene.kind != ZCRING_SCENE_NOISE && tuner->step;
	u32 k;

	switch (antenna->scene.kind) {
	case ZCRING_SCENE_TONE:
		for (k = 0; k < n; k++) {
			out[k].i = ZCRING_UNITY / 2;
			out[k].q = 0;
		}
		break;
	case ZCRING_SCENE_NOISE:
		antenna_make_noise(antenna, channel, sample_clock, out, n);
		break;
	case ZCRING_SCENE_MEMORY:
		antenna_play_scene(antenna, sample_clock, out, n);
		break;
	}
	if (rotates)
		zcring_rotate(out, n, phase, tuner->step);
	if (tuner->gain != ZCRING_GAIN_UNITY)
		antenna_amplify(out, n, tuner->gain);
}

void zcring_antenna_receive(const struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			    u8 *out, u64 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	u32 bytes = zcring_sample_bytes(antenna->format);
	struct zcring_pair chunk[ANTENNA_CHUNK];
	u32 run;

	if (antenna->scene.kind == ZCRING_SCENE_COUNTER) {
		antenna_make_counter(antenna->format, channel, sample_clock, out, n);
		return;
	}
	if (tuner->out_of_band) {
		memset(out, 0, n * bytes);
		return;
	}
	if (antenna->scene.kind == ZCRING_SCENE_MEMORY && !tuner->step &&
	    tuner->gain == ZCRING_GAIN_UNITY && antenna->scene.format == antenna->format) {
		antenna_copy_scene(antenna, sample_clock, out, n);
		return;
	}
	for (; n; n -= run, sample_clock += run, out += run * bytes) {
		run = min_t(u64, n, ANTENNA_CHUNK);
		antenna_fill_chunk(antenna, channel, sample_clock, chunk, run);
		zcring_samples_store(antenna->format, chunk, out, run);
	}
}
