// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The samples of a board: bus addresses, interrupts, the accounting of the stream, and its reader.
 */
#include <linux/ktime.h>

#include "../dma_map.h"
#include "fake_board.h"

#define ZCRING_DMA_TEST_DELAY_NS (500 * NSEC_PER_MSEC)

static struct zcring_fake_board *zcring_dma_test_board(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);

	zcring_fake_bus_map(test, board);
	return board;
}

/* A board whose stream runs; the turn for the start has ended. */
static struct zcring_fake_board *zcring_dma_test_running(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_board(test);

	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	return board;
}

static void zcring_dma_test_a_run_ends_where_the_bus_has_a_hole(struct kunit *test)
{
	const struct zcring_device *zdev = zcring_dma_test_board(test)->zdev;

	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 0, 65536), 16384ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 100, 65536), 15984ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 3 * 1024, 65536), 4096ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 1, 4 * 1024, 65536), 16384ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 1020, 32), 32ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 0, 4), 4ULL);
}

/* 16 pages and a hole after every fourth. */
static void zcring_dma_test_runs_are_counted(struct kunit *test)
{
	const struct zcring_device *zdev = zcring_dma_test_board(test)->zdev;

	KUNIT_EXPECT_EQ(test, zcring_dma_map_runs(zdev->ring->data[0].dma), 4ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_map_runs(zdev->ring->data[1].dma), 4ULL);
}

static void zcring_dma_test_a_run_ends_with_the_ring(struct kunit *test)
{
	const struct zcring_device *zdev = zcring_dma_test_board(test)->zdev;

	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 16384 - 10, 4096), 40ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 5 * 16384 - 1, 4096), 4ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_run(zdev, 0, 5 * 16384, 4096), 4096ULL);
}

static void zcring_dma_test_give_returns_the_bus_address(struct kunit *test)
{
	struct zcring_device *zdev = zcring_dma_test_board(test)->zdev;

	KUNIT_EXPECT_EQ(test, zcring_dma_give(zdev, 0, 0, 4), 0x100000000ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_give(zdev, 0, 1027, 4), 0x10000100cULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_give(zdev, 0, 4096, 16384), 0x100005000ULL);
	KUNIT_EXPECT_EQ(test, zcring_dma_give(zdev, 1, 16384 * 3ULL + 9000, 4), 0x20000aca0ULL);
}

static void zcring_dma_test_an_interrupt_delivers_samples(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	const struct zcring_stream *stream = zcring_dma_stream(board->zdev);
	u64 before_ns = ktime_get_boottime_ns();

	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 5000));
	KUNIT_EXPECT_GE(test, board->interrupt_ns, before_ns);
	KUNIT_EXPECT_LE(test, board->interrupt_ns, ktime_get_boottime_ns());
	KUNIT_EXPECT_EQ(test, stream->meta->head, 5000ULL);
	KUNIT_EXPECT_EQ(test, stream->meta->burst_head, 1ULL);
	KUNIT_EXPECT_EQ(test, stream->meta->telemetry.produced_bytes, 40000ULL);
	KUNIT_EXPECT_EQ(test, stream->bursts[0].samples, 5000ULL);
	KUNIT_EXPECT_EQ(test, stream->bursts[0].flags, ZCRING_BURST_START);
	KUNIT_EXPECT_EQ(test, stream->bursts[0].interrupt_ns, board->interrupt_ns);
	KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, 0, 0, 5000));
}

static void zcring_dma_test_crosses_the_end_of_the_ring(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	struct zcring_stream *stream = zcring_dma_stream(board->zdev);
	u64 head, next;

	for (head = 0; head < 49007; head = next) {
		next = head + 7001;
		KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 7001));
		KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, head, head, 7001));
		zcring_store(&stream->consumer->tail, next);
	}
	KUNIT_EXPECT_EQ(test, stream->meta->head, 49007ULL);
	KUNIT_EXPECT_EQ(test, stream->meta->telemetry.lost_samples, 0ULL);
}

static void zcring_dma_test_loses_samples_that_do_not_fit(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	struct zcring_stream *stream = zcring_dma_stream(board->zdev);

	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 16000));
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 1000));
	KUNIT_EXPECT_EQ(test, stream->meta->head, 16384ULL);
	KUNIT_EXPECT_EQ(test, stream->meta->telemetry.lost_samples, 616ULL);
	KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, 0, 0, 16384));
	zcring_store(&stream->consumer->tail, 10);
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 10));
	KUNIT_EXPECT_EQ(test, stream->bursts[2].flags, ZCRING_BURST_GAP);
	KUNIT_EXPECT_EQ(test, stream->bursts[2].lost, 616ULL);
	KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, 16384, 17000, 10));
	KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, 10, 10, 16374));
}

static void zcring_dma_test_an_invalid_tail_ends_the_stream(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	struct zcring_stream *stream = zcring_dma_stream(board->zdev);

	zcring_store(&stream->consumer->tail, 1);
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 100));
	KUNIT_EXPECT_EQ(test, stream->meta->state, (u32)ZCRING_STATE_FAULT);
	KUNIT_EXPECT_EQ(test, stream->meta->fault, (u32)ZCRING_FAULT_TAIL_PAST_HEAD);
	KUNIT_EXPECT_EQ(test, stream->meta->head, 0ULL);
}

