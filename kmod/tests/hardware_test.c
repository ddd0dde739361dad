// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the hardware of a board may do: refuse a configuration, fail, make no progress, sleep, and
 * not come back.
 */
#include <linux/ktime.h>
#include <linux/sizes.h>

#include "fake_board.h"

#define ZCRING_HARDWARE_TEST_CODE     (ZCRING_FAULT_CODE_BOARD + 5)
#define ZCRING_HARDWARE_TEST_LATER_NS (3600 * NSEC_PER_SEC)

/* A board whose stream runs; the turn for the start has ended. */
static struct zcring_fake_board *zcring_hardware_test_running(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);

	zcring_fake_bus_map(test, board);
	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	return board;
}

static void zcring_hardware_test_expect_failed(struct kunit *test, struct zcring_fake_board *board,
					       u32 code)
{
	const struct zcring_meta *meta = board->zdev->stream.meta;

	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_failed(board));
	KUNIT_EXPECT_EQ(test, meta->state, (u32)ZCRING_STATE_FAULT);
	KUNIT_EXPECT_EQ(test, meta->fault, (u32)ZCRING_FAULT_HARDWARE);
	KUNIT_EXPECT_EQ(test, meta->fault_code, code);
}

static void zcring_hardware_test_refuses_a_configuration(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);
	struct zcring_device *zdev = board->zdev;
	struct zcring_config config = zdev->config;

	KUNIT_ASSERT_TRUE(test, zcring_fake_board_deliver(board, 100));
	mutex_lock(&zdev->lock);
	zcring_device_stop(zdev);
	mutex_unlock(&zdev->lock);
	board->check_err = -ERANGE;
	config.ring_bytes = SZ_128K;
	config.channels = 1;
	KUNIT_EXPECT_EQ(test, zcring_device_configure(zdev, NULL, &config), -ERANGE);
	KUNIT_EXPECT_EQ(test, board->configured, 0U);
	KUNIT_EXPECT_EQ(test, zdev->config.channels, (u32)ZCRING_FAKE_CHANNELS);
	KUNIT_EXPECT_EQ(test, zdev->stream.ring_samples, 16384ULL);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->head, 100ULL);
	KUNIT_EXPECT_TRUE(test, zcring_fake_bus_wrote(board, 0, 0, 100));
	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, 0, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->head, 100ULL);
	board->check_err = 0;
	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
}

static void zcring_hardware_test_has_ranges(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);
	const struct zcring_ranges *ranges = &board->zdev->snapshot.ranges;

	KUNIT_EXPECT_EQ(test, ranges->channels_max, (u32)ZCRING_FAKE_CHANNELS);
	KUNIT_EXPECT_EQ(test, ranges->commands_max, 0U);
	KUNIT_EXPECT_EQ(test, ranges->ring_bytes_max, ZCRING_RING_BYTES_MAX);
	KUNIT_EXPECT_EQ(test, ranges->rate_max_num, ZCRING_RATE_HZ_MAX);
}

/* The samples of the call that fails are delivered. */
static void zcring_hardware_test_fails_in_progress(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);

	board->fail_code = ZCRING_HARDWARE_TEST_CODE;
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 100));
	zcring_hardware_test_expect_failed(test, board, ZCRING_HARDWARE_TEST_CODE);
	KUNIT_EXPECT_EQ(test, board->zdev->stream.meta->head, 100ULL);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_interrupt(board));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 2U);
}

static void zcring_hardware_test_fails_at_any_time(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);

	zcring_dma_fail(board->zdev, ZCRING_HARDWARE_TEST_CODE);
	zcring_dma_fail(board->zdev, ZCRING_HARDWARE_TEST_CODE + 1); /* the first one counts */
	zcring_hardware_test_expect_failed(test, board, ZCRING_HARDWARE_TEST_CODE);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
}

static void zcring_hardware_test_a_new_stream_ignores_old_failures(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);
	struct zcring_device *zdev = board->zdev;

	mutex_lock(&zdev->lock);
	zcring_device_stop(zdev);
	zcring_dma_fail(zdev, ZCRING_HARDWARE_TEST_CODE);
	mutex_unlock(&zdev->lock);
	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 2));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 100));
	KUNIT_EXPECT_EQ(test, zdev->stream.meta->state, (u32)ZCRING_STATE_RUNNING);
}

static struct zcring_fake_board *zcring_hardware_test_watched(struct kunit *test, u64 watchdog_ns)
{
	struct zcring_fake_board *board = zcring_fake_board_new(test);

	KUNIT_ASSERT_EQ(test, zcring_fake_board_register_watched(board, watchdog_ns), 0);
	zcring_fake_bus_map(test, board);
	return board;
}

/* An interrupt alone is no progress. */
static void zcring_hardware_test_without_progress_the_stream_ends(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_watched(test, 50 * NSEC_PER_MSEC);

	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	zcring_dma_interrupt(board->zdev);
	zcring_hardware_test_expect_failed(test, board, ZCRING_FAULT_CODE_WATCHDOG);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&board->zdev->worker.watchdog));
	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, board->zdev->stream.meta->fault_code, 0U);
	zcring_hardware_test_expect_failed(test, board, ZCRING_FAULT_CODE_WATCHDOG);
}

