// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated DMA engine: the engine's front end (engine/front.h) as operations of dma.h.
 *
 * Each call first takes the samples that are due, as far as one step goes, so that "now" means the
 * time of the call, not the last burst.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "dma.h"
#include "engine/front.h"

static void *zcring_sim_alloc(struct zcring_device *zdev, void *board,
			      const struct zcring_config *config)
{
	struct zcring_front *front = kvzalloc(sizeof(*front), GFP_KERNEL);

	if (!front)
		return ERR_PTR(-ENOMEM);
	zcring_front_init(front, zcring_dma_stream(zdev), config);
	return front;
}

static void zcring_sim_free(void *dma)
{
	kvfree(dma);
}

static void zcring_sim_configure(void *dma, const struct zcring_config *config)
{
	zcring_front_configure(dma, config);
}

/* A running stream delivers with the scene before what is due by now, as far as one step goes. */
static int zcring_sim_set_scene(void *dma, const struct zcring_scene *scene, const void *content)
{
	u64 mono_ns = ktime_get_boottime_ns();

	zcring_front_run(dma, mono_ns, mono_ns);
	return zcring_front_set_scene(dma, scene, content, NULL);
}

static void zcring_sim_get_feed(void *dma, struct zcring_feed *feed)
{
	zcring_front_get_feed(dma, feed);
}

static int zcring_sim_start(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns)
{
	return zcring_front_start(dma, start, mono_ns, time_ns);
}

static bool zcring_sim_progress(void *dma, u64 mono_ns, u64 interrupt_ns)
{
	return zcring_front_run(dma, mono_ns, interrupt_ns);
}

/* Delivers the samples due until now, not only until the last burst, if one step suffices. */
static void zcring_sim_stop(void *dma, u64 mono_ns)
{
	zcring_front_stop(dma, mono_ns);
}

static void zcring_sim_suspend(void *dma, u64 mono_ns)
{
	zcring_sim_progress(dma, mono_ns, mono_ns);
}

static int zcring_sim_resume(void *dma, u64 mono_ns)
{
	zcring_front_skip(dma, mono_ns);
	return 0;
}

/* "Now" is the time of the call, even if more samples are due than this step takes. */
static int zcring_sim_control(void *dma, const struct zcring_control *control, u64 mono_ns)
{
	zcring_sim_progress(dma, mono_ns, mono_ns);
	return zcring_front_control(dma, control, mono_ns);
}

static enum zcring_time zcring_sim_get_tuning(void *dma, u64 mono_ns, struct zcring_tuning *tuning)
{
	const struct zcring_front *front = dma;

	zcring_front_get_tuning(front, mono_ns, ktime_get_real_ns(), tuning);
	if (front->stream->state == ZCRING_STATE_RUNNING || front->time_is_set)
		return ZCRING_TIME_RUNS;
	return ZCRING_TIME_OF_DAY;
}

static void zcring_sim_get_ranges(void *dma, struct zcring_ranges *ranges)
{
	zcring_front_get_ranges(dma, ranges);
}

static int zcring_sim_inject(void *dma, enum zcring_injection kind, s64 amount, u64 mono_ns)
{
	zcring_sim_progress(dma, mono_ns, mono_ns);
	return zcring_front_inject(dma, kind, amount, mono_ns);
}

const struct zcring_dma_ops zcring_sim_dma_ops = {
	.owner = THIS_MODULE,
	.model = "zcring simulated front end",
	.features = ZCRING_FEATURE_SIMULATED | ZCRING_FEATURE_TIMED,
	.time_source = ZCRING_TIME_HOST,
	.alloc = zcring_sim_alloc,
	.free = zcring_sim_free,
	.configure = zcring_sim_configure,
	.set_scene = zcring_sim_set_scene,
	.get_feed = zcring_sim_get_feed,
	.start = zcring_sim_start,
	.stop = zcring_sim_stop,
	.suspend = zcring_sim_suspend,
	.resume = zcring_sim_resume,
	.control = zcring_sim_control,
	.progress = zcring_sim_progress,
	.get_tuning = zcring_sim_get_tuning,
	.get_ranges = zcring_sim_get_ranges,
	.inject = zcring_sim_inject,
};
