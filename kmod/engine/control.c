// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands and their time (control.h).
 *
 * A command's time is converted to a sample clock when the command is given, by the clock as the
 * queued commands will have set it until then; afterwards only sample clocks are compared. The
 * queue is sorted, and stable for commands at the same sample.
 */
#include "control.h"
#include "config.h"

#define CONTROL_ALL                                                             \
	(ZCRING_CONTROL_FREQ | ZCRING_CONTROL_GAIN | ZCRING_CONTROL_BANDWIDTH | \
	 ZCRING_CONTROL_RATE | ZCRING_CONTROL_TIME | ZCRING_CONTROL_NOISE | CONTROL_TIMED)
#define CONTROL_TIMED (ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME)

int zcring_control_check(const struct zcring_control *control, u32 channels)
{
	u32 what = control->what;

	if (!(what & ~CONTROL_TIMED) || what & ~CONTROL_ALL)
		return -EINVAL;
	if (!zcring_all_zero(control->reserved, 4))
		return -EINVAL;
	if (!control->channels || control->channels >> channels)
		return -EINVAL;
	if (what & ZCRING_CONTROL_FREQ &&
	    (control->freq_uhz > ZCRING_FREQ_UHZ_MAX || control->freq_uhz < -ZCRING_FREQ_UHZ_MAX))
		return -EINVAL;
	if (what & ZCRING_CONTROL_GAIN &&
	    (control->gain_mb > ZCRING_GAIN_MB_MAX || control->gain_mb < ZCRING_GAIN_MB_MIN))
		return -EINVAL;
	if (what & ZCRING_CONTROL_NOISE && control->noise_mb != ZCRING_NOISE_NONE &&
	    (control->noise_mb > ZCRING_NOISE_MB_MAX || control->noise_mb < ZCRING_NOISE_MB_MIN))
		return -EINVAL;
	if (!(what & ZCRING_CONTROL_NOISE) && control->noise_mb)
		return -EINVAL;
	if (what & ZCRING_CONTROL_BANDWIDTH && control->bandwidth_uhz > ZCRING_FREQ_UHZ_MAX)
		return -EINVAL;
	if (what & ZCRING_CONTROL_RATE && !zcring_rate_is_valid(control->rate_num, control->rate_den))
		return -EINVAL;
	return 0;
}

int zcring_control_check_timing(u32 what, bool running)
{
	if ((what & CONTROL_TIMED) == CONTROL_TIMED)
		return -EINVAL;
	if (running)
		return 0;
	/* A stopped clock maps no time to a sample, and a new stream has another sample clock. */
	if (what & ZCRING_CONTROL_AT_TIME)
		return -EINVAL;
	return what & ZCRING_CONTROL_AT && what & ZCRING_CONTROL_TIME ? -EINVAL : 0;
}

void zcring_control_set_clock(struct zcring_clock *clock, const struct zcring_control *control,
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

u64 zcring_control_look_ahead(const struct zcring_control_queue *queue, struct zcring_clock *clock,
			      u64 mono_ns)
{
	const struct zcring_control *command = queue->commands;
	u32 i;

	for (i = 0; i < queue->count; i++, command++) {
		if (command->at_clock > zcring_clock_at(clock, mono_ns))
			break;
		zcring_control_set_clock(clock, command, command->at_clock);
	}
	return zcring_clock_at(clock, mono_ns);
}

int zcring_control_find_sample(const struct zcring_clock *clock, struct zcring_control *command,
			       u64 now)
{
	int err = 0;

	if (command->what & ZCRING_CONTROL_AT_TIME)
		err = zcring_clock_find(clock, command->at_clock, &command->at_clock);
	else if (!(command->what & ZCRING_CONTROL_AT))
		command->at_clock = now;
	command->at_clock = max(command->at_clock, now);
	return err;
}

int zcring_control_insert(struct zcring_control_queue *queue, const struct zcring_control *command,
			  u64 now)
{
	u32 at;

	if (queue->count == ZCRING_COMMANDS_MAX)
		return -ENOSPC;
	for (at = queue->count++; at; at--) {
		if (queue->commands[at - 1].at_clock <= command->at_clock)
			break;
		queue->commands[at] = queue->commands[at - 1];
	}
	queue->commands[at] = *command;
	queue->adc_clock = now;
	return 0;
}

bool zcring_control_pop_due(struct zcring_control_queue *queue, u64 sample_clock,
			    struct zcring_control *command)
{
	u32 i;

	if (!queue->count || queue->commands[0].at_clock > sample_clock)
		return false;
	*command = queue->commands[0];
	queue->count--;
	for (i = 0; i < queue->count; i++)
		queue->commands[i] = queue->commands[i + 1];
	return true;
}

u64 zcring_control_until_next(const struct zcring_control_queue *queue, u64 sample_clock, u64 samples)
{
	if (!queue->count)
		return samples;
	return min(samples, (u64)(queue->commands[0].at_clock - sample_clock));
}
