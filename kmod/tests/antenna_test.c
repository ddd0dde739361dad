// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The antenna of zcring0: its one feeder, what it leaves behind, and who waits for room.
 *
 * The files are not open: the tests call what the operations of the node call.
 */
#include <linux/fs.h>
#include <linux/wait.h>

#include "fake_board.h"

static struct file *zcring_antenna_test_file(struct kunit *test)
{
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	file->private_data = zcring_test_simulated(test);
	return file;
}

static const struct zcring_scene zcring_antenna_test_noise = { .kind = ZCRING_SCENE_NOISE };
static const struct zcring_scene zcring_antenna_test_live = { .kind = ZCRING_SCENE_FEED,
							      .format = ZCRING_FORMAT_SC16,
							      .channels = 1,
							      .samples = 1,
							      .rate_num = 1000000,
							      .rate_den = 1 };

static void zcring_antenna_test_has_one_feeder(struct kunit *test)
{
	const struct zcring_scene *noise = &zcring_antenna_test_noise;
	struct zcring_device *zdev = zcring_test_simulated(test);
	struct file *first = zcring_antenna_test_file(test);
	struct file *second = zcring_antenna_test_file(test);

	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, first, noise), 0);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, second, noise), -EBUSY);
	KUNIT_EXPECT_EQ(test, zcring_live_end(second), -EBUSY);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, NULL, noise), -EBUSY);
	zcring_feeder_close(zdev, second);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, first, noise), 0);
	zcring_feeder_close(zdev, first);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, second, noise), 0);
	zcring_feeder_close(zdev, second);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, NULL, noise), 0);
}

static void zcring_antenna_test_a_feed_goes_with_its_feeder(struct kunit *test)
{
	struct zcring_device *zdev = zcring_test_simulated(test);
	struct file *feeder = zcring_antenna_test_file(test);
	const u64 before = zcring_account_bytes();

	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, feeder, &zcring_antenna_test_live), 0);
	KUNIT_EXPECT_EQ(test, zdev->antenna.scene.kind, (u32)ZCRING_SCENE_FEED);
	KUNIT_EXPECT_GE(test, zcring_account_bytes() - before, (u64)PAGE_SIZE);
	zcring_feeder_close(zdev, feeder);
	KUNIT_EXPECT_EQ(test, zdev->antenna.scene.kind, zdev->antenna.default_scene.kind);
	KUNIT_EXPECT_EQ(test, zcring_account_bytes(), before);
}

struct zcring_antenna_test_waiter {
	struct wait_queue_entry entry;
	unsigned int woken;
};

static int zcring_antenna_test_wake(struct wait_queue_entry *entry, unsigned int mode, int flags,
				    void *key)
{
	container_of(entry, struct zcring_antenna_test_waiter, entry)->woken++;
	return 0;
}

/* The consumer keeps the feed; no stream runs, so that nothing makes room. */
static void zcring_antenna_test_the_end_of_its_feeder_wakes_who_waits_for_room(struct kunit *test)
{
	struct zcring_device *zdev = zcring_test_simulated(test);
	struct file *consumer = zcring_antenna_test_file(test);
	struct file *feeder = zcring_antenna_test_file(test);
	struct zcring_file opened = { .zdev = zdev };
	struct zcring_antenna_test_waiter waiter = {};
	struct zcring_feed_until until = {};
	struct zcring_feed feed = {};

	consumer->private_data = &opened;
	KUNIT_ASSERT_EQ(test, zcring_consumer_lock_io(zdev, consumer), 0);
	mutex_unlock(&zdev->io_lock);
	KUNIT_EXPECT_EQ(test, zcring_scene_set(zdev, feeder, &zcring_antenna_test_live), 0);
	KUNIT_EXPECT_TRUE(test, zcring_live_may_wake(zdev));
	mutex_lock(&zdev->lock);
	zdev->ops->get_feed(zdev->dma, &feed);
	mutex_unlock(&zdev->lock);
	until.index = feed.buffer_samples;
	KUNIT_EXPECT_EQ(test, zcring_live_until(feeder, &until), 0);
	KUNIT_EXPECT_FALSE(test, zcring_live_may_wake(zdev));

	init_waitqueue_func_entry(&waiter.entry, zcring_antenna_test_wake);
	add_wait_queue(&zdev->antenna.wait, &waiter.entry);
	zcring_feeder_close(zdev, feeder);
	remove_wait_queue(&zdev->antenna.wait, &waiter.entry);
	KUNIT_EXPECT_GT(test, waiter.woken, 0U);
	KUNIT_EXPECT_TRUE(test, zcring_live_may_wake(zdev));
	zcring_consumer_close(zdev, consumer);
}

static struct kunit_case zcring_antenna_test_cases[] = {
	KUNIT_CASE(zcring_antenna_test_has_one_feeder),
	KUNIT_CASE(zcring_antenna_test_a_feed_goes_with_its_feeder),
	KUNIT_CASE(zcring_antenna_test_the_end_of_its_feeder_wakes_who_waits_for_room),
	{}
};

static struct kunit_suite zcring_antenna_test_suite = {
	.name = "zcring_antenna",
	.suite_init = zcring_test_up,
	.suite_exit = zcring_test_down,
	.test_cases = zcring_antenna_test_cases,
};

kunit_test_suite(zcring_antenna_test_suite);
