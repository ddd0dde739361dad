// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a channel receives the scene (antenna.h): the tuner, the channel filter, the gain, the noise
 * and the ADC, chunk by chunk.
 *
 * The blocks of rotors and of noise are aligned to the place in the scene and to the sample clock,
 * so that no sample depends on where a chunk begins. The filter looks as far ahead as back; a
 * recording that is played in a loop is heard as if it had always been, and a gap is silence. A
 * recording that is centred, has unit gain, no noise and the right format is copied byte for byte.
 */
#include "antenna.h"
#include "noise.h"
#include "rotor.h"

#define RECEIVE_TONE (ZCRING_UNITY / 2) /* amplitude: -6 dB */

/* 0.1 of full scale */
static const struct zcring_gain receive_scene_noise = { .mantissa = 26214, .exponent = 12 };

/*
 * The low 32 bits of the sample clock, plus 4097 for every channel: the low half in I, the high
 * half in Q. sc8 has the low 16 bits, one byte in I and one in Q.
 */
static void receive_counter(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out,
			    u64 n)
{
	const struct zcring_gain unity = { .mantissa = 1 << 14, .exponent = 1 };
	u32 count = (u32)(sample_clock + 4097 * channel);
	u32 *words = (u32 *)antenna->work.i;
	u32 run;
	u32 k;

	switch (antenna->format) {
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
			run = min_t(u64, n, ZCRING_CHUNK);
			for (k = 0; k < run; k++)
				words[k] = count++;
			antenna->loops->convert(ZCRING_FORMAT_SC16, (u8 *)words, ZCRING_FORMAT_FC32,
						out, run, &unity);
		}
		break;
	}
}

/* The same as receive_samples(), of a feed. */
static const u8 *receive_fed(struct zcring_antenna *antenna, u32 channel, u64 place, u32 *run)
{
	struct zcring_spot spot = zcring_intake_find(&antenna->intake, place);
	const struct zcring_feed_ring *feed = antenna->intake.feed;

	if (spot.run < *run) {
		*run = (u32)spot.run;
		antenna->effort.cuts++;
	}
	if (spot.is_gap)
		return NULL;
	return feed->data[channel % feed->channels] + spot.sample * feed->sample_bytes;
}

/*
 * The samples of the scene from @place on, as @channel receives them; NULL in a gap, or if they
 * cannot be read. @run: how many are wanted, then how many there are.
 */
static const u8 *receive_samples(struct zcring_antenna *antenna, u32 channel, u64 place, u32 *run)
{
	const struct zcring_scene *scene = &antenna->scene;
	const struct zcring_scene_source *source = &antenna->source;
	struct zcring_spot spot;
	const u8 *samples;

	if (scene->kind == ZCRING_SCENE_FEED)
		return receive_fed(antenna, channel, place, run);
	spot = zcring_timeline_find(&antenna->timeline, place);
	if (spot.run < *run) {
		*run = (u32)spot.run;
		antenna->effort.cuts++;
	}
	if (spot.is_gap)
		return NULL;
	channel %= max(scene->channels, 1U);
	if (!source->samples)
		return antenna->samples + (channel * scene->samples + spot.sample) *
						  zcring_sample_bytes(scene->format);
	*run = min(*run, ZCRING_SOURCE_SAMPLES);
	samples = source->samples(source->context, channel, spot.sample, *run);
	if (!samples)
		antenna->failed = true;
	return samples;
}

/* Puts @n samples of the scene, from @place on, into the window, rotated. */
static void receive_mix(struct zcring_antenna *antenna, u32 channel, u64 place, u32 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	struct zcring_rotor block;
	const u8 *from;
	u64 phase;
	u32 first, run;
	u32 at;

	antenna->effort.samples += n;
	for (at = 0; at < n; at += run, place += run) {
		first = place % ZCRING_ROTORS;
		run = min(n - at, ZCRING_ROTORS - first);
		from = receive_samples(antenna, channel, place, &run);
		if (!from) {
			antenna->loops->silence(&antenna->work.window, at, run);
			continue;
		}
		phase = tuner->phase + tuner->step * (place - first - tuner->phase_place) -
			tuner->centre * (place - first);
		block = zcring_rotor_at(phase);
		antenna->loops->mix(antenna->scene.format, from, &antenna->work.window, at, run,
				    &tuner->mix, first, block);
	}
}

/* Rotates the @n samples in @work, from @sample_clock on, by @step for each sample. */
static void receive_turn(struct zcring_antenna *antenna, const struct zcring_tuner *tuner,
			 u64 sample_clock, u32 n, u64 step, u64 phase)
{
	struct zcring_workspace *work = &antenna->work;
	u32 first, run;
	u32 at;

	for (at = 0; at < n; at += run, sample_clock += run, phase += run * step) {
		first = (sample_clock + antenna->ahead) % ZCRING_ROTORS;
		run = min(n - at, ZCRING_ROTORS - first);
		antenna->loops->turn(work->i + at, work->q + at, run, &tuner->turn, first,
				     zcring_rotor_at(phase - first * step));
	}
}

