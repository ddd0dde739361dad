// SPDX-License-Identifier: GPL-2.0-or-later
#include "front.h"

#define WRITE_RUN	65536ULL	/* samples written before the processor is given away */

#define CONTROL_ALL	(ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN |		\
			 ZCRING_CONTROL_BANDWIDTH | ZCRING_CONTROL_RATE |	\
			 ZCRING_CONTROL_TIME | ZCRING_CONTROL_AT)
#define CONTROL_TUNING	(ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH)

static bool all_zero(const u64 *words, u32 count)
{
	while (count--)
		if (*words++)
			return false;
	return true;
}

/* A rational rate from 1 sample in 1000 s to ZCRING_RATE_HZ_MAX. */
static bool rate_is_valid(u64 num, u64 den)
{
	return den && den <= ZCRING_RATE_DEN_MAX && num &&
	       (__uint128_t)num * 1000 >= den &&
	       num <= (__uint128_t)den * ZCRING_RATE_HZ_MAX;
}

void zcring_config_default(struct zcring_config *config)
{
	memset(config, 0, sizeof(*config));
	config->format = ZCRING_FORMAT_SC16;
	config->channels = 1;
	config->ring_bytes = 8ULL << 20;
	config->interval_ns = 50000000;
	config->rate_num = 1000000;
	config->rate_den = 1;
	config->dma = ZCRING_DMA_COPY;
}

int zcring_config_check(const struct zcring_config *config, u64 page_bytes)
{
	if (!zcring_sample_bytes(config->format))
		return -EINVAL;
	if (config->channels < 1 || config->channels > ZCRING_CHANNELS_MAX)
		return -EINVAL;
	if (config->ring_bytes < ZCRING_RING_BYTES_MIN || config->ring_bytes < page_bytes ||
	    config->ring_bytes > ZCRING_RING_BYTES_MAX ||
	    config->ring_bytes & (config->ring_bytes - 1))
		return -EINVAL;
	if (config->interval_ns < ZCRING_INTERVAL_NS_MIN ||
	    config->interval_ns > ZCRING_INTERVAL_NS_MAX)
		return -EINVAL;
	if (!rate_is_valid(config->rate_num, config->rate_den))
		return -EINVAL;
	if (config->dma > ZCRING_DMA_RESIDENT || config->flags)
		return -EINVAL;
	return all_zero(config->reserved, 4) ? 0 : -EINVAL;
}

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
	if (front->clock.rate_num != config->rate_num || front->clock.rate_den != config->rate_den)
		front->stream->pending_flags |= ZCRING_BURST_RATE;
	front->config = *config;
	front->antenna.format = config->format;
	front->antenna.seed = config->seed;
	front->clock.rate_num = config->rate_num;
	front->clock.rate_den = config->rate_den;
	front->commands_count = 0;	/* they were checked against another configuration */
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
	front->antenna.scene = *scene;
	front->antenna.samples = samples;
	front->commands_count = 0;	/* they were checked against another scene */
	tune_all(front, ~0U);
}

