// SPDX-License-Identifier: GPL-2.0-or-later
#define pr_fmt(fmt) "zcring: " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "compat.h"
#include "engine/front.h"
#include "zcring.h"

#define ZCRING_DEVICES_MAX 16

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of simulated devices, 0 to 16, boards not counted (default 1)");

static unsigned long ring_bytes = 8UL << 20;
module_param(ring_bytes, ulong, 0444);
MODULE_PARM_DESC(ring_bytes,
		 "bytes of each channel's ring, a power of two, a page to 1 GiB (default 8388608)");

static unsigned long sample_rate = 1000000;
module_param(sample_rate, ulong, 0444);
MODULE_PARM_DESC(sample_rate, "samples a second, 1 to 10000000000 (default 1000000)");

static unsigned int interval_us = 50000;
module_param(interval_us, uint, 0444);
MODULE_PARM_DESC(interval_us, "microseconds between bursts, 100 to 60000000 (default 50000)");

static char *format = "sc16";
module_param(format, charp, 0444);
MODULE_PARM_DESC(format, "sample format: sc8, sc16 (default) or fc32");

static unsigned int channels = 1;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "channels of each device, 1 to 8 (default 1)");

unsigned long zcring_memory_bytes_max;
module_param_named(memory_bytes_max, zcring_memory_bytes_max, ulong, 0644);
MODULE_PARM_DESC(
	memory_bytes_max,
	"bytes that all rings and scenes of one device may have, those included that are being replaced; 0: 4 GiB, or a quarter of the machine's memory where that is less (default 0)");

static u64 zcring_memory_bytes_auto __ro_after_init; /* what 0 stands for */

static dev_t zcring_first_number;
static struct zcring_config zcring_new_config; /* of a device that is new; constant */
static const struct zcring_source zcring_simulated = { .ops = &zcring_sim_dma_ops };
static struct zcring_device *zcring_devices[ZCRING_DEVICES_MAX]; /* simulated ones first */

/* Protects zcring_devices, and has one device done at a time. */
static DEFINE_MUTEX(zcring_devices_lock);

u64 zcring_memory_limit(void)
{
	return READ_ONCE(zcring_memory_bytes_max) ?: zcring_memory_bytes_auto;
}

/* For the group that a udev rule names, never for all. */
static char *zcring_devnode(ZCRING_DEVNODE_CONST struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return NULL;
}

struct class zcring_class = {
	.name = "zcring",
	.devnode = zcring_devnode,
};

static bool __init zcring_in_range(const char *name, u64 value, u64 least, u64 most)
{
	if (value >= least && value <= most)
		return true;
	pr_err("parameter %s=%llu: allowed is %llu to %llu\n", name, value, least, most);
	return false;
}

static u32 __init zcring_format_by_name(const char *name)
{
	if (!strcmp(name, "sc8"))
		return ZCRING_FORMAT_SC8;
	if (!strcmp(name, "sc16"))
		return ZCRING_FORMAT_SC16;
	if (!strcmp(name, "fc32"))
		return ZCRING_FORMAT_FC32;
	pr_err("parameter format=%s: allowed is sc8, sc16 or fc32\n", name);
	return 0;
}

static int __init zcring_config_from_parameters(struct zcring_config *config)
{
	zcring_config_default(config);
	if (!zcring_in_range("devices", devices, 0, ZCRING_DEVICES_MAX) ||
	    !zcring_in_range("channels", channels, 1, ZCRING_CHANNELS_MAX) ||
	    !zcring_in_range("sample_rate", sample_rate, 1, ZCRING_RATE_HZ_MAX) ||
	    !zcring_in_range("interval_us", interval_us, ZCRING_INTERVAL_NS_MIN / NSEC_PER_USEC,
			     ZCRING_INTERVAL_NS_MAX / NSEC_PER_USEC) ||
	    !zcring_in_range("ring_bytes", ring_bytes, PAGE_SIZE, ZCRING_RING_BYTES_MAX))
		return -EINVAL;
	if (!is_power_of_2(ring_bytes)) {
		pr_err("parameter ring_bytes=%lu: allowed is a power of two\n", ring_bytes);
		return -EINVAL;
	}
	config->format = zcring_format_by_name(format);
	if (!config->format)
		return -EINVAL;
	config->channels = channels;
	config->ring_bytes = ring_bytes;
	config->interval_ns = interval_us * (u64)NSEC_PER_USEC;
	config->rate_num = sample_rate;
	return zcring_config_check(config, PAGE_SIZE);
}

static void zcring_remove_device(unsigned int number)
{
	zcring_device_unregister(zcring_devices[number]);
	zcring_device_put(zcring_devices[number]);
	zcring_devices[number] = NULL;
}

/* Any of them may be unplugged. */
static void zcring_remove_devices(void)
{
	unsigned int i;

	for (i = 0; i < ZCRING_DEVICES_MAX; i++)
		if (zcring_devices[i])
			zcring_remove_device(i);
}

/* cdev_device_add() lets users in before it has succeeded; here they wait until it has. */
int zcring_device_wait_registered(struct zcring_device *zdev)
{
	if (READ_ONCE(zdev->is_registered)) /* all else was there when the device was allocated */
		return 0;
	if (mutex_lock_interruptible(&zcring_devices_lock))
		return -ERESTARTSYS;
	mutex_unlock(&zcring_devices_lock);
	return READ_ONCE(zdev->is_registered) ? 0 : -ENODEV;
}