/* Adds the noise before the ADC, and stores the @n samples in @work. Returns how many were clipped. */
static u32 receive_digitise(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out,
			    u32 n)
{
	s32 *values = antenna->work.values;

	if (antenna->has_noise)
		zcring_noise_add(antenna->loops, antenna->seed, channel, ZCRING_NOISE_FLOOR,
				 sample_clock, values, n, &antenna->noise);
	if (!antenna->loops->store(antenna->format, values, out, n))
		return 0;
	return zcring_values_clipped(antenna->format, values, n);
}

/* Outputs of the filter for which one window of inputs suffices. */
static u32 receive_window_outputs(u32 count, u32 step)
{
	return (ZCRING_WINDOW - count) / step + 1;
}

static u64 receive_filtered(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out,
			    u64 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	u32 bytes = zcring_sample_bytes(antenna->format);
	u32 count = tuner->taps.count;
	u32 step = antenna->decimation;
	struct zcring_workspace *work = &antenna->work;
	u32 most = receive_window_outputs(count, step);
	u64 clipped = 0;
	u64 place, turn_step;
	u32 in_window, run, at;

	for (; n; n -= in_window) {
		in_window = min_t(u64, n, most);
		place = zcring_antenna_place(antenna, sample_clock);
		receive_mix(antenna, channel, place - count / 2, (in_window - 1) * step + count);
		for (at = 0; at < in_window; at += run, out += run * bytes, sample_clock += run) {
			run = min(in_window - at, ZCRING_CHUNK);
			antenna->loops->filter(&tuner->taps, &work->window, at * step, step,
					       work->i, work->q, run);
			turn_step = tuner->centre * step;
			if (tuner->centre)
				receive_turn(antenna, tuner, sample_clock, run, turn_step,
					     tuner->centre * (place + at * step));
			antenna->loops->amplify(work->i, work->q, work->values, run, &tuner->gain);
			clipped += receive_digitise(antenna, channel, sample_clock, out, run);
		}
	}
	return clipped;
}

static void receive_tone(struct zcring_antenna *antenna, const struct zcring_tuner *tuner,
			 u64 sample_clock, u32 n)
{
	struct zcring_workspace *work = &antenna->work;
	u64 place = zcring_antenna_place(antenna, sample_clock);
	u32 k;

	for (k = 0; k < n; k++) {
		work->i[k] = RECEIVE_TONE;
		work->q[k] = 0;
	}
	receive_turn(antenna, tuner, sample_clock, n, tuner->step,
		     tuner->phase + tuner->step * (place - tuner->phase_place));
	antenna->loops->amplify(work->i, work->q, work->values, n, &tuner->gain);
}

static void receive_noise(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u32 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	struct zcring_workspace *work = &antenna->work;
	u32 k;

	memset(work->values, 0, 2 * n * sizeof(*work->values));
	zcring_noise_add(antenna->loops, antenna->seed, channel, ZCRING_NOISE_SCENE,
			 sample_clock + antenna->ahead, work->values, n, &receive_scene_noise);
	for (k = 0; k < n; k++) {
		work->i[k] = work->values[2 * k];
		work->q[k] = work->values[2 * k + 1];
	}
	antenna->loops->amplify(work->i, work->q, work->values, n, &tuner->gain);
}

/* A recording at the centre and at its own rate. Returns how many samples were clipped. */
static u64 receive_as_recorded(struct zcring_antenna *antenna, u32 channel, u64 sample_clock,
			       u8 *out, u32 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	const struct zcring_scene *scene = &antenna->scene;
	const struct zcring_loops *loops = antenna->loops;
	u32 bytes = zcring_sample_bytes(antenna->format);
	u64 place = zcring_antenna_place(antenna, sample_clock);
	u64 clipped = 0;
	const u8 *from;
	u32 run;

	for (; n; n -= run, place += run, sample_clock += run, out += run * bytes) {
		run = min(n, ZCRING_CHUNK);
		from = receive_samples(antenna, channel, place, &run);
		if (antenna->has_noise) {
			if (from)
				loops->load(scene->format, from, antenna->work.values, run,
					    &tuner->gain);
			else
				memset(antenna->work.values, 0,
				       2 * run * sizeof(*antenna->work.values));
			clipped += receive_digitise(antenna, channel, sample_clock, out, run);
		} else if (!from) {
			memset(out, 0, run * bytes);
		} else if (loops->convert(scene->format, from, antenna->format, out, run,
					  &tuner->gain)) {
			loops->load(scene->format, from, antenna->work.values, run, &tuner->gain);
			clipped += zcring_values_clipped(antenna->format, antenna->work.values, run);
		}
	}
	return clipped;
}