/* Progress, and only progress, gives the hardware the whole time again; the delay does not count. */
static void zcring_hardware_test_progress_rearms_the_watchdog(struct kunit *test)
{
	struct zcring_fake_board *board =
		zcring_hardware_test_watched(test, ZCRING_HARDWARE_TEST_LATER_NS);
	struct hrtimer *watchdog = &board->zdev->worker.watchdog;
	ktime_t armed;

	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
	KUNIT_ASSERT_TRUE(test, zcring_fake_board_has_turned(board, 1));
	armed = hrtimer_get_expires(watchdog);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 0));
	KUNIT_EXPECT_EQ(test, hrtimer_get_expires(watchdog), armed);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 1));
	KUNIT_EXPECT_GT(test, hrtimer_get_expires(watchdog), armed);
	mutex_lock(&board->zdev->lock);
	zcring_device_stop(board->zdev);
	mutex_unlock(&board->zdev->lock);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(watchdog));
	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, ZCRING_HARDWARE_TEST_LATER_NS, 0), 0);
	KUNIT_EXPECT_GT(test, ktime_to_ns(hrtimer_get_remaining(watchdog)),
			(s64)(ZCRING_HARDWARE_TEST_LATER_NS + ZCRING_HARDWARE_TEST_LATER_NS / 2));
}

/* While the board sleeps, interrupts cause no turn; the wake-up causes one. */
static void zcring_hardware_test_gets_no_turn_while_asleep(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);

	zcring_power_suspend(board->zdev);
	KUNIT_EXPECT_EQ(test, board->suspended, 1U);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_interrupt(board));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 1U);
	board->samples = 10;
	zcring_power_resume(board->zdev);
	KUNIT_EXPECT_EQ(test, board->resumed, 1U);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_has_turned(board, 2));
	KUNIT_EXPECT_EQ(test, board->zdev->stream.meta->head, 10ULL);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_deliver(board, 10));
}

/* A failure that comes while the board sleeps ends the stream after the wake-up. */
static void zcring_hardware_test_fails_while_asleep(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);

	zcring_power_suspend(board->zdev);
	zcring_dma_fail(board->zdev, ZCRING_HARDWARE_TEST_CODE);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_interrupt(board));
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->zdev->stream.meta->state, (u32)ZCRING_STATE_RUNNING);
	zcring_power_resume(board->zdev);
	zcring_hardware_test_expect_failed(test, board, ZCRING_HARDWARE_TEST_CODE);
}

static void zcring_hardware_test_may_not_come_back(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_hardware_test_running(test);

	board->resume_err = -EIO;
	zcring_power_suspend(board->zdev);
	zcring_power_resume(board->zdev);
	zcring_hardware_test_expect_failed(test, board, ZCRING_FAULT_CODE_NOT_RESUMED);
	KUNIT_EXPECT_EQ(test, board->turns, 1U);
	KUNIT_EXPECT_EQ(test, zcring_fake_board_start(board, 0, 0), 0);
}

/* Without a stream, nothing starts and nothing fails. */
static void zcring_hardware_test_sleeps_without_a_stream(struct kunit *test)
{
	struct zcring_fake_board *board = zcring_fake_board_registered(test);

	board->resume_err = -EIO;
	zcring_power_suspend(board->zdev);
	zcring_power_resume(board->zdev);
	KUNIT_EXPECT_EQ(test, board->zdev->stream.meta->state, (u32)ZCRING_STATE_STOPPED);
	KUNIT_EXPECT_TRUE(test, zcring_fake_board_is_idle(board));
	KUNIT_EXPECT_EQ(test, board->turns, 0U);
}

/* A start that is delayed beyond the sleep comes at its time. */
static void zcring_hardware_test_a_delay_goes_on_after_a_sleep(struct kunit *test)
{
	struct zcring_fake_board *board =
		zcring_hardware_test_watched(test, ZCRING_HARDWARE_TEST_LATER_NS);
	struct zcring_worker *worker = &board->zdev->worker;
	ktime_t due;

	KUNIT_ASSERT_EQ(test, zcring_fake_board_start(board, ZCRING_HARDWARE_TEST_LATER_NS, 0), 0);
	due = hrtimer_get_expires(&worker->timer);
	zcring_power_suspend(board->zdev);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&worker->timer));
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&worker->watchdog));
	zcring_power_resume(board->zdev);
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&worker->timer));
	KUNIT_EXPECT_EQ(test, hrtimer_get_expires(&worker->timer), due);
	KUNIT_EXPECT_GT(test, ktime_to_ns(hrtimer_get_remaining(&worker->watchdog)),
			(s64)(ZCRING_HARDWARE_TEST_LATER_NS + ZCRING_HARDWARE_TEST_LATER_NS / 2));
	KUNIT_EXPECT_EQ(test, board->turns, 0U);
}

static struct kunit_case zcring_hardware_test_cases[] = {
	KUNIT_CASE(zcring_hardware_test_refuses_a_configuration),
	KUNIT_CASE(zcring_hardware_test_has_ranges),
	KUNIT_CASE(zcring_hardware_test_fails_in_progress),
	KUNIT_CASE(zcring_hardware_test_fails_at_any_time),
	KUNIT_CASE(zcring_hardware_test_a_new_stream_ignores_old_failures),
	KUNIT_CASE(zcring_hardware_test_without_progress_the_stream_ends),
	KUNIT_CASE(zcring_hardware_test_progress_rearms_the_watchdog),
	KUNIT_CASE(zcring_hardware_test_gets_no_turn_while_asleep),
	KUNIT_CASE(zcring_hardware_test_fails_while_asleep),
	KUNIT_CASE(zcring_hardware_test_may_not_come_back),
	KUNIT_CASE(zcring_hardware_test_sleeps_without_a_stream),
	KUNIT_CASE(zcring_hardware_test_a_delay_goes_on_after_a_sleep),
	{}
};

static struct kunit_suite zcring_hardware_test_suite = {
	.name = "zcring_hardware",
	.suite_init = zcring_test_up,
	.suite_exit = zcring_test_down,
	.test_cases = zcring_hardware_test_cases,
};

kunit_test_suite(zcring_hardware_test_suite);
