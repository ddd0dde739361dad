// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The radio's character device: open, release, poll() and the ioctls.
 *
 * A call that changes the device copies its argument, takes the device's lock, and makes its file
 * the consumer. No page fault happens under the lock. A call that only reads the device reads a
 * snapshot (snapshot.c), and like poll() does not wait for the lock.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "zcring.h"

static int zcring_cdev_open(struct inode *inode, struct file *file)
{
	struct zcring_device *zdev = container_of(inode->i_cdev, struct zcring_device, cdev);
	struct zcring_file *opened;
	int err;

	err = zcring_table_wait_registered(zdev);
	if (err)
		return err;
	if (zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE)
		return -ENODEV;
	opened = kzalloc(sizeof(*opened), GFP_KERNEL_ACCOUNT);
	if (!opened)
		return -ENOMEM;
	opened->zdev = zdev;
	file->private_data = opened;
	file->f_mapping = zdev->inode->i_mapping;
	return stream_open(inode, file);
}

/* Called after the last mapping of the file is gone, too. */
static int zcring_cdev_release(struct inode *inode, struct file *file)
{
	zcring_consumer_close(zcring_file_device(file), file);
	kfree(file->private_data);
	return 0;
}

static __poll_t zcring_cdev_poll(struct file *file, poll_table *wait)
{
	struct zcring_device *zdev = zcring_file_device(file);
	const struct zcring_stream *stream = &zdev->stream;

	poll_wait(file, &zdev->wait, wait);
	zcring_ring_fence_before_look(); /* poll_wait() contains the fence from 6.14 on */
	switch (zcring_load(&stream->state)) {
	case ZCRING_STATE_RUNNING:
		return zcring_stream_readable(stream) ? EPOLLIN | EPOLLRDNORM : 0;
	case ZCRING_STATE_STOPPED: /* no sample will arrive: nothing to wait for */
		return EPOLLIN | EPOLLRDNORM;
	case ZCRING_STATE_FAULT:
		return EPOLLERR;
	}
	return EPOLLERR | EPOLLHUP;
}

int zcring_cdev_get_info(struct zcring_device *zdev, u32 role, void __user *to)
{
	struct zcring_info info = { .abi_version = ZCRING_ABI_VERSION };
	struct zcring_snapshot now;
	int err;

	err = zcring_snapshot_read(zdev, &now);
	if (err)
		return err;
	info.features = ZCRING_FEATURE_DOUBLE_MAP | ZCRING_FEATURE_PAGES | zdev->ops->features;
	info.role = role;
	info.channels = now.config.channels;
	info.format = now.config.format;
	info.sample_bytes = now.sample_bytes;
	info.state = now.state;
	info.ring_samples = now.ring_samples;
	info.burst_bytes = sizeof(struct zcring_burst);
	info.burst_slots = now.burst_slots;
	info.receiver = MINOR(zdev->dev.devt);
	info.pace_clock = CLOCK_BOOTTIME;
	info.time_source = zdev->ops->time_source;
	info.numa_node = zdev->node;
	strscpy(info.model, zdev->ops->model, sizeof(info.model));
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

static int zcring_cdev_get_radio_info(struct file *file, void __user *to)
{
	return zcring_cdev_get_info(zcring_file_device(file), ZCRING_ROLE_RADIO, to);
}

static int zcring_cdev_get_region(struct file *file, void __user *argument)
{
	struct zcring_region region;
	struct zcring_snapshot now;
	int err;

	if (copy_from_user(&region, argument, sizeof(region)))
		return -EFAULT;
	err = zcring_snapshot_read(zcring_file_device(file), &now) ?:
		      zcring_region_describe(&now.config, &region);
	if (err)
		return err;
	return copy_to_user(argument, &region, sizeof(region)) ? -EFAULT : 0;
}

static int zcring_cdev_get_config(struct file *file, void __user *to)
{
	struct zcring_snapshot now;
	int err;

	err = zcring_snapshot_read(zcring_file_device(file), &now);
	if (err)
		return err;
	return copy_to_user(to, &now.config, sizeof(now.config)) ? -EFAULT : 0;
}

static int zcring_cdev_get_tuning(struct file *file, void __user *to)
{
	struct zcring_tuning tuning;
	int err;

	err = zcring_snapshot_get_tuning(zcring_file_device(file), &tuning);
	if (err)
		return err;
	return copy_to_user(to, &tuning, sizeof(tuning)) ? -EFAULT : 0;
}

static int zcring_cdev_get_ranges(struct file *file, void __user *to)
{
	struct zcring_snapshot now;
	int err = zcring_snapshot_read(zcring_file_device(file), &now);

	if (err)
		return err;
	return copy_to_user(to, &now.ranges, sizeof(now.ranges)) ? -EFAULT : 0;
}

static int zcring_cdev_get_telemetry(struct file *file, void __user *to)
{
	struct zcring_telemetry telemetry;
	int err;

	err = zcring_snapshot_get_telemetry(zcring_file_device(file), &telemetry);
	if (err)
		return err;
	return copy_to_user(to, &telemetry, sizeof(telemetry)) ? -EFAULT : 0;
}

static int zcring_cdev_set_config(struct file *file, void __user *from)
{
	struct zcring_config config;

	if (copy_from_user(&config, from, sizeof(config)))
		return -EFAULT;
	return zcring_device_configure(zcring_file_device(file), file, &config);
}

/* Takes the lock and makes @file the consumer; without the lock after an error. */
static int zcring_cdev_lock_as_consumer(struct zcring_device *zdev, struct file *file)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_consumer_claim(zdev, file);
	if (err)
		mutex_unlock(&zdev->lock);
	return err;
}

