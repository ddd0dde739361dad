// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated front end (front.h): its settings, the start of a stream, and commands, which are
 * applied at their sample. delivery.c takes the samples.
 *
 * The front end always has the tuning of the next sample; a command for a later sample waits in the
 * queue. A new rate or time begins a new epoch of the clock at the sample where it takes effect.
 */
#include "front.h"

static void front_tune(struct zcring_front *front, u32 channels)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	u32 c;

	zcring_antenna_set_rate(&front->antenna, front->clock.rate_num, front->clock.rate_den,
				sample_clock);
	if (zcring_antenna_has_moved(&front->antenna, sample_clock)) {
		zcring_antenna_follow(&front->antenna, sample_clock);
		channels = ~0U;
	}
	for (c = 0; c < front->config.channels; c++)
		if (channels & (1U << c))
			zcring_antenna_tune(&front->antenna, c, front->clock.rate_num,
					    front->clock.rate_den, sample_clock);
	if (zcring_antenna_update_lag(&front->antenna, front->config.channels))
		front->stream->pending_flags |= ZCRING_BURST_TIME;
}

/* Noise that was not set: a floor under the tone. A recording has its own. */
static void front_set_noise(struct zcring_front *front)
{
	bool has_floor = front->antenna.scene.kind == ZCRING_SCENE_TONE &&
			 front->config.dma != ZCRING_DMA_RESIDENT;

	if (!front->noise_is_set)
		front->noise_mb = has_floor ? ZCRING_NOISE_MB_DEFAULT : ZCRING_NOISE_NONE;
	zcring_antenna_set_noise(&front->antenna, front->noise_mb);
}

void zcring_front_retune(struct zcring_front *front, u32 channels)
{
	front_tune(front, channels);
	zcring_resident_review(&front->resident, &front->antenna, front->stream,
			       front->config.dma == ZCRING_DMA_RESIDENT);
}

static void front_apply_tuning(struct zcring_front *front, const struct zcring_control *control)
{
	u32 c;

	for (c = 0; c < front->config.channels; c++) {
		struct zcring_tuner *tuner = &front->antenna.tuner[c];

		if (!(control->channels & (1U << c)))
			continue;
		if (control->what & ZCRING_CONTROL_FREQ)
			tuner->freq_uhz = control->freq_uhz;
		if (control->what & ZCRING_CONTROL_GAIN)
			tuner->gain_mb = control->gain_mb;
	}
	if (control->what & ZCRING_CONTROL_NOISE) {
		front->noise_is_set = true;
		front->noise_mb = control->noise_mb;
		front_set_noise(front);
	}
	if (control->what & ZCRING_CONTROL_BANDWIDTH)
		front->bandwidth_uhz = control->bandwidth_uhz;
	if (control->what & (ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH)) {
		front->stream->pending_flags |= ZCRING_BURST_TUNED;
		front->stream->pending_tuned |= control->channels;
	}
}

/*
 * Applies a command at the next sample. Rate and time hold from the sample @at_clock on, at which
 * the ADC has executed the command: the next sample, or a later one that a stream which ended does
 * not deliver.
 */
static void front_apply_command(struct zcring_front *front, const struct zcring_control *control,
				u64 at_clock)
{
	struct zcring_stream *stream = front->stream;
	struct zcring_clock *clock = &front->clock;
	u32 channels = control->channels;

	zcring_control_set_clock(clock, control, at_clock);
	if (control->what & ZCRING_CONTROL_TIME) {
		front->time_is_set = true;
		front->time_offset_ns = clock->epoch_time_ns - clock->epoch_mono_ns;
		stream->pending_flags |= ZCRING_BURST_TIME;
	}
	if (control->what & ZCRING_CONTROL_RATE) {
		front->config.rate_num = control->rate_num;
		front->config.rate_den = control->rate_den;
		stream->pending_flags |= ZCRING_BURST_RATE;
		channels = ~0U;
	}
	front_apply_tuning(front, control);
	zcring_front_retune(front, channels);
}

