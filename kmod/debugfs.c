// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault injection, for root: zcring/zcringN/ has those of a device, zcring/unplug and
 * zcring/plug take its number. docs/abi.md tells more.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "zcring.h"

static struct dentry *zcring_debugfs_root;
static struct dentry *zcring_debugfs_unplug;
static struct dentry *zcring_debugfs_plug;

static ssize_t zcring_write_injection(struct file *file, const char __user *from, size_t bytes,
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

static ssize_t zcring_write_number(const char __user *from, size_t bytes,
				   int (*act)(unsigned int number))
{
	unsigned int number;
	int err;

	err = kstrtouint_from_user(from, bytes, 0, &number) ?: act(number);
	return err ?: bytes;
}

#define ZCRING_WRITE_ONLY(_name, _call)                                                        \
	static ssize_t _name##_write(struct file *file, const char __user *from, size_t bytes, \
				     loff_t *pos)                                              \
	{                                                                                      \
		return _call;                                                                  \
	}                                                                                      \
                                                                                               \
	static const struct file_operations _name##_fops = {                                   \
		.owner = THIS_MODULE,                                                          \
		.open = simple_open,                                                           \
		.write = _name##_write,                                                        \
		.llseek = noop_llseek,                                                         \
	}

ZCRING_WRITE_ONLY(zcring_stall, zcring_write_injection(file, from, bytes, ZCRING_INJECT_STALL));
ZCRING_WRITE_ONLY(zcring_drop, zcring_write_injection(file, from, bytes, ZCRING_INJECT_DROP));
ZCRING_WRITE_ONLY(zcring_jump, zcring_write_injection(file, from, bytes, ZCRING_INJECT_JUMP));
ZCRING_WRITE_ONLY(zcring_unplug, zcring_write_number(from, bytes, zcring_table_unplug));
ZCRING_WRITE_ONLY(zcring_plug, zcring_write_number(from, bytes, zcring_table_plug));

void zcring_debugfs_register(struct zcring_device *zdev)
{
	if (!zdev->ops->inject)
		return;
	zdev->debugfs = debugfs_create_dir(dev_name(&zdev->dev), zcring_debugfs_root);
	debugfs_create_file("stall_ns", 0200, zdev->debugfs, zdev, &zcring_stall_fops);
	debugfs_create_file("drop_samples", 0200, zdev->debugfs, zdev, &zcring_drop_fops);
	debugfs_create_file("clock_jump_ns", 0200, zdev->debugfs, zdev, &zcring_jump_fops);
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
	zcring_debugfs_unplug =
		debugfs_create_file("unplug", 0200, zcring_debugfs_root, NULL, &zcring_unplug_fops);
	zcring_debugfs_plug =
		debugfs_create_file("plug", 0200, zcring_debugfs_root, NULL, &zcring_plug_fops);
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
