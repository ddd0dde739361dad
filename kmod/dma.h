/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface between ring and ABI on one side and the DMA engine that fills the ring on the
 * other.
 *
 * A board's driver supplies these operations instead of the simulated ones (sim.c), from a module
 * of its own (edu.c is an example). It puts samples into the memory of the stream and reports them
 * to the accounting (engine/stream.h). Files, mappings, sleeping and sysfs need nothing else from
 * it. A board without a clock of its own uses engine/clock.h, a board without an antenna
 * engine/front.h. docs/porting.md explains all steps.
 *
 * Life of a board's device: zcring_board_register() when the hardware is found,
 * zcring_board_unregister() when it goes, then the driver ends all DMA, then zcring_board_put().
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
 * enum zcring_time - how zcring_tuning.time_ns goes on until the next operation
 * @ZCRING_TIME_STANDS: does not change
 * @ZCRING_TIME_RUNS: advances with the clock of @mono_ns
 * @ZCRING_TIME_OF_DAY: the field is not used: the time is the machine's time of day
 */
enum zcring_time {
	ZCRING_TIME_STANDS,
	ZCRING_TIME_RUNS,
	ZCRING_TIME_OF_DAY,
};

/**
 * struct zcring_dma_ops - the operations of a DMA engine
 * @owner: the module that contains the operations; it stays loaded while a file is open
 * @model: name for people, in struct zcring_info
 * @features: ZCRING_FEATURE_SIMULATED and ZCRING_FEATURE_TIMED where they apply
 * @time_source: enum zcring_time_source: where the time of day of a sample comes from
 * @watchdog_ns: the longest time, at the slowest rate, in which a working DMA engine neither
 *               publishes nor loses a sample while a stream runs. After it, the stream ends by
 *               ZCRING_FAULT_HARDWARE with ZCRING_FAULT_CODE_WATCHDOG, and its readers wake. 0: no
 *               limit
 * @has_interrupt: the board calls zcring_dma_interrupt(); without it, a timer calls @progress once
 *                 an interval
 * @alloc: gets a device whose stream has its memory, the @board that was given to
 *         zcring_board_register(), and a valid configuration; returns the @dma of all other
 *         operations, or an ERR_PTR()
 * @free: undoes @alloc; the stream does not run
 * @check: whether the hardware can do a configuration that is valid for the ABI: 0, or -EOPNOTSUPP
 *         or -ERANGE, which user space gets. Asked before a new ring is allocated, so that a
 *         refusal leaves everything as it is, and before each start: the first configuration comes
 *         from the parameters of the module. NULL: the hardware can do all
 * @configure: gets another valid configuration, which @check has accepted; the stream has the new
 *             geometry already. When it returns, no DMA into the old ring is left
 * @set_scene: puts a valid scene on the air, also while a stream runs; @content, its segments and
 *             samples, stays in place until the next scene. 0, or an error that user space gets,
 *             with the scene before still on the air: -ERANGE if a running stream cannot receive
 *             the scene at its rate, -EBUSY from hardware that takes no scene then, -EOPNOTSUPP
 *             for a kind of scene. NULL for a DMA engine without an antenna
 * @get_feed: tells how far the live feed on the air is. NULL if @set_scene takes no feed
 * @start: starts the stream; its first sample is taken at @mono_ns (CLOCK_BOOTTIME) plus the
 *         delay of @start. @time_ns is the time of day at @mono_ns, unless the time of the device
 *         was set or @start has a time. Returns -EAGAIN, with nothing started, where
 *         zcring_stream_start() does: other callers then get the lock, and @start is called again
 * @stop: ends the stream, if one runs. When it returns, no DMA is left
 * @suspend: the machine goes to sleep at @mono_ns: ends all DMA; a stream may run or not. NULL if
 *           there is nothing to do
 * @resume: the machine has woken up at @mono_ns, and the board's driver has resumed the board:
 *          counts as lost what a running stream missed, and prepares the hardware to go on;
 *          @progress is called next. After an error, a running stream ends by
 *          ZCRING_FAULT_HARDWARE. NULL for hardware that cannot go on
 * @control: tunes; checks every field of @control
 * @progress: accounts for everything that the hardware did until @mono_ns. Called while the stream
 *            runs, by a thread that may sleep, for an interrupt at @interrupt_ns: each interrupt
 *            of the timer, or else one for the start, when its delay is over, and then the
 *            board's. Several interrupts may be merged into one call, with the time of the first
 *            of them, and a call may come late. Returns false when it is done. Returns true if it
 *            is not done but has held the lock for some milliseconds: other callers then get the
 *            lock, and @progress is called again with the same times while a stream runs; that may
 *            be another stream, which began after @mono_ns. Hardware that needs no work of the
 *            processor returns false
 * @get_tuning: fills all of @tuning, which is zero, and returns how its time goes on. Called after
 *              every operation that may have changed it; readers get a copy, without the lock
 * @get_ranges: changes what differs from the ranges of the ABI, with which @ranges is filled. NULL:
 *              nothing
 * @inject: injects a fault from @mono_ns on; -EINVAL while no stream runs, -ERANGE for an amount
 *          out of range. NULL for a real board, which has real faults
 *
 * All operations are called with the device's lock held, hence one at a time. They may sleep, but
 * only briefly: calls that map, observe or close the device, or unregister the board, wait for the
 * lock uninterruptibly. A stream may also end by a fault (ZCRING_STATE_FAULT), without @stop,
 * while DMA goes on. Once the board is unregistered, only @set_scene, @stop and @free are called,
 * and they must not access the hardware.
 */