static bool scene_has_rate(const struct zcring_front *front, u64 num, u64 den)
{
	const struct zcring_scene *scene = &front->antenna.scene;

	return scene->kind != ZCRING_SCENE_MEMORY ||
	       (__uint128_t)scene->rate_num * den ==
	       (__uint128_t)num * scene->rate_den;
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

int zcring_front_start(struct zcring_front *front, const struct zcring_start *start,
		       u64 mono_ns, u64 time_ns)
{
	struct zcring_stream *stream = front->stream;
	bool resume = start->flags & ZCRING_START_RESUME;
	int err;

	if (!all_zero(start->reserved, 4))
		return -EINVAL;
	if (stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	if (!scene_has_rate(front, front->clock.rate_num, front->clock.rate_den))
		return -ERANGE;
	review_resident(front);
	if (front->config.dma == ZCRING_DMA_RESIDENT && !front->can_be_resident)
		return -EOPNOTSUPP;
	err = zcring_stream_start(stream, start);
	if (err)
		return err;
	front->clock.epoch_clock = stream->telemetry.sample_clock;
	front->clock.epoch_mono_ns = mono_ns;
	front->clock.epoch_time_ns = start->time_ns ? start->time_ns : time_ns;
	front->clock.started = true;
	if (!resume) {
		front->commands_count = 0;
		tune_all(front, ~0U);
		review_resident(front);
	}
	return 0;
}

static int check_control(const struct zcring_front *front, const struct zcring_control *control)
{
	u32 what = control->what;

	if (!(what & ~ZCRING_CONTROL_AT) || what & ~CONTROL_ALL)
		return -EINVAL;
	if (control->reserved0 || !all_zero(control->reserved, 4))
		return -EINVAL;
	if (!control->channels || control->channels >> front->config.channels)
		return -EINVAL;
	if (what & ZCRING_CONTROL_TIME && front->stream->state != ZCRING_STATE_RUNNING)
		return -EINVAL;
	if (what & ZCRING_CONTROL_FREQ && (control->freq_uhz > ZCRING_FREQ_UHZ_MAX ||
					   control->freq_uhz < -ZCRING_FREQ_UHZ_MAX))
		return -EINVAL;
	if (what & ZCRING_CONTROL_GAIN && (control->gain_mb > ZCRING_GAIN_MB_MAX ||
					   control->gain_mb < ZCRING_GAIN_MB_MIN))
		return -EINVAL;
	if (what & ZCRING_CONTROL_BANDWIDTH && control->bandwidth_uhz > ZCRING_FREQ_UHZ_MAX)
		return -EINVAL;
	if (what & ZCRING_CONTROL_RATE) {
		if (!rate_is_valid(control->rate_num, control->rate_den))
			return -EINVAL;
		if (!scene_has_rate(front, control->rate_num, control->rate_den))
			return -ERANGE;
	}
	return 0;
}

static void apply_control(struct zcring_front *front, const struct zcring_control *control)
{
	struct zcring_stream *stream = front->stream;
	struct zcring_clock *clock = &front->clock;
	u64 sample_clock = stream->telemetry.sample_clock;
	u32 channels = control->channels;
	u32 c;

	if (control->what & (ZCRING_CONTROL_RATE | ZCRING_CONTROL_TIME))
		zcring_clock_rebase(clock, sample_clock);
	if (control->what & ZCRING_CONTROL_TIME) {
		clock->epoch_time_ns = control->time_ns;
		stream->pending_flags |= ZCRING_BURST_TIME;
	}
	if (control->what & ZCRING_CONTROL_RATE) {
		clock->rate_num = control->rate_num;
		clock->rate_den = control->rate_den;
		front->config.rate_num = control->rate_num;
		front->config.rate_den = control->rate_den;
		stream->pending_flags |= ZCRING_BURST_RATE;
		channels = ~0U;
	}
	for (c = 0; c < front->config.channels; c++) {
		struct zcring_tuner *tuner = &front->antenna.tuner[c];

		if (!(control->channels & (1U << c)))
			continue;
		if (control->what & ZCRING_CONTROL_FREQ)
			tuner->freq_uhz = control->freq_uhz;
		if (control->what & ZCRING_CONTROL_GAIN)
			tuner->gain_mb = control->gain_mb;
	}
	if (control->what & ZCRING_CONTROL_BANDWIDTH)
		front->bandwidth_uhz = control->bandwidth_uhz;
	if (control->what & CONTROL_TUNING) {
		stream->pending_flags |= ZCRING_BURST_TUNED;
		stream->pending_tuned |= control->channels;
	}
	tune_all(front, channels);
	review_resident(front);
}

static void apply_commands(struct zcring_front *front)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	u32 done = 0;
	u32 i;

	while (done < front->commands_count && front->commands[done].at_clock <= sample_clock)
		apply_control(front, &front->commands[done++]);
	if (!done)
		return;
	front->commands_count -= done;
	for (i = 0; i < front->commands_count; i++)
		front->commands[i] = front->commands[i + done];
}

int zcring_front_control(struct zcring_front *front, const struct zcring_control *control)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	u32 at;
	int err;

	err = check_control(front, control);
	if (err)
		return err;
	if (!(control->what & ZCRING_CONTROL_AT) || control->at_clock <= sample_clock) {
		apply_commands(front);	/* those due here came before it */
		apply_control(front, control);
		return 0;
	}
	if (front->commands_count == ZCRING_COMMANDS_MAX)
		return -ENOSPC;
	for (at = front->commands_count++; at; at--) {
		if (front->commands[at - 1].at_clock <= control->at_clock)
			break;
		front->commands[at] = front->commands[at - 1];
	}
	front->commands[at] = *control;
	return 0;
}