/*
 * Copies the scene without rotation and gain, in its own format. The samples of a recording were
 * clipped when it was loaded, those of a feed are clipped here. Returns how many.
 */
static u64 receive_copy(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out, u64 n)
{
	u32 bytes = zcring_sample_bytes(antenna->format);
	u64 place = zcring_antenna_place(antenna, sample_clock);
	u64 clipped = 0;
	const u8 *from;
	u32 run;

	for (; n; n -= run, place += run, out += run * bytes) {
		run = min_t(u64, n, 1U << 30);
		from = receive_samples(antenna, channel, place, &run);
		if (from)
			memcpy(out, from, run * bytes);
		else
			memset(out, 0, run * bytes);
		if (antenna->scene.kind == ZCRING_SCENE_FEED)
			clipped += zcring_samples_clip(antenna->format, out, run);
	}
	return clipped;
}

/* A built-in scene has no format. */
static bool receive_is_copy(const struct zcring_antenna *antenna, const struct zcring_tuner *tuner)
{
	return !tuner->is_filtered && !antenna->has_noise &&
	       antenna->scene.format == antenna->format && ZCRING_GAIN_IS_UNITY(&tuner->gain);
}

static u64 receive_chunk(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out, u32 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];

	if (tuner->is_silent)
		memset(antenna->work.values, 0, 2 * n * sizeof(*antenna->work.values));
	else if (antenna->scene.kind == ZCRING_SCENE_TONE)
		receive_tone(antenna, tuner, sample_clock, n);
	else if (antenna->scene.kind == ZCRING_SCENE_NOISE)
		receive_noise(antenna, channel, sample_clock, n);
	else
		return receive_as_recorded(antenna, channel, sample_clock, out, n);
	return receive_digitise(antenna, channel, sample_clock, out, n);
}

u64 zcring_antenna_receive(struct zcring_antenna *antenna, u32 channel, u64 sample_clock, u8 *out,
			   u64 n)
{
	const struct zcring_tuner *tuner = &antenna->tuner[channel];
	u32 bytes = zcring_sample_bytes(antenna->format);
	u64 clipped = 0;
	u32 run;

	zcring_antenna_prepare(antenna, channel);
	if (!tuner->is_filtered)
		antenna->effort.samples += n;
	if (antenna->scene.kind == ZCRING_SCENE_COUNTER) {
		receive_counter(antenna, channel, sample_clock, out, n);
	} else if (tuner->is_silent && !antenna->has_noise) {
		memset(out, 0, n * bytes);
	} else if (!tuner->is_silent && receive_is_copy(antenna, tuner)) {
		clipped = receive_copy(antenna, channel, sample_clock, out, n);
	} else if (!tuner->is_silent && tuner->is_filtered) {
		clipped = receive_filtered(antenna, channel, sample_clock, out, n);
	} else {
		for (; n; n -= run, sample_clock += run, out += run * bytes) {
			run = min_t(u64, n, ZCRING_CHUNK);
			clipped += receive_chunk(antenna, channel, sample_clock, out, run);
		}
	}
	return clipped;
}

/* The most that it costs to read @samples in a row of the scene. */
static u64 receive_cost(u64 shortest, u64 samples)
{
	return samples + (samples / shortest + 1) * ZCRING_CUT_COST;
}

/* The most samples in a row of the scene that can be read for @cost, which is less than 2^32. */
static u64 receive_affordable(u64 shortest, u64 cost)
{
	if (cost < ZCRING_CUT_COST)
		return 0;
	return (cost - ZCRING_CUT_COST) * shortest / (shortest + ZCRING_CUT_COST);
}

/* The filter reads its inputs window by window, and most of a window again for the next one. */
u64 zcring_antenna_affordable(const struct zcring_antenna *antenna, u32 channels, u64 cost)
{
	bool is_feed = antenna->scene.kind == ZCRING_SCENE_FEED;
	u64 shortest =
		min(is_feed ? zcring_intake_shortest(&antenna->intake) : antenna->timeline.shortest,
		    1ULL << 24);
	u64 share = cost / channels;
	u32 step = antenna->decimation;
	bool is_filtered = false;
	u32 outputs, taps;
	u64 window, rest;
	u32 c;

	for (c = 0; c < channels; c++)
		is_filtered |= antenna->tuner[c].is_filtered;
	if (!antenna->timeline.samples && !is_feed)
		return share;
	taps = is_filtered ? 2 * ZCRING_FILTER_REACH * step + 1 : 1;
	outputs = receive_window_outputs(taps, step);
	window = receive_cost(shortest, (outputs - 1) * step + taps);
	rest = receive_affordable(shortest, share % window);
	return share / window * outputs + (rest < taps ? 0 : (rest - taps) / step + 1);
}
