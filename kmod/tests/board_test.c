// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a board: registered, refused, unregistered while a stream runs.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iopoll.h>
#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "fake_board.h"

#define ZCRING_BOARD_TEST_NUMBERS     15 /* 16, and one device is simulated */
#define ZCRING_BOARD_TEST_POLL_US     1000
#define ZCRING_BOARD_TEST_PATIENCE_US (10 * USEC_PER_SEC)

static bool zcring_board_test_is_visible(const char *name)
{
	struct device *dev = class_find_device_by_name(&zcring_class, name);

	put_device(dev);
	return dev;
}

static void zcring_board_test_gets_a_number_after_the_simulated_devices(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	const struct zcring_device *zdev = board->zdev;

	KUNIT_EXPECT_STREQ(test, dev_name(&zdev->dev), "zcring1");
	KUNIT_EXPECT_TRUE(test, zcring_board_test_is_visible("zcring1"));
	KUNIT_EXPECT_EQ(test, board->allocs, 1U);
	KUNIT_EXPECT_PTR_EQ(test, zdev->dma, (void *)board);
	KUNIT_EXPECT_EQ(test, zdev->stream.ring_samples, 16384ULL);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->magic, ZCRING_MAGIC);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->state, (u32)ZCRING_STATE_STOPPED);
	zcring_fake_board_unregister(board);
	KUNIT_EXPECT_EQ(test, board->frees, 1U);
	KUNIT_EXPECT_FALSE(test, zcring_board_test_is_visible("zcring1"));
}

static void zcring_board_test_failed_alloc_leaves_nothing(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_new(test);

	board->alloc_err = -EIO;
	KUNIT_EXPECT_EQ(test, zcring_fake_board_register(board, NULL), -EIO);
	KUNIT_EXPECT_EQ(test, board->frees, 0U);
	KUNIT_EXPECT_FALSE(test, zcring_board_test_is_visible("zcring1"));
	board->alloc_err = 0;
	KUNIT_ASSERT_EQ(test, zcring_fake_board_register(board, NULL), 0);
	KUNIT_EXPECT_STREQ(test, dev_name(&board->zdev->dev), "zcring1");
}

/* A kernel without CONFIG_HAS_DMA fails every mapping. */
static void zcring_board_test_memory_that_cannot_be_mapped_is_an_error(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_new(test);
	struct device *dev;

	if (IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel can map memory");
	dev = __root_device_register("zcring-test", NULL); /* no module in sysfs yet */
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	KUNIT_EXPECT_EQ(test, zcring_fake_board_register(board, dev), -EIO);
	KUNIT_EXPECT_EQ(test, board->allocs, 0U);
	KUNIT_EXPECT_FALSE(test, zcring_board_test_is_visible("zcring1"));
	zcring_fake_board_unregister(board);
	root_device_unregister(dev);
}

static void zcring_board_test_is_refused_without_a_free_number(struct kunit *test)
{
	struct zcring_fake_board *boards[ZCRING_BOARD_TEST_NUMBERS];
	struct zcring_fake_board *late = zcring_fake_board_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(boards); i++)
		boards[i] = zcring_fake_board_registered(test);
	KUNIT_EXPECT_STREQ(test, dev_name(&boards[i - 1]->zdev->dev), "zcring15");
	KUNIT_EXPECT_EQ(test, zcring_fake_board_register(late, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, late->allocs, 0U);
	zcring_fake_board_unregister(boards[6]);
	KUNIT_ASSERT_EQ(test, zcring_fake_board_register(late, NULL), 0);
	KUNIT_EXPECT_STREQ(test, dev_name(&late->zdev->dev), "zcring7");
}

/* The number of a simulated device is reserved for it, even while the device is unplugged. */
static void zcring_board_test_takes_no_simulated_number(struct kunit *test)
{
	struct zcring_fake_board *board;

	KUNIT_ASSERT_EQ(test, zcring_table_unplug(0), 0);
	board = zcring_fake_board_registered(test);
	KUNIT_EXPECT_STREQ(test, dev_name(&board->zdev->dev), "zcring1");
	KUNIT_EXPECT_EQ(test, zcring_table_unplug(1), -EINVAL);
	KUNIT_EXPECT_EQ(test, zcring_table_plug(0), 0);
}

/* The extra reference stands for an open file. */
static void zcring_board_test_can_be_unregistered_while_running(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	struct zcring_device *zdev = board->zdev;
	struct zcring_fake_board *next;

	zcring_fake_bus_map(test, board);
	get_device(&zdev->dev);
	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 100));

	zcring_board_unregister(zdev);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->state, (u32)ZCRING_STATE_GONE);
	KUNIT_EXPECT_EQ(test, zcring_device_lock(zdev), -ENODEV);
	KUNIT_EXPECT_FALSE(test, zcring_board_test_is_visible("zcring1"));
	zcring_dma_interrupt(zdev); /* an interrupt may come until the driver frees it */
	zcring_board_put(zdev);
	board->zdev = NULL;
	KUNIT_EXPECT_EQ(test, board->turns, 2U);
	KUNIT_EXPECT_EQ(test, board->frees, 0U);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->head, 100ULL);
	KUNIT_EXPECT_NULL(test, zdev->ring->data[0].dma);

	next = zcring_fake_board_registered(test);
	KUNIT_EXPECT_STREQ(test, dev_name(&next->zdev->dev), "zcring1");
	KUNIT_EXPECT_PTR_NE(test, next->zdev, zdev);
	put_device(&zdev->dev);
	KUNIT_EXPECT_EQ(test, board->frees, 1U);
}