int zcring_unplug_number(unsigned int number)
{
	int err = 0;

	if (number >= devices)
		return -EINVAL;
	mutex_lock(&zcring_devices_lock);
	if (zcring_devices[number])
		zcring_remove_device(number);
	else
		err = -ENODEV;
	mutex_unlock(&zcring_devices_lock);
	return err;
}

/* With zcring_devices_lock held. */
static int zcring_plug_new(unsigned int number, const struct zcring_source *source)
{
	struct zcring_device *zdev;
	int err;

	if (zcring_devices[number])
		return -EEXIST;
	zdev = zcring_device_alloc(zcring_first_number + number, &zcring_new_config, source);
	if (IS_ERR(zdev))
		return PTR_ERR(zdev);
	err = zcring_device_register(zdev);
	if (err) {
		zcring_device_unmap_dma(zdev); /* an open() in vain may outlive the board */
		zcring_device_put(zdev);
		return err;
	}
	zcring_devices[number] = zdev;
	return 0;
}

int zcring_plug_number(unsigned int number)
{
	int err;

	if (number >= devices)
		return -EINVAL;
	mutex_lock(&zcring_devices_lock);
	err = zcring_plug_new(number, &zcring_simulated);
	mutex_unlock(&zcring_devices_lock);
	return err;
}

struct zcring_device *zcring_plug_board(const struct zcring_source *source)
{
	struct zcring_device *zdev = ERR_PTR(-ENOSPC);
	unsigned int number = devices;
	int err;

	mutex_lock(&zcring_devices_lock);
	while (number < ZCRING_DEVICES_MAX && zcring_devices[number])
		number++;
	if (number < ZCRING_DEVICES_MAX) {
		err = zcring_plug_new(number, source);
		zdev = err ? ERR_PTR(err) : zcring_devices[number];
	}
	mutex_unlock(&zcring_devices_lock);
	return zdev;
}

void zcring_forget_board(struct zcring_device *zdev)
{
	mutex_lock(&zcring_devices_lock);
	zcring_devices[MINOR(zdev->dev.devt) - MINOR(zcring_first_number)] = NULL;
	mutex_unlock(&zcring_devices_lock);
}

/* From @first on; none of them was registered. */
static void __init zcring_put_devices(unsigned int first)
{
	unsigned int i;

	for (i = first; i < ZCRING_DEVICES_MAX && zcring_devices[i]; i++) {
		zcring_device_put(zcring_devices[i]);
		zcring_devices[i] = NULL;
	}
}

static int __init zcring_alloc_devices(void)
{
	struct zcring_device *zdev;
	unsigned int i;

	for (i = 0; i < devices; i++) {
		zdev = zcring_device_alloc(zcring_first_number + i, &zcring_new_config,
					    &zcring_simulated);
		if (IS_ERR(zdev)) {
			pr_err("cannot allocate zcring%u: %pe; if memory is short, load with a smaller ring_bytes or with fewer channels or devices\n",
			       i, zdev);
			zcring_put_devices(0);
			return PTR_ERR(zdev);
		}
		zcring_devices[i] = zdev;
	}
	return 0;
}

/*
 * Whoever opens one, be it in vain, runs code of the module, which has to stay then: with fewer
 * devices, or none, if need be.
 */
static void __init zcring_register_devices(void)
{
	unsigned int i;
	int err;

	mutex_lock(&zcring_devices_lock);
	for (i = 0; i < devices; i++) {
		err = zcring_device_register(zcring_devices[i]);
		if (!err)
			continue;
		pr_err("cannot register zcring%u: %pe; continuing with %u devices\n", i, ERR_PTR(err), i);
		zcring_put_devices(i);
		break;
	}
	mutex_unlock(&zcring_devices_lock);
}

static int __init zcring_init(void)
{
	u64 memory_bytes = (u64)totalram_pages() << PAGE_SHIFT;
	int err;

	zcring_memory_bytes_auto = min_t(u64, 4ULL << 30, memory_bytes / 4);
	err = zcring_config_from_parameters(&zcring_new_config);
	if (err)
		return err;
	err = alloc_chrdev_region(&zcring_first_number, 0, ZCRING_DEVICES_MAX, "zcring");
	if (err)
		return err;
	err = class_register(&zcring_class);
	if (err)
		goto out_unregister_numbers;
	zcring_debugfs_init();
	err = zcring_alloc_devices();
	if (err)
		goto out_remove_debugfs;
	zcring_register_devices();
	zcring_debugfs_plugs_add(); /* from here on, the list of devices changes */
	return 0;

out_remove_debugfs:
	zcring_debugfs_exit();
	class_unregister(&zcring_class);
out_unregister_numbers:
	unregister_chrdev_region(zcring_first_number, ZCRING_DEVICES_MAX);
	return err;
}

static void __exit zcring_exit(void)
{
	zcring_debugfs_plugs_remove(); /* the list of devices does not change any more */
	zcring_remove_devices();
	zcring_debugfs_exit();
	class_unregister(&zcring_class);
	unregister_chrdev_region(zcring_first_number, ZCRING_DEVICES_MAX);
}

module_init(zcring_init);
module_exit(zcring_exit);

#ifdef ZCRING_KUNIT
#include "tests/main_test.c"
#endif

MODULE_AUTHOR("zcring developers");
MODULE_DESCRIPTION("Zero-copy DMA ring of samples, filled by a simulated SDR front end");
MODULE_LICENSE("GPL");
MODULE_VERSION(ZCRING_VERSION);
