/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between ring and ABI on one side and whatever fills the ring on the other.
 *
 * A board driver supplies these operations in place of the simulated ones (sim.c), from a
 * module of its own (edu.c is one). It puts samples into the stream's memory and tells the
 * accounting (engine/stream.h); files, mappings, sleep and sysfs need nothing else from it.
 * docs/porting.md walks through it.
 */
#ifndef ZCRING_DMA_H
#define ZCRING_DMA_H

#include <linux/types.h>

#include "engine/injection.h"
#include "engine/stream.h"

struct device;
struct module;
struct zcring_device;

/**
 * struct zcring_dma_ops - a DMA engine
 * @owner: the module that they are in, which stays while a file is open
 * @model: for people, in struct zcring_info
 * @features: ZCRING_FEATURE_SIMULATED and ZCRING_FEATURE_TIMED where they apply
 * @has_interrupt: the board calls zcring_dma_interrupt(); else a timer takes its place,
 *                 once an interval
 * @alloc: takes a device whose stream has its memory, what zcring_board_register() was given
 *          as @board, and a valid configuration; returns what the other operations get as
 *          @dma, or an ERR_PTR()
 * @free: undoes @alloc; the stream does not run
 * @configure: takes another valid configuration, and the stream's new geometry. When it
 *             returns, no DMA goes into the ring that was there before
 * @set_scene: puts a valid scene on the air; @samples stay until the next scene. NULL
 *             where there is no antenna
 * @start: starts the stream with its first sample at @mono_ns (CLOCK_MONOTONIC) and the
 *         delay of @start. @time_ns is the time of day at @mono_ns, unless the device's was
 *         set or @start has its own
 * @stop: ends the stream, where one runs. When it returns, no DMA goes on
 * @control: tunes; checks all of @control
 * @progress: accounts for all that the hardware did until @mono_ns. Called while the stream
 *            runs, from a thread that may sleep, for an interrupt that came at @interrupt_ns:
 *            the timer's, or else once for the start, when its delay is over, and then for
 *            the board's own. Several may have become one, and one may come late. Returns
 *            false; or true where it is not done and has had the lock for some milliseconds:
 *            then others get it, and this is called again, with the same times, while a
 *            stream runs; that may be another one by then, which began after @mono_ns. Where
 *            the hardware moves the samples, there is always no more to do
 * @get_tuning: fills all of @tuning
 * @inject: has something go wrong from @mono_ns on; -EINVAL while no stream runs, -ERANGE for
 *          an amount out of range. NULL for a real board: its injected faults come by themselves
 *
 * All are called with the device's lock held, so never two at a time, and may sleep; but not
 * for long: whoever maps, looks, closes or pulls the board waits meanwhile, unkillably. A
 * stream may also end by itself (ZCRING_STATE_FAULT), without @stop, while DMA goes on.
 * Once the board is unplugged, only @set_scene, @stop and @free are called, and find no
 * hardware.
 */
struct zcring_dma_ops {
	struct module *owner;
	const char *model;
	u32 features;
	bool has_interrupt;
	void *(*alloc)(struct zcring_device *zdev, void *board, const struct zcring_config *config);
	void (*free)(void *dma);
	void (*configure)(void *dma, const struct zcring_config *config);
	void (*set_scene)(void *dma, const struct zcring_scene *scene, const void *samples);
	int (*start)(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns);
	void (*stop)(void *dma, u64 mono_ns);
	int (*control)(void *dma, const struct zcring_control *control, u64 mono_ns);
	bool (*progress)(void *dma, u64 mono_ns, u64 interrupt_ns);
	void (*get_tuning)(void *dma, u64 mono_ns, struct zcring_tuning *tuning);
	int (*inject)(void *dma, enum zcring_injection kind, s64 amount, u64 mono_ns);
};

extern const struct zcring_dma_ops zcring_sim_dma_ops;

/*
 * What a board's module calls when it finds its hardware, and when that goes. @dev does the
 * DMA; its mask is set. An ERR_PTR() if there is no device to be had: nothing is left then.
 */
struct zcring_device *zcring_board_register(const struct zcring_dma_ops *ops, struct device *dev,
					void *board);

/*
 * In two steps. After the first, which may be called with the hardware gone already, the
 * stream has ended for good, and no operation goes near the hardware. Then the driver sees to
 * it that no DMA goes on and no interrupt comes any more; and then the second has the ring
 * unmapped from @dev. The device itself lives on while files are open, without the driver.
 */
void zcring_board_unregister(struct zcring_device *zdev);
void zcring_board_put(struct zcring_device *zdev);

/*
 * What the operations of a board work on. The memory of one sample belongs to either the
 * hardware or the processor; what is given to the hardware has to be taken back before it is
 * published.
 */

/* The accounting; as long as @zdev. */
struct zcring_stream *zcring_dma_stream(struct zcring_device *zdev);

/*
 * How many bytes of a channel's ring, from the sample @index on and up to @bytes, the
 * hardware sees in a row.
 */
u64 zcring_dma_run(const struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/* Gives such a run to the hardware; returns its address there. */
dma_addr_t zcring_dma_give(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/* Takes it back: the processor sees what the hardware has written. */
void zcring_dma_take(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/* In the board's interrupt handler: has the progress called. Takes no lock, never sleeps. */
void zcring_dma_interrupt(struct zcring_device *zdev);

#endif /* ZCRING_DMA_H */
