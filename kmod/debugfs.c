// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection through debugfs, for root. zcring/zcringN/ has one file for each fault of a
 * device whose DMA engine can inject faults; zcring/unplug and zcring/plug take the number of a
 * simulated device. docs/abi.md describes the files.
 *
 * Removing a file waits for writes in progress, so a device outlives every write to its files.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "zcring.h"

static struct dentry *zcring_debugfs_root;
static struct dentry *zcring_debugfs_unplug;
static struct dentry *zcring_debugfs_plug;

static ssize_t zcring_debugfs_inject(struct file *file, const char __user *from, size_t bytes,
				     enum zcring_injection kind)
{
	struct zcring_device *zdev = file->private_data;
	s64 amount;
	int err;

	err = kstrtos64_from_user(from, bytes, 0, &amount);
	if (err)
		return err;
	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_device_inject(zdev, kind, amount);
	mutex_unlock(&zdev->lock);
	return err ?: bytes;
}

static ssize_t zcring_debugfs_call(const char __user *from, size_t bytes,
				   int (*call)(unsigned int number))
{
	unsigned int number;
	int err;

	err = kstrtouint_from_user(from, bytes, 0, &number) ?: call(number);
	return err ?: bytes;
}

/* File operations zcring_debugfs_<_name>_fops of a file that can only be written. */
#define ZCRING_DEBUGFS_WRITE_ONLY(_name, _call)                                                   \
	static ssize_t zcring_debugfs_##_name##_write(struct file *file, const char __user *from, \
						      size_t bytes, loff_t *pos)                  \
	{                                                                                         \
		return _call;                                                                     \
	}                                                                                         \
                                                                                                  \
	static const struct file_operations zcring_debugfs_##_name##_fops = {                     \
		.owner = THIS_MODULE,                                                             \
		.open = simple_open,                                                              \
		.write = zcring_debugfs_##_name##_write,                                          \
		.llseek = noop_llseek,                                                            \
	}

ZCRING_DEBUGFS_WRITE_ONLY(stall, zcring_debugfs_inject(file, from, bytes, ZCRING_INJECT_STALL));
ZCRING_DEBUGFS_WRITE_ONLY(drop, zcring_debugfs_inject(file, from, bytes, ZCRING_INJECT_DROP));
ZCRING_DEBUGFS_WRITE_ONLY(jump, zcring_debugfs_inject(file, from, bytes, ZCRING_INJECT_JUMP));
ZCRING_DEBUGFS_WRITE_ONLY(unplug, zcring_debugfs_call(from, bytes, zcring_table_unplug));
ZCRING_DEBUGFS_WRITE_ONLY(plug, zcring_debugfs_call(from, bytes, zcring_table_plug));

void zcring_debugfs_register(struct zcring_device *zdev)
{
	if (!zdev->ops->inject)
		return;
	zdev->debugfs = debugfs_create_dir(dev_name(&zdev->dev), zcring_debugfs_root);
	debugfs_create_file("stall_ns", 0200, zdev->debugfs, zdev, &zcring_debugfs_stall_fops);
	debugfs_create_file("drop_samples", 0200, zdev->debugfs, zdev, &zcring_debugfs_drop_fops);
	debugfs_create_file("clock_jump_ns", 0200, zdev->debugfs, zdev, &zcring_debugfs_jump_fops);
}

void zcring_debugfs_unregister(struct zcring_device *zdev)
{
	debugfs_remove(zdev->debugfs);
	zdev->debugfs = NULL;
}

void __init zcring_debugfs_init(void)
{
	zcring_debugfs_root = debugfs_create_dir("zcring", NULL);
}

void zcring_debugfs_register_plugs(void)
{
	zcring_debugfs_unplug = debugfs_create_file("unplug", 0200, zcring_debugfs_root, NULL,
						    &zcring_debugfs_unplug_fops);
	zcring_debugfs_plug = debugfs_create_file("plug", 0200, zcring_debugfs_root, NULL,
						  &zcring_debugfs_plug_fops);
}

void zcring_debugfs_unregister_plugs(void)
{
	debugfs_remove(zcring_debugfs_unplug);
	debugfs_remove(zcring_debugfs_plug);
}

void zcring_debugfs_exit(void)
{
	debugfs_remove(zcring_debugfs_root);
}
