/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands and their time: what a valid command is, at which sample it takes effect, and the queue
 * of timed commands.
 *
 * The functions here handle the sample clock and the queue only. The front end (front.h) applies a
 * command.
 */
#ifndef ZCRING_ENGINE_CONTROL_H
#define ZCRING_ENGINE_CONTROL_H

#include "clock.h"
#include "zcring/abi.h"

#define ZCRING_COMMANDS_MAX 64

/**
 * struct zcring_control_queue - the timed commands of one stream
 * @commands: sorted by at_clock, the earliest first; commands for the same sample in the order in
 *            which they were given. All have ZCRING_CONTROL_AT semantics: at_clock is a sample
 *            clock
 * @count: number of waiting commands
 * @adc_clock: sample clock of the ADC when the last command was queued. The ADC has executed every
 *             command up to there, although its sample may not be delivered yet
 */
struct zcring_control_queue {
	struct zcring_control commands[ZCRING_COMMANDS_MAX];
	u32 count;
	u64 adc_clock;
};

/* Checks the fields of @control for a device with @channels channels: 0 or -EINVAL. */
int zcring_control_check(const struct zcring_control *control, u32 channels);

/* Checks the timing in @what, while a stream is @running or not: 0 or -EINVAL. */
int zcring_control_check_timing(u32 what, bool running);

/* Sets rate and time of @clock as @control has them, from @sample_clock on. */
void zcring_control_set_clock(struct zcring_clock *clock, const struct zcring_control *control,
			      u64 sample_clock);

/*
 * Moves @clock on by the queued commands that the ADC has executed by @mono_ns, and returns the
 * sample clock at @mono_ns.
 */
u64 zcring_control_look_ahead(const struct zcring_control_queue *queue, struct zcring_clock *clock,
			      u64 mono_ns);

/*
 * Converts the timing of @command to a sample clock, not before @now, in @command->at_clock.
 * 0, or -EINVAL for a time that no sample can have.
 */
int zcring_control_find_sample(const struct zcring_clock *clock, struct zcring_control *command,
			       u64 now);

/* Queues @command, whose at_clock is a sample clock; @now is the ADC's. 0, or -ENOSPC. */
int zcring_control_insert(struct zcring_control_queue *queue, const struct zcring_control *command,
			  u64 now);

/* Takes the first command out of the queue if it is due at @sample_clock; else returns false. */
bool zcring_control_pop_due(struct zcring_control_queue *queue, u64 sample_clock,
			    struct zcring_control *command);

/* How many of @samples samples from @sample_clock on come before the first queued command. */
u64 zcring_control_until_next(const struct zcring_control_queue *queue, u64 sample_clock,
			      u64 samples);

#endif /* ZCRING_ENGINE_CONTROL_H */