/* How many of @samples can be taken until a command changes something. */
static u64 until_next_command(const struct zcring_front *front, u64 samples)
{
	if (!front->commands_count)
		return samples;
	return min(samples, (u64)(front->commands[0].at_clock -
				  front->stream->telemetry.sample_clock));
}

static bool is_resident(struct zcring_front *front)
{
	const struct zcring_stream *stream = front->stream;
	u64 skew = stream->telemetry.sample_clock - stream->head;

	if (skew != front->resident_skew) {	/* a loss: the signal lies elsewhere now */
		front->resident_skew = skew;
		front->resident_from = stream->head + stream->ring_samples;
	}
	return front->can_be_resident && (s64)(stream->head - front->resident_from) >= 0;
}

static void write_samples(struct zcring_front *front, u64 samples)
{
	struct zcring_stream *stream = front->stream;
	u64 sample_clock = stream->telemetry.sample_clock;
	u64 index = stream->head;
	u64 run;
	u32 c;

	for (; samples; samples -= run, index += run, sample_clock += run) {
		u64 place = zcring_ring_place(index, stream->ring_samples);

		run = min(samples, stream->ring_samples - place);
		run = min(run, WRITE_RUN);
		for (c = 0; c < stream->channels; c++) {
			zcring_antenna_receive(&front->antenna, c, sample_clock,
					       stream->data[c] + place * stream->sample_bytes, run);
			zcring_relax();
		}
	}
}

static void produce(struct zcring_front *front, u64 samples)
{
	const struct zcring_clock *clock = &front->clock;
	struct zcring_stream *stream = front->stream;
	struct zcring_burst burst = {
		.samples = samples,
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
	if (is_resident(front))
		burst.flags |= ZCRING_BURST_RESIDENT;
	else
		write_samples(front, samples);
	zcring_stream_publish(stream, &burst);
}

void zcring_front_take(struct zcring_front *front, u64 samples)
{
	struct zcring_stream *stream = front->stream;

	while (samples && stream->state == ZCRING_STATE_RUNNING) {
		u64 run, fits;

		apply_commands(front);
		run = until_next_command(front, samples);
		fits = min(run, zcring_stream_room(stream));
		if (fits)
			produce(front, fits);
		if (stream->state == ZCRING_STATE_RUNNING)
			zcring_stream_lose(stream, run - fits);
		samples -= run;
	}
	zcring_stream_account(stream);
}

void zcring_front_run(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns)
{
	u64 now, taken, due, run;

	front->interrupt_ns = interrupt_ns;
	do {	/* a command may change the rate, and with it what is due after it */
		apply_commands(front);
		now = zcring_clock_at(&front->clock, mono_ns);
		taken = front->stream->telemetry.sample_clock;
		due = now > taken ? now - taken : 0;
		run = until_next_command(front, due);
		zcring_front_take(front, run);
	} while (run < due && front->stream->state == ZCRING_STATE_RUNNING);
	front->interrupt_ns = 0;
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
	tuning->time_ns = time_ns;
	if (clock->started)
		tuning->time_ns = clock->epoch_time_ns + (mono_ns > clock->epoch_mono_ns ?
							  mono_ns - clock->epoch_mono_ns : 0);
	for (c = 0; c < front->config.channels; c++) {
		tuning->freq_uhz[c] = front->antenna.tuner[c].freq_uhz;
		tuning->gain_mb[c] = front->antenna.tuner[c].gain_mb;
	}
}