/* io_lock: a read() in progress ends first; it would store its tail into the new stream. */
static int zcring_cdev_start(struct file *file, void __user *from)
{
	struct zcring_device *zdev = zcring_file_device(file);
	struct zcring_start start;
	int err;

	if (copy_from_user(&start, from, sizeof(start)))
		return -EFAULT;
	err = zcring_consumer_lock_io(zdev, file);
	if (err)
		return err;
	err = zcring_cdev_lock_as_consumer(zdev, file);
	if (err)
		goto out_unlock_io;
	err = zcring_device_start(zdev, &start);
	mutex_unlock(&zdev->lock);
out_unlock_io:
	mutex_unlock(&zdev->io_lock);
	return err;
}

static int zcring_cdev_stop(struct file *file, void __user *unused)
{
	struct zcring_device *zdev = zcring_file_device(file);
	int err;

	err = zcring_cdev_lock_as_consumer(zdev, file);
	if (err)
		return err;
	zcring_device_stop(zdev);
	mutex_unlock(&zdev->lock);
	return 0;
}

static int zcring_cdev_control(struct file *file, void __user *from)
{
	struct zcring_device *zdev = zcring_file_device(file);
	struct zcring_control control;
	int err;

	if (copy_from_user(&control, from, sizeof(control)))
		return -EFAULT;
	err = zcring_cdev_lock_as_consumer(zdev, file);
	if (err)
		return err;
	err = zcring_device_control(zdev, &control);
	mutex_unlock(&zdev->lock);
	return err;
}

long zcring_cdev_call(struct zcring_device *zdev, const struct zcring_command *commands,
		      size_t count, struct file *file, unsigned int number, unsigned long argument)
{
	const struct zcring_command *end = commands + count;

	while (commands != end && commands->number != number)
		commands++;
	if (commands == end)
		return -ENOTTY;
	if (zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE)
		return -ENODEV;
	if (commands->changes && !(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return commands->call(file, (void __user *)argument);
}

static const struct zcring_command zcring_cdev_commands[] = {
	{ ZCRING_IOC_GET_INFO, false, zcring_cdev_get_radio_info },
	{ ZCRING_IOC_GET_REGION, false, zcring_cdev_get_region },
	{ ZCRING_IOC_GET_CONFIG, false, zcring_cdev_get_config },
	{ ZCRING_IOC_GET_TUNING, false, zcring_cdev_get_tuning },
	{ ZCRING_IOC_GET_TELEMETRY, false, zcring_cdev_get_telemetry },
	{ ZCRING_IOC_GET_RANGES, false, zcring_cdev_get_ranges },
	{ ZCRING_IOC_SET_CONFIG, true, zcring_cdev_set_config },
	{ ZCRING_IOC_START, true, zcring_cdev_start },
	{ ZCRING_IOC_STOP, true, zcring_cdev_stop },
	{ ZCRING_IOC_CONTROL, true, zcring_cdev_control },
};

static long zcring_cdev_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
	return zcring_cdev_call(zcring_file_device(file), zcring_cdev_commands,
				ARRAY_SIZE(zcring_cdev_commands), file, number, argument);
}

const struct file_operations zcring_cdev_fops = {
	.owner = THIS_MODULE,
	.open = zcring_cdev_open,
	.release = zcring_cdev_release,
	.read = zcring_read,
	.poll = zcring_cdev_poll,
	.mmap = zcring_region_mmap,
	.unlocked_ioctl = zcring_cdev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
