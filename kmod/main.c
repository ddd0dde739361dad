// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module: its parameters, its device class, loading and unloading.
 *
 * Every parameter is checked before anything is allocated. A value out of range is refused with a
 * line in the log that names the parameter, the value and the range. All parameters but
 * memory_bytes_max are constant once the module is loaded.
 */
#define pr_fmt(fmt) "zcring: " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "compat.h"
#include "engine/config.h"
#include "zcring.h"

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of simulated devices, boards not counted: 0 to 16 (default 1)");

static unsigned long ring_bytes = 8UL << 20;
module_param(ring_bytes, ulong, 0444);
MODULE_PARM_DESC(ring_bytes,
		 "bytes of each channel's ring: a power of two from one page to 1 GiB (default 8388608)");

static unsigned long sample_rate = 1000000;
module_param(sample_rate, ulong, 0444);
MODULE_PARM_DESC(sample_rate, "samples per second: 1 to 10000000000 (default 1000000)");

static unsigned int interval_us = 50000;
module_param(interval_us, uint, 0444);
MODULE_PARM_DESC(interval_us, "microseconds between bursts: 100 to 60000000 (default 50000)");

static char *format = "sc16";
module_param(format, charp, 0444);
MODULE_PARM_DESC(format, "sample format: sc8, sc16 (default) or fc32");

static unsigned int channels = 1;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "channels of each device: 1 to 8 (default 1)");

unsigned long zcring_memory_bytes_max;
module_param_named(memory_bytes_max, zcring_memory_bytes_max, ulong, 0644);
MODULE_PARM_DESC(
	memory_bytes_max,
	"limit in bytes for all rings and scenes of all devices together, including those being replaced; 0: 4 GiB or a quarter of the machine's memory, whichever is less (default 0)");

static u64 zcring_memory_bytes_auto __ro_after_init; /* the limit where memory_bytes_max is 0 */

u64 zcring_memory_limit(void)
{
	return READ_ONCE(zcring_memory_bytes_max) ?: zcring_memory_bytes_auto;
}

/* Readable and writable by the group that a udev rule names, never by all users. */
static char *zcring_main_devnode(ZCRING_DEVNODE_CONST struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return NULL;
}

struct class zcring_class = {
	.name = "zcring",
	.devnode = zcring_main_devnode,
};

static bool __init zcring_main_in_range(const char *name, u64 value, u64 least, u64 most)
{
	if (value >= least && value <= most)
		return true;
	pr_err("parameter %s=%llu: the allowed range is %llu to %llu\n", name, value, least, most);
	return false;
}

static u32 __init zcring_main_format_by_name(const char *name)
{
	if (!strcmp(name, "sc8"))
		return ZCRING_FORMAT_SC8;
	if (!strcmp(name, "sc16"))
		return ZCRING_FORMAT_SC16;
	if (!strcmp(name, "fc32"))
		return ZCRING_FORMAT_FC32;
	pr_err("parameter format=%s: allowed values are sc8, sc16 and fc32\n", name);
	return 0;
}

static int __init zcring_main_read_parameters(struct zcring_config *config)
{
	zcring_config_default(config);
	if (!zcring_main_in_range("devices", devices, 0, ZCRING_DEVICES_MAX) ||
	    !zcring_main_in_range("channels", channels, 1, ZCRING_CHANNELS_MAX) ||
	    !zcring_main_in_range("sample_rate", sample_rate, 1, ZCRING_RATE_HZ_MAX) ||
	    !zcring_main_in_range("interval_us", interval_us, ZCRING_INTERVAL_NS_MIN / NSEC_PER_USEC,
				  ZCRING_INTERVAL_NS_MAX / NSEC_PER_USEC) ||
	    !zcring_main_in_range("ring_bytes", ring_bytes, PAGE_SIZE, ZCRING_RING_BYTES_MAX))
		return -EINVAL;
	if (!is_power_of_2(ring_bytes)) {
		pr_err("parameter ring_bytes=%lu: the value must be a power of two\n", ring_bytes);
		return -EINVAL;
	}
	config->format = zcring_main_format_by_name(format);
	if (!config->format)
		return -EINVAL;
	config->channels = channels;
	config->ring_bytes = ring_bytes;
	config->interval_ns = interval_us * (u64)NSEC_PER_USEC;
	config->rate_num = sample_rate;
	return zcring_config_check(config, PAGE_SIZE);
}

static int __init zcring_init(void)
{
	u64 memory_bytes = (u64)totalram_pages() << PAGE_SHIFT;
	struct zcring_config config;
	int err;

	zcring_memory_bytes_auto = min_t(u64, 4ULL << 30, memory_bytes / 4);
	err = zcring_main_read_parameters(&config);
	if (err)
		return err;
	err = class_register(&zcring_class);
	if (err)
		return err;
	err = zcring_inode_init();
	if (err)
		goto out_unregister_class;
	err = zcring_table_init(devices, &config);
	if (err)
		goto out_exit_inode;
	return 0;

out_exit_inode:
	zcring_inode_exit();
out_unregister_class:
	class_unregister(&zcring_class);
	return err;
}

static void __exit zcring_exit(void)
{
	zcring_table_exit();
	zcring_inode_exit();
	class_unregister(&zcring_class);
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
