// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fake board (fake_board.h): the operations of its DMA engine, and waiting for the worker's
 * thread with a deadline.
 */
#include <linux/err.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "fake_board.h"

#define ZCRING_FAKE_POLL_US	1000
#define ZCRING_FAKE_PATIENCE_US (10 * USEC_PER_SEC)

static void *zcring_fake_alloc(struct zcring_device *zdev, void *data,
			       const struct zcring_config *config)
{
	struct zcring_fake_board *board = data;

	if (board->alloc_err)
		return ERR_PTR(board->alloc_err);
	board->allocs++;
	return board;
}

static void zcring_fake_free(void *dma)
{
	struct zcring_fake_board *board = dma;

	board->frees++;
}

static int zcring_fake_check(void *dma, const struct zcring_config *config)
{
	struct zcring_fake_board *board = dma;

	return board->check_err;
}

static void zcring_fake_configure(void *dma, const struct zcring_config *config)
{
	struct zcring_fake_board *board = dma;

	board->configured++;
}

static int zcring_fake_start(void *dma, const struct zcring_start *start, u64 mono_ns, u64 time_ns)
{
	struct zcring_fake_board *board = dma;

	return zcring_stream_start(zcring_dma_stream(board->zdev), start);
}

static void zcring_fake_stop(void *dma, u64 mono_ns)
{
	struct zcring_fake_board *board = dma;

	zcring_stream_stop(zcring_dma_stream(board->zdev));
}

static void zcring_fake_suspend(void *dma, u64 mono_ns)
{
	struct zcring_fake_board *board = dma;

	board->suspended++;
}

static int zcring_fake_resume(void *dma, u64 mono_ns)
{
	struct zcring_fake_board *board = dma;

	board->resumed++;
	return board->resume_err;
}

static void zcring_fake_get_ranges(void *dma, struct zcring_ranges *ranges)
{
	ranges->channels_max = ZCRING_FAKE_CHANNELS;
}

static bool zcring_fake_progress(void *dma, u64 mono_ns, u64 interrupt_ns)
{
	struct zcring_fake_board *board = dma;
	struct zcring_stream *stream = zcring_dma_stream(board->zdev);
	struct zcring_burst burst = { .interrupt_ns = interrupt_ns };
	u32 c;

	burst.samples = min(board->samples, zcring_stream_room(stream));
	for (c = 0; burst.samples && c < stream->channels; c++)
		zcring_fake_bus_write(board, c, burst.samples);
	if (burst.samples)
		zcring_stream_publish(stream, &burst);
	zcring_stream_lose(stream, board->samples - burst.samples);
	zcring_stream_account(stream);
	board->samples = 0;
	if (board->fail_code)
		zcring_dma_fail(board->zdev, board->fail_code);
	board->interrupt_ns = interrupt_ns;
	WRITE_ONCE(board->turns, board->turns + 1);
	wake_up(&board->turned);
	if (!board->more)
		return false;
	board->more--;
	return true;
}

static enum zcring_time zcring_fake_get_tuning(void *dma, u64 mono_ns, struct zcring_tuning *tuning)
{
	tuning->rate_num = ZCRING_FAKE_RATE_HZ;
	return ZCRING_TIME_OF_DAY;
}

static const struct zcring_dma_ops zcring_fake_dma_ops = {
	.owner = THIS_MODULE,
	.model = "zcring fake board",
	.time_source = ZCRING_TIME_BOARD,
	.has_interrupt = true,
	.alloc = zcring_fake_alloc,
	.free = zcring_fake_free,
	.check = zcring_fake_check,
	.configure = zcring_fake_configure,
	.start = zcring_fake_start,
	.stop = zcring_fake_stop,
	.suspend = zcring_fake_suspend,
	.resume = zcring_fake_resume,
	.progress = zcring_fake_progress,
	.get_tuning = zcring_fake_get_tuning,
	.get_ranges = zcring_fake_get_ranges,
};

static int zcring_fake_board_register_ops(struct zcring_fake_board *board, struct device *dev,
					  const struct zcring_dma_ops *ops)
{
	struct zcring_device *zdev = zcring_board_register(ops, dev, board);

	if (IS_ERR(zdev))
		return PTR_ERR(zdev);
	board->zdev = zdev;
	return 0;
}

int zcring_fake_board_register(struct zcring_fake_board *board, struct device *dev)
{
	return zcring_fake_board_register_ops(board, dev, &zcring_fake_dma_ops);
}

