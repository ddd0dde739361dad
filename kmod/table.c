// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device table: which device has which number, and so which /dev/zcringN.
 *
 * The first numbers belong to the simulated devices, even while a simulated device is unplugged.
 * The numbers after them are for boards; a board gets the lowest free one. A device that is
 * plugged in again is a new struct zcring_device with the old number and name.
 *
 * zcring_table_lock protects the table and lets one device be registered at a time. Loading and
 * unloading the module touch the table without the lock where nothing else can reach it.
 */
#define pr_fmt(fmt) "zcring: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>

#include "zcring.h"

/* Of the radios, and after them of their antennas. */
#define ZCRING_NUMBERS (2 * ZCRING_DEVICES_MAX)

static dev_t zcring_table_first; /* device number of zcring0 */
static unsigned int zcring_table_simulated; /* how many numbers are for simulated devices */
static struct zcring_config zcring_table_config; /* of a new device; constant */
static const struct zcring_source zcring_table_sim = { .ops = &zcring_sim_dma_ops };
static struct zcring_device *zcring_table[ZCRING_DEVICES_MAX];

static DEFINE_MUTEX(zcring_table_lock);

/* cdev_device_add() lets user space open the device before it has succeeded. */
int zcring_table_wait_registered(struct zcring_device *zdev)
{
	if (READ_ONCE(zdev->is_registered)) /* all other fields were set by zcring_device_alloc() */
		return 0;
	if (mutex_lock_interruptible(&zcring_table_lock))
		return -ERESTARTSYS;
	mutex_unlock(&zcring_table_lock);
	return READ_ONCE(zdev->is_registered) ? 0 : -ENODEV;
}

/* With the lock held, or while the module is unloaded. */
static void zcring_table_remove(unsigned int number)
{
	zcring_device_unregister(zcring_table[number]);
	zcring_device_put(zcring_table[number]);
	zcring_table[number] = NULL;
}

int zcring_table_unplug(unsigned int number)
{
	int err = 0;

	if (number >= zcring_table_simulated)
		return -EINVAL;
	mutex_lock(&zcring_table_lock);
	if (zcring_table[number])
		zcring_table_remove(number);
	else
		err = -ENODEV;
	mutex_unlock(&zcring_table_lock);
	return err;
}

/* With the lock held. */
static int zcring_table_add(unsigned int number, const struct zcring_source *source)
{
	struct zcring_device *zdev;
	int err;

	if (zcring_table[number])
		return -EEXIST;
	zdev = zcring_device_alloc(zcring_table_first + number, &zcring_table_config, source);
	if (IS_ERR(zdev))
		return PTR_ERR(zdev);
	err = zcring_device_register(zdev);
	if (err) {
		/* An open() that failed may still hold the device after the board is gone. */
		zcring_device_unmap_dma(zdev);
		zcring_device_put(zdev);
		return err;
	}
	zcring_table[number] = zdev;
	return 0;
}

int zcring_table_plug(unsigned int number)
{
	int err;

	if (number >= zcring_table_simulated)
		return -EINVAL;
	mutex_lock(&zcring_table_lock);
	err = zcring_table_add(number, &zcring_table_sim);
	mutex_unlock(&zcring_table_lock);
	return err;
}

struct zcring_device *zcring_table_add_board(const struct zcring_source *source)
{
	struct zcring_device *zdev = ERR_PTR(-ENOSPC);
	unsigned int number = zcring_table_simulated;
	int err;

	mutex_lock(&zcring_table_lock);
	while (number < ZCRING_DEVICES_MAX && zcring_table[number])
		number++;
	if (number < ZCRING_DEVICES_MAX) {
		err = zcring_table_add(number, source);
		zdev = err ? ERR_PTR(err) : zcring_table[number];
	}
	mutex_unlock(&zcring_table_lock);
	return zdev;
}

void zcring_table_remove_board(struct zcring_device *zdev)
{
	mutex_lock(&zcring_table_lock);
	zcring_table[MINOR(zdev->dev.devt) - MINOR(zcring_table_first)] = NULL;
	mutex_unlock(&zcring_table_lock);
}

/* Puts the devices from @first on, none of which is registered. */
static void __init zcring_table_put_from(unsigned int first)
{
	unsigned int i;

	for (i = first; i < ZCRING_DEVICES_MAX && zcring_table[i]; i++) {
		zcring_device_put(zcring_table[i]);
		zcring_table[i] = NULL;
	}
}

static int __init zcring_table_alloc_devices(void)
{
	struct zcring_device *zdev;
	unsigned int i;

	for (i = 0; i < zcring_table_simulated; i++) {
		zdev = zcring_device_alloc(zcring_table_first + i, &zcring_table_config,
					   &zcring_table_sim);
		if (IS_ERR(zdev)) {
			pr_err("cannot allocate zcring%u: %pe; if memory is short, load with a smaller ring_bytes or with fewer channels or devices\n",
			       i, zdev);
			zcring_table_put_from(0);
			return PTR_ERR(zdev);
		}
		zcring_table[i] = zdev;
	}
	return 0;
}

/*
 * Loading must not fail once a device was visible: an open(), even one that fails, runs code of
 * the module. After an error the module therefore stays, with fewer devices or with none.
 */
static void __init zcring_table_register_devices(void)
{
	unsigned int i;
	int err;

	mutex_lock(&zcring_table_lock);
	for (i = 0; i < zcring_table_simulated; i++) {
		err = zcring_device_register(zcring_table[i]);
		if (!err)
			continue;
		pr_err("cannot register zcring%u: %pe; continuing with %u devices\n", i,
		       ERR_PTR(err), i);
		zcring_table_put_from(i);
		break;
	}
	mutex_unlock(&zcring_table_lock);
}

int __init zcring_table_init(unsigned int simulated, const struct zcring_config *config)
{
	int err;

	err = alloc_chrdev_region(&zcring_table_first, 0, ZCRING_NUMBERS, "zcring");
	if (err)
		return err;
	zcring_table_simulated = simulated;
	zcring_table_config = *config;
	zcring_debugfs_init();
	err = zcring_table_alloc_devices();
	if (err)
		goto out_exit_debugfs;
	zcring_table_register_devices();
	zcring_debugfs_register_plugs(); /* from here on, the table changes */
	return 0;

out_exit_debugfs:
	zcring_debugfs_exit();
	unregister_chrdev_region(zcring_table_first, ZCRING_NUMBERS);
	return err;
}

void zcring_table_exit(void)
{
	unsigned int i;

	zcring_debugfs_unregister_plugs(); /* the table does not change any more */
	for (i = 0; i < ZCRING_DEVICES_MAX; i++)
		if (zcring_table[i]) /* any of them may be unplugged */
			zcring_table_remove(i);
	zcring_debugfs_exit();
	unregister_chrdev_region(zcring_table_first, ZCRING_NUMBERS);
}