void zcring_front_apply_until(struct zcring_front *front, u64 at_clock)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	struct zcring_control command;

	while (zcring_control_pop_due(&front->queue, max(at_clock, sample_clock), &command))
		front_apply_command(front, &command, max(command.at_clock, sample_clock));
}

void zcring_front_apply_due(struct zcring_front *front)
{
	zcring_front_apply_until(front, front->stream->telemetry.sample_clock);
}

u64 zcring_front_until_command(const struct zcring_front *front, u64 samples)
{
	return zcring_control_until_next(&front->queue, front->stream->telemetry.sample_clock,
					 samples);
}

u64 zcring_front_until_change(struct zcring_front *front, u64 samples, enum zcring_presence *presence)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;

	if (zcring_antenna_has_moved(&front->antenna, sample_clock))
		zcring_front_retune(front, ~0U);
	return zcring_antenna_run(&front->antenna, sample_clock, samples, presence);
}

void zcring_front_apply_executed(struct zcring_front *front)
{
	zcring_front_apply_until(front, front->queue.adc_clock);
	front->queue.adc_clock = 0;
}

void zcring_front_configure(struct zcring_front *front, const struct zcring_config *config)
{
	zcring_front_apply_executed(front);
	if (front->clock.rate_num != config->rate_num || front->clock.rate_den != config->rate_den)
		front->stream->pending_flags |= ZCRING_BURST_RATE;
	front->config = *config;
	front->antenna.format = config->format;
	front->antenna.seed = config->seed;
	front->clock.rate_num = config->rate_num;
	front->clock.rate_den = config->rate_den;
	front->queue.count = 0; /* they were checked against another configuration */
	front_set_noise(front);
	front_tune(front, ~0U);
}

void zcring_front_init(struct zcring_front *front, struct zcring_stream *stream,
		       const struct zcring_config *config)
{
	struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE, .freq_uhz = 100000000000000 };
	u32 c;

	memset(front, 0, sizeof(*front));
	front->stream = stream;
	zcring_antenna_init(&front->antenna);
	zcring_antenna_set_scene(&front->antenna, &tone, NULL, NULL);
	front->antenna.tone_rate_num = config->rate_num;
	front->antenna.tone_rate_den = config->rate_den;
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		front->antenna.tuner[c].freq_uhz = tone.freq_uhz;
	zcring_front_configure(front, config);
}

static bool front_scene_has_rate(const struct zcring_scene *scene,
				 const struct zcring_timeline *timeline, u64 num, u64 den)
{
	u32 decimation = zcring_scene_decimation(scene, num, den);

	return decimation && zcring_timeline_has_sample(timeline, decimation);
}

static bool front_has_rate(const struct zcring_front *front, u64 num, u64 den)
{
	return front_scene_has_rate(&front->antenna.scene, &front->antenna.timeline, num, den);
}

/* Whether @scene can be received at the present rate and at those for which commands wait. */
static bool front_can_receive(const struct zcring_front *front, const struct zcring_scene *scene,
			      const void *content)
{
	const struct zcring_control *command = front->queue.commands;
	struct zcring_timeline timeline;
	u32 i;

	zcring_timeline_init(&timeline, scene, content);
	if (!front_scene_has_rate(scene, &timeline, front->clock.rate_num, front->clock.rate_den))
		return false;
	for (i = 0; i < front->queue.count; i++, command++)
		if (command->what & ZCRING_CONTROL_RATE &&
		    !front_scene_has_rate(scene, &timeline, command->rate_num, command->rate_den))
			return false;
	return true;
}