/* The turn for the start comes after the delay, while a reader sleeps. */
static void zcring_dma_test_samples_wake_the_reader(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_board(test);
	struct zcring_device *zdev = board->zdev;
	u64 before_ns = ktime_get_boottime_ns();
	long left;

	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, ZCRING_DMA_TEST_DELAY_NS, 1), 0);
	KUNIT_EXPECT_FALSE(test, zcring_stream_readable(&zdev->stream));
	left = wait_event_interruptible_timeout(zdev->wait, zcring_stream_readable(&zdev->stream),
						10 * HZ);
	KUNIT_EXPECT_GT(test, left, 1L); /* 1: readable after the timeout, but never woken */
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	KUNIT_EXPECT_GE(test, board->interrupt_ns, before_ns + ZCRING_DMA_TEST_DELAY_NS);
}

static void zcring_dma_test_a_new_stream_ignores_old_interrupts(struct kunit *test)
{
	const struct zcring_start later = { .delay_ns = 3600 * NSEC_PER_SEC };
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	struct zcring_device *zdev = board->zdev;
	u64 before_ns;
	bool seen;
	int err;

	mutex_lock(&zdev->lock);
	seen = zcring_fake_board_interrupt(board);
	zcring_device_stop(zdev);
	err = zcring_device_start(zdev, &later);
	mutex_unlock(&zdev->lock);
	KUNIT_EXPECT_TRUE(test, seen);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 1U);
	before_ns = ktime_get_boottime_ns();
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 1));
	KUNIT_EXPECT_GE(test, board->interrupt_ns, before_ns);
}

static void zcring_dma_test_a_stopped_stream_gets_no_turn(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);

	mutex_lock(&board->zdev->lock);
	zcring_device_stop(board->zdev);
	mutex_unlock(&board->zdev->lock);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_interrupt(board));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 1U);
}

/* The turn goes on without another interrupt, with the time of the first one. */
static void zcring_dma_test_a_turn_goes_on_until_it_is_done(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	u64 interrupt_ns;

	mutex_lock(&board->zdev->lock);
	board->more = 2;
	mutex_unlock(&board->zdev->lock);
	zcring_dma_interrupt(board->zdev);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 4));
	interrupt_ns = board->zdev->worker.turn_ns;
	KUNIT_EXPECT_EQ(test, board->interrupt_ns, interrupt_ns);
}

/* The thread is late, as it waits for the lock; a clock with coarse steps must advance meanwhile. */
static void zcring_dma_test_merged_interrupts_count_from_the_first(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	u64 before_ns, after_ns;
	unsigned int i;
	bool seen;

	mutex_lock(&board->zdev->lock);
	before_ns = ktime_get_boottime_ns();
	seen = zcring_fake_board_interrupt(board);
	after_ns = ktime_get_boottime_ns();
	while (ktime_get_boottime_ns() == after_ns)
		cpu_relax();
	for (i = 0; i < 3; i++)
		zcring_dma_interrupt(board->zdev);
	mutex_unlock(&board->zdev->lock);
	KUNIT_EXPECT_TRUE(test, seen);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 2U);
	KUNIT_EXPECT_GE(test, board->interrupt_ns, before_ns);
	KUNIT_EXPECT_LE(test, board->interrupt_ns, after_ns);
}

static void zcring_dma_test_a_turn_ends_with_its_stream(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_dma_test_running(test);
	unsigned int turns;

	mutex_lock(&board->zdev->lock);
	board->more = UINT_MAX;
	mutex_unlock(&board->zdev->lock);
	zcring_dma_interrupt(board->zdev);
	KUNIT_EXPECT_TRUE(test,
			  wait_event_timeout(board->turned, READ_ONCE(board->turns) > 100, 10 * HZ));
	mutex_lock(&board->zdev->lock); /* the turn drops the lock between its steps */
	zcring_device_stop(board->zdev);
	turns = board->turns;
	mutex_unlock(&board->zdev->lock);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, turns);
}

static struct kunit_case zcring_dma_test_cases[] = {
	KUNIT_CASE(zcring_dma_test_a_run_ends_where_the_bus_has_a_hole),
	KUNIT_CASE(zcring_dma_test_runs_are_counted),
	KUNIT_CASE(zcring_dma_test_a_run_ends_with_the_ring),
	KUNIT_CASE(zcring_dma_test_give_returns_the_bus_address),
	KUNIT_CASE(zcring_dma_test_an_interrupt_delivers_samples),
	KUNIT_CASE(zcring_dma_test_crosses_the_end_of_the_ring),
	KUNIT_CASE(zcring_dma_test_loses_samples_that_do_not_fit),
	KUNIT_CASE(zcring_dma_test_an_invalid_tail_ends_the_stream),
	KUNIT_CASE(zcring_dma_test_samples_wake_the_reader),
	KUNIT_CASE(zcring_dma_test_a_new_stream_ignores_old_interrupts),
	KUNIT_CASE(zcring_dma_test_a_stopped_stream_gets_no_turn),
	KUNIT_CASE(zcring_dma_test_a_turn_goes_on_until_it_is_done),
	KUNIT_CASE(zcring_dma_test_merged_interrupts_count_from_the_first),
	KUNIT_CASE(zcring_dma_test_a_turn_ends_with_its_stream),
	{}
};

static struct kunit_suite zcring_dma_test_suite = {
	.name = "zcring_dma",
	.suite_init = zcring_test_up,
	.suite_exit = zcring_test_down,
	.test_cases = zcring_dma_test_cases,
};

kunit_test_suite(zcring_dma_test_suite);
