// SPDX-License-Identifier: GPL-2.0-or-later
#include "front_parts.h"

#define WRITE_RUN 65536ULL /* samples written before the processor is given away */

static void tune_all(struct zcring_front *front, u32 channels)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	u32 c;

	for (c = 0; c < front->config.channels; c++)
		if (channels & (1U << c))
			zcring_antenna_tune(&front->antenna, c, front->clock.rate_num,
					    front->clock.rate_den, sample_clock);
}

void zcring_front_configure(struct zcring_front *front, const struct zcring_config *config)
{
	zcring_front_settle(front);
	if (front->clock.rate_num != config->rate_num || front->clock.rate_den != config->rate_den)
		front->stream->pending_flags |= ZCRING_BURST_RATE;
	front->config = *config;
	front->antenna.format = config->format;
	front->antenna.seed = config->seed;
	front->clock.rate_num = config->rate_num;
	front->clock.rate_den = config->rate_den;
	front->commands_count = 0; /* they were checked against another configuration */
	tune_all(front, ~0U);
}

void zcring_front_init(struct zcring_front *front, struct zcring_stream *stream,
		       const struct zcring_config *config)
{
	struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE, .freq_uhz = 100000000000000 };
	u32 c;

	memset(front, 0, sizeof(*front));
	front->stream = stream;
	front->antenna.scene = tone;
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		front->antenna.tuner[c].freq_uhz = tone.freq_uhz;
	zcring_front_configure(front, config);
}

void zcring_front_set_scene(struct zcring_front *front, const struct zcring_scene *scene,
			    const void *samples)
{
	zcring_front_settle(front);
	front->antenna.scene = *scene;
	front->antenna.samples = samples;
	front->commands_count = 0; /* they were checked against another scene */
	tune_all(front, ~0U);
}

bool zcring_front_scene_has_rate(const struct zcring_front *front, u64 num, u64 den)
{
	const struct zcring_scene *scene = &front->antenna.scene;

	return scene->kind != ZCRING_SCENE_MEMORY ||
	       (__uint128_t)scene->rate_num * den == (__uint128_t)num * scene->rate_den;
}

/*
 * Resident DMA repeats what lies in the ring: right only while the signal repeats so too,
 * and only after a lap that was written.
 */
static void review_resident(struct zcring_front *front)
{
	u64 period;
	u32 c;

	front->can_be_resident = front->config.dma == ZCRING_DMA_RESIDENT;
	front->resident_from = front->stream->head + front->stream->ring_samples;
	for (c = 0; c < front->config.channels; c++) {
		period = zcring_antenna_period(&front->antenna, c);
		if (!period || period > front->stream->ring_samples || period & (period - 1))
			front->can_be_resident = false;
	}
}

void zcring_front_retune(struct zcring_front *front, u32 channels)
{
	tune_all(front, channels);
	review_resident(front);
}

/* The device's own time of day, where it has one; else @time_ns. */
static u64 time_of_device(const struct zcring_front *front, u64 mono_ns, u64 time_ns)
{
	return front->time_is_set ? front->time_offset_ns + mono_ns : time_ns;
}