int zcring_front_set_scene(struct zcring_front *front, const struct zcring_scene *scene,
			   const void *content, const struct zcring_scene_source *source)
{
	bool is_running = front->stream->state == ZCRING_STATE_RUNNING;

	if (is_running) {
		if (!front_can_receive(front, scene, content))
			return -ERANGE;
		zcring_front_end_block(front);
	} else {
		zcring_front_apply_executed(front);
		front->queue.count = 0; /* they were checked against another scene */
	}
	zcring_antenna_set_scene(&front->antenna, scene, content, source);
	zcring_antenna_rewind(&front->antenna, front->stream->telemetry.sample_clock);
	front->antenna.tone_rate_num = front->clock.rate_num;
	front->antenna.tone_rate_den = front->clock.rate_den;
	front->noise_is_set = false;
	front_set_noise(front);
	zcring_front_retune(front, ~0U);
	return 0;
}

/* The device's own time of day, if it was set; else @time_ns. */
static u64 front_time_of_day(const struct zcring_front *front, u64 mono_ns, u64 time_ns)
{
	return front->time_is_set ? front->time_offset_ns + mono_ns : time_ns;
}

/* Begins the clock of a stream that has started, without anything of a stream before. */
static void front_begin(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
			u64 time_ns)
{
	struct zcring_injected *injected = &front->injected;
	struct zcring_block none = {};
	u64 epoch_time_ns = start->time_ns;

	if (!epoch_time_ns)
		epoch_time_ns = front_time_of_day(front, mono_ns, time_ns) + start->delay_ns;
	zcring_clock_begin(&front->clock, front->stream->telemetry.sample_clock,
			   mono_ns + start->delay_ns, epoch_time_ns);
	front->block = none;
	front->antenna.failed = false;
	front->interrupt_ns = 0;
	injected->stalled_until_ns = 0;
	injected->jump_ns = 0;
	if (start->flags & ZCRING_START_RESUME)
		return;
	front->queue.count = 0;
	injected->drop_samples = 0;
	zcring_front_retune(front, ~0U);
}

