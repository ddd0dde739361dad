// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Part of main.c if the suites are built. KUnit runs the suites after the module was loaded and
 * before its init runs: the parameters have their defaults, and the suites call init themselves.
 * The kernel calls init once more afterwards, so that anything left behind by a suite is noticed.
 */
#include <linux/device.h>
#include <linux/sizes.h>

#include "fake_board.h"

static bool zcring_test_is_up;

static int __ref zcring_test_init(void)
{
	int err = zcring_init();

	zcring_test_is_up = !err;
	return err;
}

/* Kernels from 6.9 on run suites after init was freed: the suites fail there. */
int __ref zcring_test_up(struct kunit_suite *suite)
{
	const unsigned int old_channels = channels;
	const unsigned long old_ring_bytes = ring_bytes;
	int err;

	if (THIS_MODULE->state != MODULE_STATE_COMING)
		return -EBUSY;
	channels = ZCRING_FAKE_CHANNELS;
	ring_bytes = ZCRING_FAKE_RING_BYTES;
	err = zcring_test_init();
	channels = old_channels;
	ring_bytes = old_ring_bytes;
	return err;
}

void __ref zcring_test_down(struct kunit_suite *suite)
{
	if (zcring_test_is_up)
		zcring_exit();
	zcring_test_is_up = false;
}

struct zcring_device *zcring_test_simulated(struct kunit *test)
{
	struct device *dev = class_find_device_by_name(&zcring_class, "zcring0");

	KUNIT_ASSERT_NOT_NULL(test, dev);
	put_device(dev); /* the table of devices has another reference */
	return container_of(dev, struct zcring_device, dev);
}

static int zcring_main_test_early(struct kunit_suite *suite)
{
	return THIS_MODULE->state == MODULE_STATE_COMING ? 0 : -EBUSY;
}

static void __ref zcring_main_test_parameters_have_limits(struct kunit *test)
{
	static const struct {
		unsigned int devices, channels;
		unsigned long ring_bytes, sample_rate;
		unsigned int interval_us;
		char *format;
		int err;
	} cases[] = {
		{ 0, 1, SZ_4K, 1, 100, "sc8", 0 },
		{ 16, 8, SZ_1G, 10000000000, 60000000, "fc32", 0 },
		{ 17, 1, SZ_1M, 1000, 1000, "sc16", -EINVAL },
		{ 1, 0, SZ_1M, 1000, 1000, "sc16", -EINVAL },
		{ 1, 9, SZ_1M, 1000, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_2K, 1000, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_1M + SZ_4K, 1000, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_2G, 1000, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_1M, 0, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_1M, 10000000001, 1000, "sc16", -EINVAL },
		{ 1, 1, SZ_1M, 1000, 99, "sc16", -EINVAL },
		{ 1, 1, SZ_1M, 1000, 60000001, "sc16", -EINVAL },
		{ 1, 1, SZ_1M, 1000, 1000, "sc12", -EINVAL },
	};
	const unsigned int old_devices = devices, old_channels = channels;
	const unsigned long old_ring_bytes = ring_bytes, old_sample_rate = sample_rate;
	const unsigned int old_interval_us = interval_us;
	char *const old_format = format;
	struct zcring_config config;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		devices = cases[i].devices;
		channels = cases[i].channels;
		ring_bytes = cases[i].ring_bytes;
		sample_rate = cases[i].sample_rate;
		interval_us = cases[i].interval_us;
		format = cases[i].format;
		KUNIT_EXPECT_EQ_MSG(test, zcring_main_read_parameters(&config), cases[i].err,
				    "case %u", i);
	}
	devices = old_devices;
	channels = old_channels;
	ring_bytes = old_ring_bytes;
	sample_rate = old_sample_rate;
	interval_us = old_interval_us;
	format = old_format;
}

static void __ref zcring_main_test_parameters_reach_the_devices(struct kunit *test)
{
	const unsigned int old_devices = devices;
	struct device *dev;

	devices = 3;
	KUNIT_EXPECT_EQ(test, zcring_test_init(), 0);
	dev = class_find_device_by_name(&zcring_class, "zcring2");
	KUNIT_EXPECT_NOT_NULL(test, dev);
	put_device(dev);
	KUNIT_EXPECT_EQ(test, zcring_table_plug(3), -EINVAL);
	KUNIT_EXPECT_EQ(test, zcring_table_plug(2), -EEXIST);
	KUNIT_EXPECT_EQ(test, zcring_table_unplug(2), 0);
	KUNIT_EXPECT_EQ(test, zcring_table_unplug(2), -ENODEV);
	zcring_test_down(NULL);
	devices = old_devices;
}

static void __ref zcring_main_test_init_works_after_one_that_failed(struct kunit *test)
{
	const unsigned long old_max = zcring_memory_bytes_max;

	zcring_memory_bytes_max = SZ_1M;
	KUNIT_EXPECT_EQ(test, zcring_test_init(), -ENOMEM);
	zcring_memory_bytes_max = old_max;
	KUNIT_EXPECT_EQ(test, zcring_test_init(), 0);
	zcring_test_down(NULL);
}

static struct kunit_case zcring_main_test_cases[] = {
	KUNIT_CASE(zcring_main_test_parameters_have_limits),
	KUNIT_CASE(zcring_main_test_parameters_reach_the_devices),
	KUNIT_CASE(zcring_main_test_init_works_after_one_that_failed),
	{}
};

static struct kunit_suite zcring_main_test_suite = {
	.name = "zcring_main",
	.suite_init = zcring_main_test_early,
	.test_cases = zcring_main_test_cases,
};

kunit_test_suite(zcring_main_test_suite);