struct zcring_dma_ops {
	struct module *owner;
	const char *model;
	u32 features;
	u32 time_source;
	u64 watchdog_ns;
	bool has_interrupt;
	void *(*alloc)(struct zcring_device *zdev, void *board, const struct zcring_config *config);
	void (*free)(void *dma);
	int (*check)(void *dma, const struct zcring_config *config);
	void (*configure)(void *dma, const struct zcring_config *config);
	int (*set_scene)(void *dma, const struct zcring_scene *scene, const void *content);
	void (*get_feed)(void *dma, struct zcring_feed *feed);
	int (*start)(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns);
	void (*stop)(void *dma, u64 mono_ns);
	void (*suspend)(void *dma, u64 mono_ns);
	int (*resume)(void *dma, u64 mono_ns);
	int (*control)(void *dma, const struct zcring_control *control, u64 mono_ns);
	bool (*progress)(void *dma, u64 mono_ns, u64 interrupt_ns);
	enum zcring_time (*get_tuning)(void *dma, u64 mono_ns, struct zcring_tuning *tuning);
	void (*get_ranges)(void *dma, struct zcring_ranges *ranges);
	int (*inject)(void *dma, enum zcring_injection kind, s64 amount, u64 mono_ns);
};

extern const struct zcring_dma_ops zcring_sim_dma_ops;

/*
 * Registers a device for a board that was found. @dev does the DMA; its DMA mask is set. After an
 * error, which is returned as an ERR_PTR(), no device is left.
 */
struct zcring_device *zcring_board_register(const struct zcring_dma_ops *ops, struct device *dev,
					    void *board);

/*
 * Removes a board, in two steps. zcring_board_unregister(), which may be called after the hardware
 * is gone, ends the stream for good; no operation accesses the hardware afterwards. Then the
 * driver makes sure that no DMA is left and no interrupt comes any more. Then zcring_board_put()
 * unmaps the ring from @dev. The device itself lives on, without the driver, while files are open.
 */
void zcring_board_unregister(struct zcring_device *zdev);
void zcring_board_put(struct zcring_device *zdev);

/*
 * The functions below are for the operations of a board. The memory of a sample belongs either to
 * the hardware or to the processor; memory that was given to the hardware must be taken back
 * before its samples are published.
 */

/* The accounting; it lives as long as @zdev. */
struct zcring_stream *zcring_dma_stream(struct zcring_device *zdev);

/*
 * Number of bytes, at most @bytes, of a channel's ring from the sample @index on that are
 * contiguous for the hardware. Behind an IOMMU that is all up to the end of the ring: hardware
 * whose transfers are limited asks for no more @bytes than one of its transfers has.
 */
u64 zcring_dma_run(const struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/* Gives such a contiguous run to the hardware; returns its bus address. */
dma_addr_t zcring_dma_give(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/* Takes the run back: the processor then sees the samples that the hardware has written. */
void zcring_dma_take(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes);

/*
 * For the board's interrupt handler: lets the worker call @progress. Never sleeps and takes no lock
 * that sleeps, on a kernel with PREEMPT_RT either.
 */
void zcring_dma_interrupt(struct zcring_device *zdev);

/*
 * Ends the stream that runs by ZCRING_FAULT_HARDWARE with @code: ZCRING_FAULT_CODE_BOARD plus a
 * number of the board's own, which its driver describes. For every context, an interrupt handler
 * included. The stream has ended when @progress returns, or soon after a call from elsewhere; DMA
 * may go on, as after other faults. Of several calls, the first one counts. Does nothing while no
 * stream runs.
 */
void zcring_dma_fail(struct zcring_device *zdev, u32 code);

#endif /* ZCRING_DMA_H */