static void zcring_board_test_takes_another_geometry(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	struct zcring_device *zdev = board->zdev;
	struct zcring_config config = zdev->config;
	const unsigned long old_max = zcring_memory_bytes_max;

	config.ring_bytes = SZ_128K;
	/* The new ring of 1 MiB and two channels of 128 KiB, beside the present ones. */
	zcring_memory_bytes_max = zcring_account_bytes() + SZ_1M + 2 * SZ_128K - 1;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), -ENOMEM);
	KUNIT_EXPECT_EQ(test, board->configured, 0U);
	KUNIT_EXPECT_EQ(test, zdev->stream.ring_samples, 16384ULL);
	zcring_memory_bytes_max++;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), 0);
	zcring_memory_bytes_max = old_max;
	KUNIT_EXPECT_EQ(test, board->configured, 1U);
	KUNIT_EXPECT_EQ(test, zdev->stream.ring_samples, 32768ULL);
	KUNIT_EXPECT_PTR_EQ(test, (void *)zdev->stream.data[1], zdev->ring->data[1].address);
	KUNIT_EXPECT_EQ(test, zcring_ring_bytes(zdev->ring), (u64)SZ_1M + 2 * SZ_128K);

	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, NSEC_PER_SEC, 0), 0);
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), -EBUSY);
	KUNIT_EXPECT_EQ(test, board->configured, 1U);
}

/* The limit holds for all devices together, and memory that was given back is there for the others. */
static void zcring_board_test_devices_share_one_limit(struct kunit *test)
{
	struct zcring_device *first = zcring_fake_board_registered(test)->zdev;
	struct zcring_device *second = zcring_fake_board_registered(test)->zdev;
	const struct zcring_config small = first->config;
	struct zcring_config large = small;
	const unsigned long old_max = zcring_memory_bytes_max;
	const u64 before = zcring_account_bytes();

	large.ring_bytes = SZ_4M;
	zcring_memory_bytes_max = before + SZ_1M + 2 * SZ_4M;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(first, NULL, &large), 0);
	KUNIT_EXPECT_EQ(test, zcring_device_configure(second, NULL, &large), -ENOMEM);
	KUNIT_EXPECT_LE(test, zcring_account_bytes(), (u64)zcring_memory_bytes_max);
	KUNIT_EXPECT_EQ(test, zcring_device_configure(first, NULL, &small), 0);
	KUNIT_EXPECT_EQ(test, zcring_account_bytes(), before);
	KUNIT_EXPECT_EQ(test, zcring_device_configure(second, NULL, &large), 0);
	zcring_memory_bytes_max = old_max;
}