int zcring_front_start(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
		       u64 time_ns)
{
	struct zcring_stream *stream = front->stream;
	bool resume = start->flags & ZCRING_START_RESUME;
	struct zcring_block none = {};
	u64 epoch_time_ns;
	int err;

	if (!zcring_all_zero(start->reserved, 3))
		return -EINVAL;
	if (stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	zcring_front_settle(front); /* where the last one ended by itself */
	if (!zcring_front_scene_has_rate(front, front->clock.rate_num, front->clock.rate_den))
		return -ERANGE;
	review_resident(front);
	if (front->config.dma == ZCRING_DMA_RESIDENT && !front->can_be_resident)
		return -EOPNOTSUPP;
	err = zcring_stream_start(stream, start);
	if (err)
		return err;
	epoch_time_ns = start->time_ns;
	if (!epoch_time_ns)
		epoch_time_ns = time_of_device(front, mono_ns, time_ns) + start->delay_ns;
	zcring_clock_begin(&front->clock, stream->telemetry.sample_clock, mono_ns + start->delay_ns,
			   epoch_time_ns);
	front->stalled_until_ns = 0;
	front->block = none; /* of a stream that ended by itself */
	front->interrupt_ns = 0;
	front->jump_ns = 0;
	if (!resume) {
		front->commands_count = 0;
		front->drop_samples = 0;
		zcring_front_retune(front, ~0U);
	}
	return 0;
}

static bool is_resident(struct zcring_front *front)
{
	const struct zcring_stream *stream = front->stream;
	u64 skew = stream->telemetry.sample_clock - stream->head;

	if (skew != front->resident_skew) { /* a loss: the signal lies elsewhere now */
		front->resident_skew = skew;
		front->resident_from = stream->head + stream->ring_samples;
	}
	return front->can_be_resident && (s64)(stream->head - front->resident_from) >= 0;
}

/* Of the block that is on its way; false where @work, in samples of all channels, ends first. */
static bool write_samples(struct zcring_front *front, u64 *work)
{
	struct zcring_block *block = &front->block;
	struct zcring_stream *stream = front->stream;
	u64 most, place, run;
	u32 c;

	for (; block->written < block->samples; block->written += run) {
		most = *work / stream->channels;
		if (!most)
			return false;
		place = zcring_ring_place(stream->head + block->written, stream->ring_samples);
		run = min(block->samples - block->written, stream->ring_samples - place);
		run = min(run, WRITE_RUN);
		run = min(run, most);
		for (c = 0; c < stream->channels; c++) {
			zcring_antenna_receive(&front->antenna, c,
					       stream->telemetry.sample_clock + block->written,
					       stream->data[c] + place * stream->sample_bytes, run);
			zcring_relax();
		}
		*work -= run * stream->channels;
	}
	return true;
}

/* Decides what becomes of the next @samples, which are due and tuned alike. */
static void begin_block(struct zcring_front *front, u64 samples)
{
	struct zcring_block block = { .samples = min(samples, zcring_stream_room(front->stream)) };

	block.lost = samples - block.samples;
	block.is_resident = block.samples && is_resident(front);
	if (block.is_resident)
		block.written = block.samples;
	front->block = block;
}

static void publish_block(struct zcring_front *front)
{
	const struct zcring_clock *clock = &front->clock;
	struct zcring_stream *stream = front->stream;
	struct zcring_burst burst = {
		.samples = front->block.written,
		.time_ns = zcring_clock_time(clock, stream->telemetry.sample_clock),
		.rate_num = clock->rate_num,
		.rate_den = clock->rate_den,
		.bandwidth_uhz = front->bandwidth_uhz,
		.interrupt_ns = front->interrupt_ns,
	};
	u32 c;

	for (c = 0; c < stream->channels; c++) {
		burst.freq_uhz[c] = front->antenna.tuner[c].freq_uhz;
		burst.gain_mb[c] = front->antenna.tuner[c].gain_mb;
	}
	if (front->block.is_resident)
		burst.flags |= ZCRING_BURST_RESIDENT;
	zcring_stream_publish(stream, &burst);
}

/* Publishes what there is of the block, and forgets the rest of it. */
static void end_block(struct zcring_front *front)
{
	struct zcring_block none = {};

	if (front->block.written)
		publish_block(front);
	front->block = none;
}

/* Goes on with the block that is on its way, if any; false where @work ends first. */
static bool finish_block(struct zcring_front *front, u64 *work)
{
	u64 lost = front->block.lost;

	if (!write_samples(front, work))
		return false;
	end_block(front);
	if (front->stream->state == ZCRING_STATE_RUNNING)
		zcring_stream_lose(front->stream, lost);
	zcring_front_jump(front);
	return true;
}

/* Takes @samples; false where @work ends first, with a block of them on its way. */
static bool take(struct zcring_front *front, u64 samples, u64 *work)
{
	struct zcring_stream *stream = front->stream;
	u64 run;

	while (samples && stream->state == ZCRING_STATE_RUNNING) {
		zcring_front_obey_due(front);
		run = zcring_front_until_command(front, samples);
		if (front->drop_samples) {
			run = min(run, front->drop_samples);
			front->drop_samples -= run;
			zcring_stream_lose(stream, run);
			samples -= run;
			continue;
		}
		begin_block(front, run);
		if (!finish_block(front, work))
			return false;
		samples -= run;
	}
	return true;
}

void zcring_front_take(struct zcring_front *front, u64 samples)
{
	u64 work = ~0ULL;

	take(front, samples, &work);
	zcring_stream_account(front->stream);
}

/* A step of zcring_front_run(). */
static bool step(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns)
{
	u64 work = ZCRING_STEP_SAMPLES;
	u64 now, taken, due, run;

	if (!finish_block(front, &work))
		return true;
	front->interrupt_ns = interrupt_ns;
	do { /* a command may change the rate, and with it what is due after it */
		zcring_front_obey_due(front);
		now = zcring_clock_at(&front->clock, mono_ns);
		taken = front->stream->telemetry.sample_clock;
		due = now > taken ? now - taken : 0;
		run = zcring_front_until_command(front, due);
		if (!take(front, run, &work))
			return true;
	} while (run < due && front->stream->state == ZCRING_STATE_RUNNING);
	front->interrupt_ns = 0;
	return false;
}

bool zcring_front_run(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns)
{
	bool more;

	if (front->stream->state != ZCRING_STATE_RUNNING)
		return false;
	if (zcring_front_is_stalled(front, mono_ns))
		return false;
	more = step(front, mono_ns, interrupt_ns);
	zcring_stream_account(front->stream);
	return more && front->stream->state == ZCRING_STATE_RUNNING;
}

void zcring_front_stop(struct zcring_front *front, u64 mono_ns)
{
	if (zcring_front_run(front, mono_ns, mono_ns))
		end_block(front);
	zcring_front_settle(front);
	zcring_stream_stop(front->stream);
}

void zcring_front_get_tuning(const struct zcring_front *front, u64 mono_ns, u64 time_ns,
			     struct zcring_tuning *tuning)
{
	const struct zcring_clock *clock = &front->clock;
	u32 c;

	memset(tuning, 0, sizeof(*tuning));
	tuning->rate_num = clock->rate_num;
	tuning->rate_den = clock->rate_den;
	tuning->bandwidth_uhz = front->bandwidth_uhz;
	tuning->time_ns = time_of_device(front, mono_ns, time_ns);
	if (front->stream->state == ZCRING_STATE_RUNNING)
		tuning->time_ns = zcring_clock_now(clock, mono_ns);
	for (c = 0; c < front->config.channels; c++) {
		tuning->freq_uhz[c] = front->antenna.tuner[c].freq_uhz;
		tuning->gain_mb[c] = front->antenna.tuner[c].gain_mb;
	}
}
