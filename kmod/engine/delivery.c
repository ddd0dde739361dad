// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Delivery: the front end (front.h) takes the samples that are due, block by block, and applies
 * injected faults.
 *
 * All samples of a block are tuned alike: a block ends at the latest where the next command takes
 * effect, or where the scene has a gap or another frequency, or a feed an underflow. A scene that
 * ends stops the stream. Lost samples, a jump of the time of day and a command after the block
 * that is being written take effect when that block is published.
 */
#include "front.h"

/* A step takes one sample of every channel at least, however short the pieces of the scene are. */
#define DELIVERY_SAMPLE_COST_MAX \
	((ZCRING_TAPS_MAX + 1) * (ZCRING_CUT_COST + 1) * ZCRING_CHANNELS_MAX)
_Static_assert(DELIVERY_SAMPLE_COST_MAX <= ZCRING_STEP_SAMPLES, "a step takes no sample");

/* Applies an injected jump of the time of day at the next sample. */
static void delivery_apply_jump(struct zcring_front *front)
{
	if (!front->injected.jump_ns)
		return;
	zcring_clock_rebase(&front->clock, front->stream->telemetry.sample_clock);
	front->clock.epoch_time_ns += (u64)front->injected.jump_ns;
	front->stream->pending_flags |= ZCRING_BURST_TIME;
	front->injected.jump_ns = 0;
}

