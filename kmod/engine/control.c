// SPDX-License-Identifier: GPL-2.0-or-later
#include "front_parts.h"

#define CONTROL_ALL                                                             \
	(ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH | \
	 ZCRING_CONTROL_RATE | ZCRING_CONTROL_TIME | CONTROL_TIMED)
#define CONTROL_TUNING (ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH)
#define CONTROL_TIMED  (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME)

/* A clock that stands goes by no time, and its next stream is not this one. */
static int check_timing(const struct zcring_front *front, u32 what)
{
	if ((what & CONTROL_TIMED) == CONTROL_TIMED)
		return -EINVAL;
	if (front->stream->state == ZCRING_STATE_RUNNING)
		return 0;
	if (what & ZCRING_CONTROL_AT_TIME)
		return -EINVAL;
	return what & ZCRING_CONTROL_AT && what & ZCRING_CONTROL_TIME ? -EINVAL : 0;
}

static int check_control(const struct zcring_front *front, const struct zcring_control *control)
{
	u32 what = control->what;

	if (!(what & ~CONTROL_TIMED) || what & ~CONTROL_ALL)
		return -EINVAL;
	if (control->reserved0 || !zcring_all_zero(control->reserved, 4))
		return -EINVAL;
	if (!control->channels || control->channels >> front->config.channels)
		return -EINVAL;
	if (what & ZCRING_CONTROL_FREQ &&
	    (control->freq_uhz > ZCRING_FREQ_UHZ_MAX || control->freq_uhz < -ZCRING_FREQ_UHZ_MAX))
		return -EINVAL;
	if (what & ZCRING_CONTROL_GAIN &&
	    (control->gain_mb > ZCRING_GAIN_MB_MAX || control->gain_mb < ZCRING_GAIN_MB_MIN))
		return -EINVAL;
	if (what & ZCRING_CONTROL_BANDWIDTH && control->bandwidth_uhz > ZCRING_FREQ_UHZ_MAX)
		return -EINVAL;
	if (what & ZCRING_CONTROL_RATE) {
		if (!zcring_rate_is_valid(control->rate_num, control->rate_den))
			return -EINVAL;
		if (!zcring_front_scene_has_rate(front, control->rate_num, control->rate_den))
			return -ERANGE;
	}
	return check_timing(front, what);
}

static void set_clock(struct zcring_clock *clock, const struct zcring_control *control,
		      u64 sample_clock)
{
	if (control->what & (ZCRING_CONTROL_RATE | ZCRING_CONTROL_TIME))
		zcring_clock_rebase(clock, sample_clock);
	if (control->what & ZCRING_CONTROL_TIME)
		zcring_clock_set_time(clock, control->time_ns);
	if (control->what & ZCRING_CONTROL_RATE) {
		clock->rate_num = control->rate_num;
		clock->rate_den = control->rate_den;
	}
}

static void apply_control(struct zcring_front *front, const struct zcring_control *control)
{
	struct zcring_stream *stream = front->stream;
	struct zcring_clock *clock = &front->clock;
	u32 channels = control->channels;
	u32 c;

	set_clock(clock, control, stream->telemetry.sample_clock);
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
	zcring_front_retune(front, channels);
}

void zcring_front_obey_due(struct zcring_front *front)
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

void zcring_front_obey_until(struct zcring_front *front, u64 at_clock)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	u32 i;

	for (i = 0; i < front->commands_count && front->commands[i].at_clock <= at_clock; i++)
		front->commands[i].at_clock = sample_clock;
	zcring_front_obey_due(front);
}

void zcring_front_settle(struct zcring_front *front)
{
	zcring_front_obey_until(front, front->obeyed_clock);
	front->obeyed_clock = 0;
}

u64 zcring_front_until_command(const struct zcring_front *front, u64 samples)
{
	if (!front->commands_count)
		return samples;
	return min(samples,
		   (u64)(front->commands[0].at_clock - front->stream->telemetry.sample_clock));
}

/*
 * The clock as it is at @mono_ns, and what it says. In a stall, and while a block is on its
 * way, the ADC goes on, and obeys commands, though nothing of that has been delivered.
 */
static u64 look_ahead(const struct zcring_front *front, u64 mono_ns, struct zcring_clock *clock)
{
	const struct zcring_control *command = front->commands;
	u64 on_its_way = zcring_front_on_its_way(front);
	u64 settled = front->stream->telemetry.sample_clock + on_its_way;
	u32 i;

	*clock = front->clock;
	if (!on_its_way && !zcring_front_is_stalled(front, mono_ns))
		return settled;
	for (i = 0; i < front->commands_count; i++, command++) {
		if (command->at_clock > zcring_clock_at(clock, mono_ns))
			break;
		set_clock(clock, command, command->at_clock);
	}
	return max(settled, zcring_clock_at(clock, mono_ns));
}

/* Puts into @command->at_clock where it takes effect, however it said so; and tells what is now. */
static int find_sample(const struct zcring_front *front, struct zcring_control *command,
		       u64 mono_ns, u64 *now)
{
	struct zcring_clock clock;
	int err = 0;

	*now = look_ahead(front, mono_ns, &clock);
	if (command->what & ZCRING_CONTROL_AT_TIME)
		err = zcring_clock_find(&clock, command->at_clock, &command->at_clock);
	else if (!(command->what & ZCRING_CONTROL_AT))
		command->at_clock = *now;
	command->at_clock = max(command->at_clock, *now);
	return err;
}

int zcring_front_control(struct zcring_front *front, const struct zcring_control *control, u64 mono_ns)
{
	struct zcring_stream *stream = front->stream;
	struct zcring_control command = *control;
	u64 now;
	u32 at;
	int err;

	err = check_control(front, control);
	if (err)
		return err;
	zcring_front_obey_due(front); /* they came before it */
	err = find_sample(front, &command, mono_ns, &now);
	if (err)
		return err;
	if (stream->state != ZCRING_STATE_RUNNING) /* nothing is taken: the epoch is now */
		zcring_clock_begin(&front->clock, stream->telemetry.sample_clock, mono_ns,
				   front->clock.epoch_time_ns);
	if (command.at_clock <= stream->telemetry.sample_clock) {
		apply_control(front, &command);
		return 0;
	}
	if (front->commands_count == ZCRING_COMMANDS_MAX)
		return -ENOSPC;
	for (at = front->commands_count++; at; at--) {
		if (front->commands[at - 1].at_clock <= command.at_clock)
			break;
		front->commands[at] = front->commands[at - 1];
	}
	front->commands[at] = command;
	front->obeyed_clock = now;
	return 0;
}