/* A call that took the lock would never return. */
static void zcring_board_test_readers_do_not_take_the_lock(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	struct zcring_device *zdev = board->zdev;
	struct zcring_telemetry telemetry;
	struct zcring_snapshot *now = kunit_kzalloc(test, sizeof(*now), GFP_KERNEL);
	struct zcring_tuning tuning;

	KUNIT_ASSERT_NOT_NULL(test, now);
	zcring_fake_bus_map(test, board);
	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 100));
	mutex_lock(&zdev->lock);
	zcring_store(&zdev->stream.consumer->tail, 60);
	KUNIT_EXPECT_EQ(test, zcring_snapshot_read(zdev, now), 0);
	KUNIT_EXPECT_EQ(test, zcring_snapshot_get_tuning(zdev, &tuning), 0);
	KUNIT_EXPECT_EQ(test, zcring_snapshot_get_telemetry(zdev, &telemetry), 0);
	mutex_unlock(&zdev->lock);
	KUNIT_EXPECT_EQ(test, now->state, (u32)ZCRING_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, now->config.rate_num, (u64)ZCRING_FAKE_RATE_HZ);
	KUNIT_EXPECT_EQ(test, now->ring_samples, 16384ULL);
	KUNIT_EXPECT_EQ(test, tuning.rate_num, (u64)ZCRING_FAKE_RATE_HZ);
	KUNIT_EXPECT_EQ(test, tuning.rate_den, 1ULL);
	KUNIT_EXPECT_NE(test, tuning.time_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, telemetry.produced_samples, 100ULL);
	KUNIT_EXPECT_EQ(test, telemetry.consumed_samples, 60ULL);
	KUNIT_EXPECT_EQ(test, telemetry.consumed_bytes, 480ULL);

	mutex_lock(&zdev->lock);
	zcring_store(&zdev->stream.consumer->tail, 101); /* past the head: not counted */
	KUNIT_EXPECT_EQ(test, zcring_snapshot_get_telemetry(zdev, &telemetry), 0);
	mutex_unlock(&zdev->lock);
	KUNIT_EXPECT_LE(test, telemetry.consumed_samples, 60ULL);
	zcring_store(&zdev->stream.consumer->tail, 100);
}

/* The second reference stands for an observer's mapping. */
static void zcring_board_test_an_orphan_is_revoked_for_another_ring(struct kunit *test)
{
	struct zcring_device *zdev = zcring_fake_board_registered(test)->zdev;
	struct zcring_ring *old = zdev->ring;
	struct zcring_config config = zdev->config;
	const unsigned long old_max = zcring_memory_bytes_max;
	const u64 before = zcring_account_bytes();

	zcring_ring_get(old);
	config.ring_bytes = SZ_128K;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), 0);
	KUNIT_EXPECT_PTR_NE(test, zdev->ring, old);
	KUNIT_EXPECT_EQ(test, zcring_account_bytes(), before + zcring_ring_bytes(zdev->ring));
	KUNIT_EXPECT_TRUE(test, zcring_ring_lock_pages(old));
	zcring_ring_unlock_pages(old);
	KUNIT_EXPECT_EQ(test, zcring_ring_bytes(old), (u64)SZ_1M + 2 * SZ_64K);

	zcring_memory_bytes_max = zcring_account_bytes();
	config.ring_bytes = SZ_64K;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), 0);
	zcring_memory_bytes_max = old_max;
	KUNIT_EXPECT_FALSE(test, zcring_ring_lock_pages(old));
	KUNIT_EXPECT_EQ(test, zcring_ring_bytes(old), 0ULL);
	KUNIT_EXPECT_EQ(test, zcring_account_bytes(), before);
	zcring_ring_put(old);
	KUNIT_EXPECT_EQ(test, zcring_account_bytes(), before);
}

