/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the KUnit suites: loading and unloading the driver, and a fake board, whose hardware is
 * the test itself: it has an interrupt, and a bus with holes in its addresses.
 */
#ifndef ZCRING_FAKE_BOARD_H
#define ZCRING_FAKE_BOARD_H

#include <kunit/test.h>
#include <linux/wait.h>

#include "../zcring.h"

#define ZCRING_FAKE_CHANNELS   2
#define ZCRING_FAKE_RING_BYTES 65536 /* 16 pages of 1024 samples */
#define ZCRING_FAKE_RATE_HZ    1000000

/* Number of pages that are contiguous on the bus before each hole of one page. */
#define ZCRING_FAKE_RUN_PAGES	4
#define ZCRING_FAKE_PIECE_PAGES 2

/**
 * struct zcring_fake_board - a board, and the calls it got
 * @zdev: its device, while it is registered
 * @check_err: error of zcring_dma_ops.check, or 0
 * @resume_err: error of zcring_dma_ops.resume, or 0
 * @fail_code: the next call of progress fails the stream with this code; 0: it does not
 * @suspended: calls of zcring_dma_ops.suspend
 * @resumed: calls of zcring_dma_ops.resume
 * @alloc_err: error of zcring_dma_ops.alloc, or 0
 * @allocs: calls of zcring_dma_ops.alloc that succeeded
 * @frees: calls of zcring_dma_ops.free
 * @configured: calls of zcring_dma_ops.configure
 * @turns: calls of zcring_dma_ops.progress
 * @interrupt_ns: argument of the last of them
 * @samples: number of samples that the next of them delivers
 * @more: how many of them return true
 * @turned: woken by each of them
 * @watched_ops: the operations of a board with a watchdog
 *
 * The device's lock protects the struct while there is a device.
 */
struct zcring_fake_board {
	struct zcring_device *zdev;
	int check_err;
	int resume_err;
	u32 fail_code;
	unsigned int suspended;
	unsigned int resumed;
	int alloc_err;
	unsigned int allocs;
	unsigned int frees;
	unsigned int configured;
	unsigned int turns;
	u64 interrupt_ns;
	u64 samples;
	unsigned int more;
	wait_queue_head_t turned;
	struct zcring_dma_ops watched_ops;
};

/*
 * For kunit_suite.suite_init and suite_exit: the driver is loaded between them, with one simulated
 * device; rings have the geometry above, in SC16. (main_test.c)
 */
int zcring_test_up(struct kunit_suite *suite);
void zcring_test_down(struct kunit_suite *suite);

/* Between them: the simulated device, zcring0, which lives as long as the driver is loaded. */
struct zcring_device *zcring_test_simulated(struct kunit *test);

/* A board that is not registered; it is freed with its device when the test ends. */
struct zcring_fake_board *zcring_fake_board_new(struct kunit *test);

/* Registers the board: 0, or the error of zcring_board_register(); @dev as there. */
int zcring_fake_board_register(struct zcring_fake_board *board, struct device *dev);

/* Unregisters and puts; does nothing for a board that is not registered. */
void zcring_fake_board_unregister(struct zcring_fake_board *board);

/* A new, registered board. */
struct zcring_fake_board *zcring_fake_board_registered(struct kunit *test);

/* Maps the ring on the fake bus; skips the test on a kernel with a real bus. */
void zcring_fake_bus_map(struct kunit *test, struct zcring_fake_board *board);

/* The bus address of the first byte of @channel. */
static inline dma_addr_t zcring_fake_bus_base(u32 channel)
{
	return (channel + 1ULL) << 32;
}

/* Writes samples as a board would: run by run, at the bus addresses from the driver. */
void zcring_fake_bus_write(struct zcring_fake_board *board, u32 channel, u64 samples);

/* The same for a board that has to make progress within @watchdog_ns. */
int zcring_fake_board_register_watched(struct zcring_fake_board *board, u64 watchdog_ns);

/* Waits until the stream has ended by a fault; false after a deadline. */
bool zcring_fake_board_has_failed(struct zcring_fake_board *board);

/* Starts a stream whose first sample comes @delay_ns from now; its first turn delivers @samples. */
int zcring_fake_board_start(struct zcring_fake_board *board, u64 delay_ns, u64 samples);

/* Waits until the thread sleeps and nothing is due; false after a deadline. */
bool zcring_fake_board_is_idle(struct zcring_fake_board *board);

/* Waits until the thread has called progress @turns times in all; false after a deadline. */
bool zcring_fake_board_has_turned(struct zcring_fake_board *board, unsigned int turns);

/* Interrupts, and waits until the thread has noticed and needs the lock; false after a deadline. */
bool zcring_fake_board_interrupt(struct zcring_fake_board *board);

/* Delivers @samples by an interrupt; false if the thread did not take them before a deadline. */
bool zcring_fake_board_deliver(struct zcring_fake_board *board, u64 samples);

/* Whether the @samples samples from @index on are those from @sample_clock on, in all rings. */
bool zcring_fake_bus_wrote(const struct zcring_fake_board *board, u64 index, u64 sample_clock,
			   u64 samples);

#endif /* ZCRING_FAKE_BOARD_H */
