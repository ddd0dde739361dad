// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated hardware of a machine that sleeps: what is due meanwhile is lost in one gap, and
 * ends with its scene.
 *
 * The tests call the operations of zcring0 with times of their own. The device's lock, which they
 * hold from the start to the stop of a stream, keeps the worker out.
 */
#include "../engine/front.h"
#include "fake_board.h"

#define ZCRING_SLEEP_TEST_US  1000 /* what a sample takes, in nanoseconds */
#define ZCRING_SLEEP_TEST_UHZ 100000000000000LL

static struct zcring_device *zcring_sleep_test_device;

static int zcring_sleep_test_init(struct kunit *test)
{
	zcring_sleep_test_device = zcring_test_simulated(test);
	return 0;
}

/* Returns with the lock held, and the time of the first sample. */
static u64 zcring_sleep_test_start(struct kunit *test, const struct zcring_scene *scene,
				   const void *content)
{
	const struct zcring_start start = {};
	struct zcring_device *zdev = zcring_sleep_test_device;
	const struct zcring_front *front = zdev->dma;

	mutex_lock(&zdev->lock);
	KUNIT_EXPECT_EQ(test, zdev->ops->set_scene(zdev->dma, scene, content), 0);
	KUNIT_EXPECT_EQ(test, zcring_device_start(zdev, &start), 0);
	return front->clock.epoch_mono_ns;
}

/* Without the content of the scene, which ends with the test. */
static void zcring_sleep_test_stop(struct kunit *test)
{
	const struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE,
					   .freq_uhz = ZCRING_SLEEP_TEST_UHZ };
	struct zcring_device *zdev = zcring_sleep_test_device;

	zcring_device_stop(zdev);
	KUNIT_EXPECT_EQ(test, zdev->ops->set_scene(zdev->dma, &tone, NULL), 0);
	mutex_unlock(&zdev->lock);
}

/* Sleeps from the sample @from to the sample @until of a stream that began at @epoch_ns. */
static void zcring_sleep_test_sleep(u64 epoch_ns, u64 from, u64 until)
{
	struct zcring_device *zdev = zcring_sleep_test_device;

	zdev->ops->suspend(zdev->dma, epoch_ns + from * ZCRING_SLEEP_TEST_US);
	zdev->ops->resume(zdev->dma, epoch_ns + until * ZCRING_SLEEP_TEST_US);
}

static void zcring_sleep_test_loses_what_is_due_in_one_gap(struct kunit *test)
{
	const struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE,
					   .freq_uhz = ZCRING_SLEEP_TEST_UHZ };
	const struct zcring_stream *stream = &zcring_sleep_test_device->stream;
	const struct zcring_telemetry *t = &stream->telemetry;
	u64 epoch_ns = zcring_sleep_test_start(test, &tone, NULL);

	zcring_sleep_test_sleep(epoch_ns, 100, 5000000);
	KUNIT_EXPECT_EQ(test, stream->state, (u32)ZCRING_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, stream->head, 100ULL);
	KUNIT_EXPECT_EQ(test, t->sample_clock, 5000000ULL);
	KUNIT_EXPECT_EQ(test, t->lost_samples, 4999900ULL);
	KUNIT_EXPECT_EQ(test, t->overflow_count, 1ULL);
	zcring_sleep_test_stop(test);
}

static void zcring_sleep_test_ends_with_a_recording(struct kunit *test)
{
	const struct zcring_scene once = { .kind = ZCRING_SCENE_MEMORY,
					   .format = ZCRING_FORMAT_SC16,
					   .flags = ZCRING_SCENE_ONCE,
					   .samples = 600,
					   .rate_num = 1000000,
					   .rate_den = 1,
					   .freq_uhz = ZCRING_SLEEP_TEST_UHZ };
	const struct zcring_stream *stream = &zcring_sleep_test_device->stream;
	void *recording = kunit_kzalloc(test, 600 * 4, GFP_KERNEL);
	u64 epoch_ns;

	KUNIT_ASSERT_NOT_NULL(test, recording);
	epoch_ns = zcring_sleep_test_start(test, &once, recording);
	zcring_sleep_test_sleep(epoch_ns, 100, 400);
	KUNIT_EXPECT_EQ(test, stream->state, (u32)ZCRING_STATE_RUNNING);
	zcring_sleep_test_sleep(epoch_ns, 400, 1000);
	KUNIT_EXPECT_EQ(test, stream->state, (u32)ZCRING_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, stream->telemetry.lost_samples, 500ULL);
	zcring_sleep_test_stop(test);
}

static struct zcring_feed_ring *zcring_sleep_test_feed(struct kunit *test)
{
	struct zcring_feed_ring *feed = kunit_kzalloc(test, sizeof(*feed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, feed);
	feed->samples = ZCRING_FEED_SAMPLES_MIN;
	feed->channels = 1;
	feed->sample_bytes = 4;
	feed->written = kunit_kzalloc(test, sizeof(*feed->written), GFP_KERNEL);
	feed->taken = kunit_kzalloc(test, sizeof(*feed->taken), GFP_KERNEL);
	feed->data[0] = kunit_kzalloc(test, ZCRING_FEED_SAMPLES_MIN * 4, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, feed->written);
	KUNIT_ASSERT_NOT_NULL(test, feed->taken);
	KUNIT_ASSERT_NOT_NULL(test, feed->data[0]);
	zcring_feed_init(feed);
	return feed;
}

static void zcring_sleep_test_passes_a_feed(struct kunit *test)
{
	const struct zcring_scene live = { .kind = ZCRING_SCENE_FEED,
					   .format = ZCRING_FORMAT_SC16,
					   .channels = 1,
					   .rate_num = 1000000,
					   .rate_den = 1,
					   .freq_uhz = ZCRING_SLEEP_TEST_UHZ };
	const struct zcring_stream *stream = &zcring_sleep_test_device->stream;
	const struct zcring_telemetry *t = &stream->telemetry;
	struct zcring_feed_ring *feed = zcring_sleep_test_feed(test);
	u64 epoch_ns;

	epoch_ns = zcring_sleep_test_start(test, &live, feed);
	zcring_feed_commit(feed, 300);
	zcring_sleep_test_sleep(epoch_ns, 100, 1000);
	KUNIT_EXPECT_EQ(test, stream->state, (u32)ZCRING_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, t->lost_samples, 900ULL);
	KUNIT_EXPECT_EQ(test, t->feed_underflow_samples, 700ULL);
	KUNIT_EXPECT_EQ(test, t->feed_underflow_count, 1ULL);
	KUNIT_EXPECT_EQ(test, zcring_feed_late(feed), 700ULL);
	zcring_feed_commit(feed, 800);
	zcring_feed_end(feed);
	zcring_sleep_test_sleep(epoch_ns, 1000, 2000);
	KUNIT_EXPECT_EQ(test, stream->state, (u32)ZCRING_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, t->sample_clock, 1100ULL);
	zcring_sleep_test_stop(test);
}

static struct kunit_case zcring_sleep_test_cases[] = {
	KUNIT_CASE(zcring_sleep_test_loses_what_is_due_in_one_gap),
	KUNIT_CASE(zcring_sleep_test_ends_with_a_recording),
	KUNIT_CASE(zcring_sleep_test_passes_a_feed),
	{}
};

static struct kunit_suite zcring_sleep_test_suite = {
	.name = "zcring_sleep",
	.suite_init = zcring_test_up,
	.suite_exit = zcring_test_down,
	.init = zcring_sleep_test_init,
	.test_cases = zcring_sleep_test_cases,
};

kunit_test_suite(zcring_sleep_test_suite);