static void zcring_board_test_has_no_antenna_and_no_fault_injection(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	const struct zcring_scene noise = { .kind = ZCRING_SCENE_NOISE };

	KUNIT_EXPECT_EQ(test, zcring_scene_set(board->zdev, NULL, &noise), -EOPNOTSUPP);
	KUNIT_EXPECT_NULL(test, board->zdev->debugfs);
}

struct zcring_board_test_holder {
	struct work_struct work;
	struct zcring_device *zdev;
	struct completion holds;
	int err;
};

/* Another call, which has the lock until somebody waits for it. */
static void zcring_board_test_hold_lock(struct work_struct *work)
{
	struct zcring_board_test_holder *holder =
		container_of(work, struct zcring_board_test_holder, work);
	struct mutex *lock = &holder->zdev->lock;
	bool is_alone;

	mutex_lock(lock);
	complete(&holder->holds);
	holder->err = read_poll_timeout(list_empty, is_alone, !is_alone, ZCRING_BOARD_TEST_POLL_US,
					ZCRING_BOARD_TEST_PATIENCE_US, false, &lock->wait_list);
	mutex_unlock(lock);
}

/* A file may be closed with a signal pending, and while another call has the lock. */
static void zcring_board_test_gives_a_ring_back_in_spite_of_a_signal(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	struct zcring_device *zdev = board->zdev;
	struct zcring_board_test_holder holder = { .zdev = zdev };
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	struct zcring_config config = zdev->config;
	struct zcring_file opened = { .zdev = zdev };

	KUNIT_ASSERT_NOT_NULL(test, file);
	file->private_data = &opened;
	config.ring_bytes = SZ_1M;
	KUNIT_ASSERT_EQ(test, zcring_device_configure(zdev, file, &config), 0);

	init_completion(&holder.holds);
	INIT_WORK_ONSTACK(&holder.work, zcring_board_test_hold_lock);
	schedule_work(&holder.work);
	wait_for_completion(&holder.holds);
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 0);
	mutex_lock(&zdev->io_lock);
	zcring_device_give_back_ring(zdev);
	mutex_unlock(&zdev->io_lock);
	flush_signals(current);
	disallow_signal(SIGUSR1);
	flush_work(&holder.work);
	destroy_work_on_stack(&holder.work);
	KUNIT_EXPECT_EQ(test, holder.err, 0);

	KUNIT_EXPECT_EQ(test, zdev->config.ring_bytes, zdev->default_config.ring_bytes);
	zcring_consumer_close(zdev, file);
}

static struct kunit_case zcring_board_test_cases[] = {
	KUNIT_CASE(zcring_board_test_gets_a_number_after_the_simulated_devices),
	KUNIT_CASE(zcring_board_test_failed_alloc_leaves_nothing),
	KUNIT_CASE(zcring_board_test_memory_that_cannot_be_mapped_is_an_error),
	KUNIT_CASE(zcring_board_test_is_refused_without_a_free_number),
	KUNIT_CASE(zcring_board_test_takes_no_simulated_number),
	KUNIT_CASE(zcring_board_test_can_be_unregistered_while_running),
	KUNIT_CASE(zcring_board_test_takes_another_geometry),
	KUNIT_CASE(zcring_board_test_gives_a_ring_back_in_spite_of_a_signal),
	KUNIT_CASE(zcring_board_test_devices_share_one_limit),
	KUNIT_CASE(zcring_board_test_readers_do_not_take_the_lock),
	KUNIT_CASE(zcring_board_test_an_orphan_is_revoked_for_another_ring),
	KUNIT_CASE(zcring_board_test_has_no_antenna_and_no_fault_injection),
	{}
};

static struct kunit_suite zcring_board_test_suite = {
	.name = "zcring_board",
	.suite_init = zcring_test_up,
	.suite_exit = zcring_test_down,
	.test_cases = zcring_board_test_cases,
};

kunit_test_suite(zcring_board_test_suite);
