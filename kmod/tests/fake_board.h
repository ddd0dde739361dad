/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the suites for KUnit share: the driver brought up and taken down, and a board whose
 * hardware is the test: it has an interrupt, and a bus with holes in its addresses.
 */
#ifndef ZCRING_FAKE_BOARD_H
#define ZCRING_FAKE_BOARD_H

#include <kunit/test.h>
#include <linux/wait.h>

#include "../zcring.h"

#define ZCRING_FAKE_CHANNELS   2
#define ZCRING_FAKE_RING_BYTES 65536 /* 16 pages of 1024 samples */

/* As many pages follow each other on the bus before one address is left out. */
#define ZCRING_FAKE_RUN_PAGES 4

/**
 * struct zcring_fake_board - a board, and what was asked of it
 * @zdev: its device, while it is plugged
 * @alloc_err: what zcring_dma_ops.alloc fails with, or 0
 * @allocs: calls of zcring_dma_ops.alloc that did not fail
 * @frees: calls of zcring_dma_ops.free
 * @configured: calls of zcring_dma_ops.configure
 * @turns: calls of zcring_dma_ops.progress
 * @interrupt_ns: of the last of them
 * @samples: what the next of them finds to be delivered
 * @more: how many of them say that they are not done
 * @turned: woken by each
 *
 * The device's lock protects it while there is one.
 */
struct zcring_fake_board {
	struct zcring_device *zdev;
	int alloc_err;
	unsigned int allocs;
	unsigned int frees;
	unsigned int configured;
	unsigned int turns;
	u64 interrupt_ns;
	u64 samples;
	unsigned int more;
	wait_queue_head_t turned;
};

/*
 * For kunit_suite.suite_init and suite_exit: the driver is up between them, with one
 * simulated device, and boards get rings as above, of SC16. (main_test.c)
 */
int zcring_test_up(struct kunit_suite *suite);
void zcring_test_down(struct kunit_suite *suite);

/* A board that is not plugged; it goes, and its device with it, when the test ends. */
struct zcring_fake_board *zcring_fake_board_new(struct kunit *test);

/* 0, or what zcring_board_register() says; @dev as there. */
int zcring_fake_board_plug(struct zcring_fake_board *board, struct device *dev);

/* All of it: for a board that is not plugged it does nothing. */
void zcring_fake_board_unplug(struct zcring_fake_board *board);

/* A new board, plugged. */
struct zcring_fake_board *zcring_fake_board_plugged(struct kunit *test);

/* Puts the ring on the fake bus; the test is skipped where the kernel has a real one. */
void zcring_fake_bus_map(struct kunit *test, struct zcring_fake_board *board);

/* The address of a byte of @channel's first page. */
static inline dma_addr_t zcring_fake_bus_base(u32 channel)
{
	return (channel + 1ULL) << 32;
}

/* As a board would write them: run by run, at the addresses that the driver says. */
void zcring_fake_bus_write(struct zcring_fake_board *board, u32 channel, u64 samples);

/* A stream whose first sample comes @delay_ns from now, with @samples there by then. */
int zcring_fake_board_start(struct zcring_fake_board *board, u64 delay_ns, u64 samples);

/* Whether the thread sleeps with nothing left to do, or does so soon. */
bool zcring_fake_board_is_idle(struct zcring_fake_board *board);

/* Whether the thread has called progress @turns times in all, or does so soon. */
bool zcring_fake_board_has_turned(struct zcring_fake_board *board, unsigned int turns);

/* Interrupts, and waits until the thread has seen that, which wants the lock then. */
bool zcring_fake_board_interrupt(struct zcring_fake_board *board);

/* Has @samples delivered by an interrupt; false if nobody came for them. */
bool zcring_fake_board_deliver(struct zcring_fake_board *board, u64 samples);

/* Whether @samples in the rings, from @index on, are those from @sample_clock on. */
bool zcring_fake_bus_wrote(const struct zcring_fake_board *board, u64 index, u64 sample_clock,
			   u64 samples);

#endif /* ZCRING_FAKE_BOARD_H */
