/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between ring and ABI on one side and whatever fills the ring on the other.
 *
 * A board driver supplies these operations in place of the simulated ones (sim.c). It puts
 * samples into the stream's memory and tells the books (engine/stream.h); files, mappings,
 * sleep and sysfs need nothing else from it.
 */
#ifndef ZCRING_DMA_H
#define ZCRING_DMA_H

#include "engine/mishap.h"
#include "engine/stream.h"

/**
 * struct zcring_dma_ops - a DMA engine
 * @model: for people, in struct zcring_info
 * @features: ZCRING_FEATURE_SIMULATED and ZCRING_FEATURE_TIMED where they apply
 * @create: takes a stream whose memory is set up, and a valid configuration; returns what
 *          the other operations get as @dma, or an ERR_PTR()
 * @destroy: undoes @create; the stream does not run
 * @configure: takes another valid configuration, and the stream's new geometry
 * @set_scene: puts a valid scene on the air; @samples stay until the next scene. NULL
 *             where there is no antenna
 * @start: starts the stream with its first sample at @mono_ns (CLOCK_MONOTONIC) and the
 *         delay of @start. @time_ns is the time of day at @mono_ns, unless the device's was
 *         set or @start has its own
 * @stop: ends the stream; does nothing where none runs
 * @control: tunes; checks all of @control
 * @progress: accounts for all that the hardware did until @mono_ns. Called once an
 *            interval while the stream runs, from a thread that may sleep, for an interrupt
 *            that came at @interrupt_ns
 * @get_tuning: fills all of @tuning
 * @inject: has something go wrong from @mono_ns on; -EINVAL while no stream runs, -ERANGE for
 *          an amount out of range. NULL for a real board: its mishaps come by themselves
 *
 * All are called with the device's lock held, so never two at a time, and may sleep.
 */
struct zcring_dma_ops {
	const char *model;
	u32 features;
	void *(*create)(struct zcring_stream *stream, const struct zcring_config *config);
	void (*destroy)(void *dma);
	void (*configure)(void *dma, const struct zcring_config *config);
	void (*set_scene)(void *dma, const struct zcring_scene *scene, const void *samples);
	int (*start)(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns);
	void (*stop)(void *dma, u64 mono_ns);
	int (*control)(void *dma, const struct zcring_control *control, u64 mono_ns);
	void (*progress)(void *dma, u64 mono_ns, u64 interrupt_ns);
	void (*get_tuning)(void *dma, u64 mono_ns, struct zcring_tuning *tuning);
	int (*inject)(void *dma, enum zcring_mishap kind, s64 amount, u64 mono_ns);
};

extern const struct zcring_dma_ops zcring_sim_dma_ops;

#endif /* ZCRING_DMA_H */