int zcring_front_start(struct zcring_front *front, const struct zcring_start *start, u64 mono_ns,
		       u64 time_ns)
{
	struct zcring_stream *stream = front->stream;
	bool wants_resident = front->config.dma == ZCRING_DMA_RESIDENT;
	int err;

	if (!zcring_all_zero(start->reserved, 3))
		return -EINVAL;
	if (stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	zcring_front_apply_executed(front); /* of a stream that ended by a fault */
	if (!front_has_rate(front, front->clock.rate_num, front->clock.rate_den))
		return -ERANGE;
	zcring_resident_review(&front->resident, &front->antenna, stream, wants_resident);
	if (wants_resident && !front->resident.possible)
		return -EOPNOTSUPP;
	err = zcring_stream_start(stream, start);
	if (!err)
		front_begin(front, start, mono_ns, time_ns);
	return err;
}

static int front_check_command(const struct zcring_front *front, const struct zcring_control *control)
{
	int err;

	err = zcring_control_check(control, front->config.channels);
	if (err)
		return err;
	if (control->what & ZCRING_CONTROL_RATE &&
	    !front_has_rate(front, control->rate_num, control->rate_den))
		return -ERANGE;
	return zcring_control_check_timing(control->what,
					   front->stream->state == ZCRING_STATE_RUNNING);
}

/*
 * Finds the sample at which @command takes effect. During a stall, and between two steps, the ADC
 * continues and executes commands before their samples are delivered: "now" is then the ADC's
 * present sample.
 */
static int front_find_sample(const struct zcring_front *front, struct zcring_control *command,
			     u64 mono_ns, u64 *now)
{
	const struct zcring_stream *stream = front->stream;
	u64 unpublished = zcring_front_unpublished(front);
	bool has_more = stream->state == ZCRING_STATE_RUNNING && front->interrupt_ns;
	struct zcring_clock clock = front->clock;

	*now = stream->telemetry.sample_clock + unpublished;
	if (unpublished || has_more || zcring_front_is_stalled(front, mono_ns))
		*now = max(*now, zcring_control_look_ahead(&front->queue, &clock, mono_ns));
	return zcring_control_find_sample(&clock, command, *now);
}

int zcring_front_control(struct zcring_front *front, const struct zcring_control *control, u64 mono_ns)
{
	struct zcring_stream *stream = front->stream;
	struct zcring_control command = *control;
	u64 now;
	int err;

	err = front_check_command(front, control);
	if (err)
		return err;
	/* The commands that were given before this one. */
	if (stream->state == ZCRING_STATE_RUNNING)
		zcring_front_apply_due(front);
	else
		zcring_front_apply_executed(front);
	err = front_find_sample(front, &command, mono_ns, &now);
	if (err)
		return err;
	if (stream->state != ZCRING_STATE_RUNNING) /* no sample is taken: the epoch moves to now */
		zcring_clock_begin(&front->clock, stream->telemetry.sample_clock, mono_ns,
				   front->clock.epoch_time_ns);
	if (command.at_clock > stream->telemetry.sample_clock)
		return zcring_control_insert(&front->queue, &command, now);
	front_apply_command(front, &command, stream->telemetry.sample_clock);
	return 0;
}

void zcring_front_describe_burst(const struct zcring_front *front, struct zcring_burst *burst)
{
	const struct zcring_stream *stream = front->stream;
	const struct zcring_clock *clock = &front->clock;
	u32 c;

	burst->time_ns = zcring_clock_time(clock, stream->telemetry.sample_clock);
	burst->time_ns -= min(burst->time_ns, front->antenna.lag_ns);
	burst->rate_num = clock->rate_num;
	burst->rate_den = clock->rate_den;
	burst->bandwidth_uhz = front->bandwidth_uhz;
	for (c = 0; c < stream->channels; c++) {
		burst->channel[c].freq_uhz = front->antenna.tuner[c].freq_uhz;
		burst->channel[c].gain_mb = front->antenna.tuner[c].gain_mb;
	}
}

void zcring_front_get_feed(const struct zcring_front *front, struct zcring_feed *feed)
{
	const struct zcring_antenna *antenna = &front->antenna;
	u64 sample_clock = front->stream->telemetry.sample_clock;

	memset(feed, 0, sizeof(*feed));
	if (antenna->scene.kind != ZCRING_SCENE_FEED)
		return;
	zcring_feed_get(antenna->intake.feed, feed);
	feed->state = front->stream->state;
	sample_clock += (feed->clock - antenna->intake.passed) / antenna->decimation;
	if (feed->state == ZCRING_STATE_RUNNING)
		feed->time_ns = zcring_clock_time(&front->clock, sample_clock);
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
	tuning->noise_mb = front->noise_mb;
	tuning->time_ns = front_time_of_day(front, mono_ns, time_ns);
	if (front->stream->state == ZCRING_STATE_RUNNING)
		tuning->time_ns = zcring_clock_now(clock, mono_ns);
	for (c = 0; c < front->config.channels; c++) {
		tuning->channel[c].freq_uhz = front->antenna.tuner[c].freq_uhz;
		tuning->channel[c].gain_mb = front->antenna.tuner[c].gain_mb;
	}
}

void zcring_front_get_ranges(const struct zcring_front *front, struct zcring_ranges *ranges)
{
	const struct zcring_scene *scene = &front->antenna.scene;

	if (scene->kind != ZCRING_SCENE_MEMORY && scene->kind != ZCRING_SCENE_FEED)
		return;
	ranges->rate_base_num = scene->rate_num;
	ranges->rate_base_den = scene->rate_den;
	ranges->rate_divisor_max = ZCRING_DECIMATION_MAX;
	ranges->rate_max_num = scene->rate_num;
	ranges->rate_max_den = scene->rate_den;
	ranges->rate_min_num = scene->rate_num;
	ranges->rate_min_den = scene->rate_den * ZCRING_DECIMATION_MAX;
}