int zcring_fake_board_register_watched(struct zcring_fake_board *board, u64 watchdog_ns)
{
	board->watched_ops = zcring_fake_dma_ops;
	board->watched_ops.watchdog_ns = watchdog_ns;
	return zcring_fake_board_register_ops(board, NULL, &board->watched_ops);
}

bool zcring_fake_board_has_failed(struct zcring_fake_board *board)
{
	const struct zcring_stream *stream = &board->zdev->stream;

	return wait_event_timeout(board->zdev->wait, READ_ONCE(stream->state) == ZCRING_STATE_FAULT,
				  usecs_to_jiffies(ZCRING_FAKE_PATIENCE_US));
}

void zcring_fake_board_unregister(struct zcring_fake_board *board)
{
	if (!board->zdev)
		return;
	zcring_board_unregister(board->zdev);
	zcring_board_put(board->zdev);
	board->zdev = NULL;
}

static int zcring_fake_board_init(struct kunit_resource *resource, void *context)
{
	struct zcring_fake_board *board = kzalloc(sizeof(*board), GFP_KERNEL);

	if (!board)
		return -ENOMEM;
	init_waitqueue_head(&board->turned);
	resource->data = board;
	return 0;
}

static void zcring_fake_board_free(struct kunit_resource *resource)
{
	zcring_fake_board_unregister(resource->data);
	kfree(resource->data);
}

struct zcring_fake_board *zcring_fake_board_new(struct kunit *test)
{
	struct zcring_fake_board *board = kunit_alloc_resource(
		test, zcring_fake_board_init, zcring_fake_board_free, GFP_KERNEL, NULL);

	KUNIT_ASSERT_NOT_NULL(test, board);
	return board;
}

struct zcring_fake_board *zcring_fake_board_registered(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_new(test);

	KUNIT_ASSERT_EQ(test, zcring_fake_board_register(board, NULL), 0);
	return board;
}

int zcring_fake_board_start(struct zcring_fake_board *board, u64 delay_ns, u64 samples)
{
	const struct zcring_start start = { .delay_ns = delay_ns };
	int err;

	mutex_lock(&board->zdev->lock);
	board->samples = samples;
	err = zcring_device_start(board->zdev, &start);
	mutex_unlock(&board->zdev->lock);
	return err;
}

static bool zcring_fake_board_is_due(struct zcring_fake_board *board)
{
	return atomic64_read(&board->zdev->worker.fired_ns);
}

static bool zcring_fake_board_sleeps(struct zcring_fake_board *board)
{
	if (zcring_fake_board_is_due(board))
		return false;
	/* The thread stops waiting before it takes fired_ns, and waits again after its turn. */
	smp_rmb();
	return rcuwait_active(&board->zdev->worker.kick);
}

static bool zcring_fake_board_noticed(struct zcring_fake_board *board)
{
	return !zcring_fake_board_is_due(board) || !rcuwait_active(&board->zdev->worker.kick);
}

bool zcring_fake_board_is_idle(struct zcring_fake_board *board)
{
	bool sleeps;

	return !read_poll_timeout(zcring_fake_board_sleeps, sleeps, sleeps, ZCRING_FAKE_POLL_US,
				  ZCRING_FAKE_PATIENCE_US, false, board);
}

bool zcring_fake_board_has_turned(struct zcring_fake_board *board, unsigned int turns)
{
	return wait_event_timeout(board->turned, READ_ONCE(board->turns) >= turns,
				  usecs_to_jiffies(ZCRING_FAKE_PATIENCE_US)) &&
	       zcring_fake_board_is_idle(board) && board->turns == turns;
}

bool zcring_fake_board_interrupt(struct zcring_fake_board *board)
{
	bool noticed;

	zcring_dma_interrupt(board->zdev);
	return !read_poll_timeout(zcring_fake_board_noticed, noticed, noticed, ZCRING_FAKE_POLL_US,
				  ZCRING_FAKE_PATIENCE_US, false, board);
}

bool zcring_fake_board_deliver(struct zcring_fake_board *board, u64 samples)
{
	unsigned int turns;

	mutex_lock(&board->zdev->lock);
	board->samples = samples;
	turns = board->turns;
	mutex_unlock(&board->zdev->lock);
	zcring_dma_interrupt(board->zdev);
	return zcring_fake_board_has_turned(board, turns + 1);
}