int zcring_front_inject(struct zcring_front *front, enum zcring_injection kind, s64 amount,
			u64 mono_ns)
{
	struct zcring_stream *stream = front->stream;
	u64 time_ns = zcring_clock_time(&front->clock, stream->telemetry.sample_clock);
	int err;

	if (stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (stream->state != ZCRING_STATE_RUNNING)
		return -EINVAL;
	err = zcring_injection_add(&front->injected, kind, amount, mono_ns, time_ns);
	if (err)
		return err;
	/* The samples of a block were taken before the jump. */
	if (!zcring_front_unpublished(front))
		delivery_apply_jump(front);
	return 0;
}

/*
 * The antenna passes the next @samples samples, before they are published or lost. Returns the
 * samples of a feed that were silence because the feeder was late.
 */
static u64 delivery_pass(struct zcring_front *front, u64 samples)
{
	struct zcring_telemetry *t = &front->stream->telemetry;
	struct zcring_underflow underflow;

	if (front->antenna.scene.kind != ZCRING_SCENE_FEED)
		return 0;
	underflow =
		zcring_intake_pass(&front->antenna.intake,
				   zcring_antenna_tick(&front->antenna, t->sample_clock + samples));
	t->feed_underflow_samples += underflow.samples;
	t->feed_underflow_count += underflow.count;
	return underflow.samples;
}

static void delivery_lose(struct zcring_front *front, u64 samples)
{
	delivery_pass(front, samples);
	zcring_stream_lose(front->stream, samples);
}

/* Publishes the samples of the block that are written, and drops the rest of the block. */
static void delivery_publish_block(struct zcring_front *front)
{
	struct zcring_burst burst = {
		.samples = front->block.written,
		.clipped_samples = front->block.clipped,
	};
	struct zcring_block none = {};

	if (burst.samples) {
		zcring_front_describe_burst(front, &burst);
		burst.interrupt_ns = front->interrupt_ns;
		burst.feed_underflow_samples = delivery_pass(front, burst.samples);
		if (front->block.is_resident)
			burst.flags |= ZCRING_BURST_RESIDENT;
		zcring_stream_publish(front->stream, &burst);
	}
	front->antenna.effort.changes += front->block.samples || front->block.lost;
	front->block = none;
}

/* Continues the block that is being written, if any; false if it is not complete. */
static bool delivery_finish_block(struct zcring_front *front, u64 until)
{
	const struct zcring_block none = {};
	u64 lost = front->block.lost;
	bool is_complete;

	is_complete = zcring_block_write(&front->block, &front->antenna, front->stream, until);
	if (front->antenna.failed) {
		front->block = none;
		zcring_stream_fail(front->stream, ZCRING_FAULT_CODE_UNREADABLE);
		return true;
	}
	if (!is_complete)
		return false;
	delivery_publish_block(front);
	if (front->stream->state == ZCRING_STATE_RUNNING)
		delivery_lose(front, lost);
	delivery_apply_jump(front);
	return true;
}

bool zcring_front_may_change(struct zcring_front *front, u64 until)
{
	u64 sample_clock = front->stream->telemetry.sample_clock;
	struct zcring_effort *effort = &front->antenna.effort;
	u64 cost = ZCRING_CUT_COST * front->antenna.decimation + ZCRING_CHANGE_COST;

	if (front->antenna.timeline.count == 1 && front->antenna.scene.kind != ZCRING_SCENE_FEED)
		return true;
	if (zcring_antenna_has_moved(&front->antenna, sample_clock))
		cost += ZCRING_TUNING_COST * front->config.channels;
	if (zcring_effort_left(effort, until) < cost)
		return false;
	effort->cuts += front->antenna.decimation;
	return true;
}

bool zcring_front_deliver(struct zcring_front *front, u64 samples, u64 until)
{
	u64 *drop_samples = &front->injected.drop_samples;
	struct zcring_stream *stream = front->stream;
	enum zcring_presence presence;
	u64 run;

	for (; samples && stream->state == ZCRING_STATE_RUNNING; samples -= run) {
		zcring_front_apply_due(front);
		if (!zcring_front_may_change(front, until))
			return false;
		run = zcring_front_until_command(front, samples);
		run = zcring_front_until_change(front, run, &presence);
		if (presence == ZCRING_ENDED) {
			zcring_stream_stop(stream);
			break;
		}
		if (presence == ZCRING_MISSING) {
			front->antenna.effort.changes++;
			delivery_lose(front, run);
			continue;
		}
		if (*drop_samples) {
			run = min(run, *drop_samples);
			*drop_samples -= run;
			delivery_lose(front, run);
			continue;
		}
		zcring_block_begin(&front->block, stream, &front->resident, run);
		if (!delivery_finish_block(front, until))
			return false;
	}
	return true;
}

void zcring_front_end_block(struct zcring_front *front)
{
	delivery_publish_block(front);
	delivery_apply_jump(front);
}

/* One step of zcring_front_run(): whether samples are left. */
static bool delivery_step(struct zcring_front *front, u64 mono_ns, u64 interrupt_ns)
{
	u64 until = zcring_effort_cost(&front->antenna.effort) + ZCRING_STEP_SAMPLES;
	u64 now, taken, due, run;

	if (!delivery_finish_block(front, until))
		return true;
	front->interrupt_ns = interrupt_ns;
	do { /* a command may change the rate, and with it the number of samples due after it */
		zcring_front_apply_due(front);
		now = zcring_clock_at(&front->clock, mono_ns);
		taken = front->stream->telemetry.sample_clock;
		due = now > taken ? now - taken : 0;
		run = zcring_front_until_command(front, due);
		if (!zcring_front_deliver(front, run, until))
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
	more = delivery_step(front, mono_ns, interrupt_ns);
	zcring_stream_account(front->stream);
	if (front->stream->state != ZCRING_STATE_RUNNING)
		zcring_front_apply_executed(front);
	return more && front->stream->state == ZCRING_STATE_RUNNING;
}

void zcring_front_skip(struct zcring_front *front, u64 mono_ns)
{
	struct zcring_stream *stream = front->stream;
	u64 now, taken, due, run, there;

	if (stream->state != ZCRING_STATE_RUNNING)
		return;
	zcring_front_end_block(front);
	front->interrupt_ns = 0;
	do { /* a command may change the rate, as in delivery_step() */
		zcring_front_apply_due(front);
		now = zcring_clock_at(&front->clock, mono_ns);
		taken = stream->telemetry.sample_clock;
		due = now > taken ? now - taken : 0;
		run = zcring_front_until_command(front, due);
		there = zcring_antenna_until_end(&front->antenna, taken, run);
		delivery_lose(front, there);
		if (there < run)
			zcring_stream_stop(stream);
	} while (run < due && stream->state == ZCRING_STATE_RUNNING);
	zcring_stream_account(stream);
}

void zcring_front_stop(struct zcring_front *front, u64 mono_ns)
{
	if (zcring_front_run(front, mono_ns, mono_ns))
		delivery_publish_block(front);
	zcring_front_apply_executed(front);
	zcring_stream_stop(front->stream);
}
