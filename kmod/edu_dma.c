// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The DMA engine of the edu card of QEMU, a board that any VM can have: the card has a DMA engine,
 * an interrupt and a buffer, but no antenna. The samples of the simulated front end, in place of
 * an ADC, are put into its buffer by DMA; all further steps are as with any board.
 *
 *   front end --> page --DMA--> the card's buffer --DMA--> ring --> consumer
 *              (FILL)                             (DRAIN, a channel at a time)
 *
 * A leg is one DMA, which the card ends with an interrupt; a block is the number of samples that
 * fit into the card's buffer: one FILL, and one DRAIN for each channel. The card has no clock: it
 * takes block after block as fast as its DMA allows (a leg takes 100 ms), and the time of a sample
 * follows from the configured rate. Samples for which the ring has no room are lost in the card's
 * buffer.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include "dma.h"
#include "edu.h"
#include "engine/front.h"

/* A block of eight channels takes nine legs, nearly 1 s; the machine may be emulated, and slow. */
#define ZCRING_EDU_WATCHDOG_NS (10 * NSEC_PER_SEC)

enum zcring_edu_leg {
	ZCRING_EDU_IDLE,
	ZCRING_EDU_FILL,
	ZCRING_EDU_DRAIN, /* channel 0; the others follow */
};

/**
 * struct zcring_edu_engine - the DMA engine; lives as long as the device
 * @edu: the card; not accessed once the stream is gone
 * @stream: destination of the samples
 * @front: source of the samples; takes the commands
 * @begin_ns: time of the first sample; no block is begun before
 * @suspended_ns: when the machine went to sleep
 * @leg: the leg in progress
 * @burst: descriptor of the block in progress
 * @samples: length of the block
 * @fits: number of its samples that fit into the ring
 */
struct zcring_edu_engine {
	struct zcring_edu *edu;
	struct zcring_stream *stream;
	struct zcring_front front;
	u64 begin_ns;
	u64 suspended_ns;
	unsigned int leg;
	struct zcring_burst burst;
	u64 samples;
	u64 fits;
};

/* The first sample at which a command can take effect: the one after the block in progress. */
static u64 zcring_edu_next_clock(const struct zcring_edu_engine *engine)
{
	u64 sample_clock = engine->stream->telemetry.sample_clock;

	return engine->leg == ZCRING_EDU_IDLE ? sample_clock : sample_clock + engine->samples;
}

/*
 * Drops the block in progress, if any, as if its samples had never been taken; commands that were
 * to take effect after the block take effect now.
 */
static void zcring_edu_drop_block(struct zcring_edu_engine *engine)
{
	u64 next = zcring_edu_next_clock(engine);

	if (engine->leg == ZCRING_EDU_IDLE)
		return;
	zcring_edu_quiesce(engine->edu);
	engine->leg = ZCRING_EDU_IDLE;
	zcring_front_apply_until(&engine->front, next);
}

static void *zcring_edu_alloc(struct zcring_device *zdev, void *board,
			      const struct zcring_config *config)
{
	struct zcring_edu_engine *engine = kvzalloc(sizeof(*engine), GFP_KERNEL);
	struct zcring_edu *edu = board;

	if (!engine)
		return ERR_PTR(-ENOMEM);
	edu->zdev = zdev;
	engine->edu = edu;
	engine->stream = zcring_dma_stream(zdev);
	zcring_front_init(&engine->front, engine->stream, config);
	return engine;
}

static void zcring_edu_free(void *dma)
{
	kvfree(dma);
}

/* The card has no ring of its own that could stay as it is, and reaches only a part of the memory. */
static int zcring_edu_check(void *dma, const struct zcring_config *config)
{
	const struct zcring_edu_engine *engine = dma;

	if (config->dma == ZCRING_DMA_RESIDENT)
		return -EOPNOTSUPP;
	return config->ring_bytes > engine->edu->ring_bytes_max ? -ERANGE : 0;
}

static void zcring_edu_configure(void *dma, const struct zcring_config *config)
{
	struct zcring_edu_engine *engine = dma;

	zcring_edu_drop_block(engine);
	zcring_front_configure(&engine->front, config);
}

