// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The antenna's node (antenna_node.h): its life, and its character device: open, release, poll()
 * and the ioctls.
 *
 * The commands of the radio are unknown here, and this node's are unknown to the radio's. A call
 * that changes what is on the air makes its file the feeder. poll() takes no lock.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "zcring.h"

static int zcring_antenna_open(struct inode *inode, struct file *file)
{
	struct zcring_device *zdev = container_of(inode->i_cdev, struct zcring_device, antenna.cdev);
	int err;

	err = zcring_table_wait_registered(zdev);
	if (err)
		return err;
	if (zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE)
		return -ENODEV;
	file->private_data = zdev;
	return stream_open(inode, file);
}

static int zcring_antenna_release(struct inode *inode, struct file *file)
{
	zcring_feeder_close(file->private_data, file);
	return 0;
}

static __poll_t zcring_antenna_poll(struct file *file, poll_table *wait)
{
	struct zcring_device *zdev = file->private_data;

	poll_wait(file, &zdev->antenna.wait, wait);
	zcring_ring_fence_before_look(); /* poll_wait() contains the fence from 6.14 on */
	if (zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE)
		return EPOLLERR | EPOLLHUP;
	return zcring_live_may_wake(zdev) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static int zcring_antenna_get_info(struct file *file, void __user *to)
{
	return zcring_cdev_get_info(file->private_data, ZCRING_ROLE_ANTENNA, to);
}

static int zcring_antenna_set_scene(struct file *file, void __user *from)
{
	struct zcring_scene scene;

	if (copy_from_user(&scene, from, sizeof(scene)))
		return -EFAULT;
	return zcring_scene_set(file->private_data, file, &scene);
}

static int zcring_antenna_get_feed(struct file *file, void __user *to)
{
	struct zcring_device *zdev = file->private_data;
	struct zcring_feed feed = {};
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	if (zdev->antenna.scene.kind == ZCRING_SCENE_FEED)
		zdev->ops->get_feed(zdev->dma, &feed);
	else
		err = -ENODATA;
	mutex_unlock(&zdev->lock);
	if (err)
		return err;
	return copy_to_user(to, &feed, sizeof(feed)) ? -EFAULT : 0;
}

static int zcring_antenna_feed_until(struct file *file, void __user *from)
{
	struct zcring_feed_until until;

	if (copy_from_user(&until, from, sizeof(until)))
		return -EFAULT;
	return zcring_live_until(file, &until);
}

static int zcring_antenna_feed_end(struct file *file, void __user *unused)
{
	return zcring_live_end(file);
}

static const struct zcring_command zcring_antenna_commands[] = {
	{ ZCRING_IOC_GET_INFO, false, zcring_antenna_get_info },
	{ ZCRING_IOC_GET_FEED, false, zcring_antenna_get_feed },
	{ ZCRING_IOC_SET_SCENE, true, zcring_antenna_set_scene },
	{ ZCRING_IOC_FEED_UNTIL, true, zcring_antenna_feed_until },
	{ ZCRING_IOC_FEED_END, true, zcring_antenna_feed_end },
};

static long zcring_antenna_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
	return zcring_cdev_call(file->private_data, zcring_antenna_commands,
				ARRAY_SIZE(zcring_antenna_commands), file, number, argument);
}

static const struct file_operations zcring_antenna_fops = {
	.owner = THIS_MODULE,
	.open = zcring_antenna_open,
	.release = zcring_antenna_release,
	.write = zcring_scene_write,
	.poll = zcring_antenna_poll,
	.unlocked_ioctl = zcring_antenna_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Called when the node's last reference is dropped; the node's memory is the device's. */
static void zcring_antenna_node_free(struct device *dev)
{
	struct zcring_device *zdev = container_of(dev, struct zcring_device, antenna.dev);

	put_device(&zdev->dev);
}

static bool zcring_antenna_node_exists(const struct zcring_device *zdev)
{
	return zdev->ops->set_scene;
}

static const struct device_type zcring_antenna_node_type = {
	.name = "zcring_antenna",
};

int zcring_antenna_node_init(struct zcring_device *zdev)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	int err;

	if (!zcring_antenna_node_exists(zdev))
		return 0;
	get_device(&zdev->dev);
	device_initialize(&node->dev);
	node->dev.class = &zcring_class;
	node->dev.type = &zcring_antenna_node_type;
	node->dev.parent = &zdev->dev;
	node->dev.devt = zdev->dev.devt + ZCRING_DEVICES_MAX;
	node->dev.release = zcring_antenna_node_free;
	cdev_init(&node->cdev, &zcring_antenna_fops);
	node->cdev.owner = zdev->ops->owner;
	err = dev_set_name(&node->dev, "zcring-antenna%u", MINOR(zdev->dev.devt));
	if (err)
		put_device(&node->dev);
	return err;
}

void zcring_antenna_node_put(struct zcring_device *zdev)
{
	if (zcring_antenna_node_exists(zdev))
		put_device(&zdev->antenna.dev);
}

int zcring_antenna_node_register(struct zcring_device *zdev)
{
	if (!zcring_antenna_node_exists(zdev))
		return 0;
	return cdev_device_add(&zdev->antenna.cdev, &zdev->antenna.dev);
}

void zcring_antenna_node_unregister(struct zcring_device *zdev)
{
	if (zcring_antenna_node_exists(zdev))
		cdev_device_del(&zdev->antenna.cdev, &zdev->antenna.dev);
}