/* A scene would begin in the middle of the block that the card has. */
static int zcring_edu_set_scene(void *dma, const struct zcring_scene *scene, const void *content)
{
	struct zcring_edu_engine *engine = dma;

	if (scene->kind == ZCRING_SCENE_FEED)
		return -EOPNOTSUPP;
	if (engine->stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	return zcring_front_set_scene(&engine->front, scene, content, NULL);
}

/* The first block is begun by progress(), for the interrupt at the end of the delay. */
static int zcring_edu_start(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns)
{
	struct zcring_edu_engine *engine = dma;
	int err;

	if (engine->stream->state != ZCRING_STATE_RUNNING)
		zcring_edu_drop_block(engine);
	if (engine->edu->is_broken)
		return -EIO;
	err = zcring_front_start(&engine->front, start, mono_ns, time_ns);
	if (!err)
		engine->begin_ns = mono_ns + start->delay_ns;
	return err;
}

static void zcring_edu_stop(void *dma, u64 mono_ns)
{
	struct zcring_edu_engine *engine = dma;

	if (engine->stream->state == ZCRING_STATE_GONE)
		return;
	zcring_edu_drop_block(engine);
	zcring_stream_stop(engine->stream);
}

static void zcring_edu_suspend(void *dma, u64 mono_ns)
{
	struct zcring_edu_engine *engine = dma;

	zcring_edu_drop_block(engine);
	engine->suspended_ns = mono_ns;
}

/*
 * The card has no clock: the samples of the time asleep are as many as the configured rate has.
 * progress() begins the next block, and commands that were due meanwhile take effect with it.
 */
static int zcring_edu_resume(void *dma, u64 mono_ns)
{
	struct zcring_edu_engine *engine = dma;
	const struct zcring_clock *clock = &engine->front.clock;

	if (engine->edu->is_broken)
		return -EIO;
	if (engine->stream->state == ZCRING_STATE_RUNNING)
		zcring_stream_lose(engine->stream,
				   zcring_clock_at(clock, mono_ns) -
					   zcring_clock_at(clock, engine->suspended_ns));
	return 0;
}

static int zcring_edu_control(void *dma, const struct zcring_control *control, u64 mono_ns)
{
	const u32 timed = ZCRING_CONTROL_AT | ZCRING_CONTROL_AT_TIME;
	struct zcring_edu_engine *engine = dma;
	struct zcring_control command = *control;
	u64 next = zcring_edu_next_clock(engine);
	int err = 0;

	if (engine->stream->state == ZCRING_STATE_RUNNING && (control->what & timed) != timed) {
		if (control->what & ZCRING_CONTROL_AT_TIME)
			err = zcring_clock_find(&engine->front.clock, control->at_clock,
						&command.at_clock);
		else if (!(control->what & ZCRING_CONTROL_AT))
			command.at_clock = next;
		command.at_clock = max(command.at_clock, next);
		command.what = (control->what & ~timed) | ZCRING_CONTROL_AT;
	}
	return err ?: zcring_front_control(&engine->front, &command, mono_ns);
}

/* While a stream runs, the time follows from the samples taken. */
static enum zcring_time zcring_edu_get_tuning(void *dma, u64 mono_ns, struct zcring_tuning *tuning)
{
	const struct zcring_edu_engine *engine = dma;
	const struct zcring_stream *stream = engine->stream;

	zcring_front_get_tuning(&engine->front, mono_ns, ktime_get_real_ns(), tuning);
	if (stream->state != ZCRING_STATE_RUNNING)
		return engine->front.time_is_set ? ZCRING_TIME_RUNS : ZCRING_TIME_OF_DAY;
	tuning->time_ns = zcring_clock_time(&engine->front.clock, stream->telemetry.sample_clock);
	return ZCRING_TIME_STANDS;
}

static void zcring_edu_get_ranges(void *dma, struct zcring_ranges *ranges)
{
	const struct zcring_edu_engine *engine = dma;

	zcring_front_get_ranges(&engine->front, ranges);
	ranges->ring_bytes_max = engine->edu->ring_bytes_max;
}

/* Samples that fit into the card's buffer and are contiguous in the ring for the card. */
static u64 zcring_edu_block_samples(const struct zcring_edu_engine *engine)
{
	const struct zcring_stream *stream = engine->stream;
	u64 bytes = ZCRING_EDU_BUFFER_BYTES / stream->channels;
	u32 c;

	bytes -= bytes % stream->sample_bytes;
	for (c = 0; c < stream->channels; c++)
		bytes = zcring_dma_run(engine->edu->zdev, c, stream->head, bytes);
	return bytes / stream->sample_bytes;
}

/*
 * Samples of the next block; 0 if the stream has ended, or if the scene has so many gaps that the
 * search for a sample has to go on in another step. Samples that are missing in the scene are lost
 * at once.
 */
static u64 zcring_edu_next_samples(struct zcring_edu_engine *engine)
{
	struct zcring_front *front = &engine->front;
	struct zcring_effort *effort = &front->antenna.effort;
	u64 until = zcring_effort_cost(effort) + ZCRING_STEP_SAMPLES;
	enum zcring_presence presence;
	u64 run;

	while (true) {
		zcring_front_apply_due(front);
		if (!zcring_front_may_change(front, until))
			return 0;
		run = zcring_front_until_command(front, ~0ULL);
		run = zcring_front_until_change(front, run, &presence);
		if (presence == ZCRING_PRESENT) {
			run = min(run, zcring_edu_block_samples(engine));
			return min(run, zcring_antenna_affordable(&front->antenna,
								  engine->stream->channels,
								  ZCRING_STEP_SAMPLES));
		}
		if (presence == ZCRING_ENDED)
			break;
		zcring_stream_lose(engine->stream, run);
		effort->changes++;
		cond_resched();
	}
	zcring_stream_stop(engine->stream);
	return 0;
}

/* Whether no block was begun yet, and another call has to go on. */
static bool zcring_edu_begin_block(struct zcring_edu_engine *engine)
{
	struct zcring_stream *stream = engine->stream;
	struct zcring_front *front = &engine->front;
	u64 bytes;
	u32 c;

	engine->samples = zcring_edu_next_samples(engine);
	engine->fits = min(engine->samples, zcring_stream_room(stream));
	if (stream->state != ZCRING_STATE_RUNNING)
		return false;
	if (!engine->samples) {
		zcring_stream_account(stream);
		return true;
	}
	engine->burst = (struct zcring_burst){ .samples = engine->fits };
	zcring_front_describe_burst(front, &engine->burst);
	bytes = engine->samples * stream->sample_bytes;
	for (c = 0; c < stream->channels; c++)
		engine->burst.clipped_samples +=
			zcring_antenna_receive(&front->antenna, c, stream->telemetry.sample_clock,
					       engine->edu->page + c * bytes, engine->fits);
	engine->leg = ZCRING_EDU_FILL;
	zcring_edu_copy_in(engine->edu, engine->edu->page_dma, ZCRING_EDU_BUFFER,
			   stream->channels * bytes);
	return false;
}

static void zcring_edu_drain(struct zcring_edu_engine *engine, u32 channel)
{
	const struct zcring_stream *stream = engine->stream;
	u64 from = ZCRING_EDU_BUFFER + channel * engine->samples * stream->sample_bytes;
	u64 bytes = engine->fits * stream->sample_bytes;
	dma_addr_t to = zcring_dma_give(engine->edu->zdev, channel, stream->head, bytes);

	zcring_edu_copy_out(engine->edu, from, to, bytes);
}

static void zcring_edu_end_block(struct zcring_edu_engine *engine, u64 interrupt_ns)
{
	struct zcring_stream *stream = engine->stream;

	engine->leg = ZCRING_EDU_IDLE;
	engine->burst.interrupt_ns = interrupt_ns;
	if (engine->fits)
		zcring_stream_publish(stream, &engine->burst);
	zcring_stream_lose(stream, engine->samples - engine->fits);
	zcring_stream_account(stream);
}

static void zcring_edu_end_leg(struct zcring_edu_engine *engine, u64 interrupt_ns)
{
	const struct zcring_stream *stream = engine->stream;
	u32 channels = engine->fits ? stream->channels : 0;

	if (engine->leg >= ZCRING_EDU_DRAIN)
		zcring_dma_take(engine->edu->zdev, engine->leg - ZCRING_EDU_DRAIN, stream->head,
				engine->fits * stream->sample_bytes);
	if (++engine->leg < ZCRING_EDU_DRAIN + channels)
		zcring_edu_drain(engine, engine->leg - ZCRING_EDU_DRAIN);
	else
		zcring_edu_end_block(engine, interrupt_ns);
}

/*
 * The interrupt may belong to the start, or to a leg whose end was waited for earlier: the
 * function therefore reads the card's register.
 */
static bool zcring_edu_progress(void *dma, u64 mono_ns, u64 interrupt_ns)
{
	struct zcring_edu_engine *engine = dma;

	if (engine->stream->state != ZCRING_STATE_RUNNING || mono_ns < engine->begin_ns)
		return false;
	if (engine->leg != ZCRING_EDU_IDLE) {
		if (zcring_edu_is_gone(engine->edu))
			zcring_dma_fail(engine->edu->zdev, ZCRING_EDU_CODE_GONE);
		if (!zcring_edu_has_ended(engine->edu))
			return false;
		zcring_edu_end_leg(engine, interrupt_ns);
	}
	if (engine->leg == ZCRING_EDU_IDLE && engine->stream->state == ZCRING_STATE_RUNNING)
		return zcring_edu_begin_block(engine);
	return false;
}

const struct zcring_dma_ops zcring_edu_dma_ops = {
	.owner = THIS_MODULE,
	.model = "QEMU edu card",
	.features = ZCRING_FEATURE_SIMULATED | ZCRING_FEATURE_TIMED,
	.time_source = ZCRING_TIME_SAMPLES,
	.watchdog_ns = ZCRING_EDU_WATCHDOG_NS,
	.has_interrupt = true,
	.alloc = zcring_edu_alloc,
	.free = zcring_edu_free,
	.check = zcring_edu_check,
	.configure = zcring_edu_configure,
	.set_scene = zcring_edu_set_scene,
	.start = zcring_edu_start,
	.stop = zcring_edu_stop,
	.suspend = zcring_edu_suspend,
	.resume = zcring_edu_resume,
	.control = zcring_edu_control,
	.progress = zcring_edu_progress,
	.get_tuning = zcring_edu_get_tuning,
	.get_ranges = zcring_edu_get_ranges,
};
