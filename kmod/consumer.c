// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The consumer of a device: the one open file that may start a stream, release samples and
 * configure the device.
 *
 * A file becomes the consumer by its first call that needs to be, and stays the consumer until it
 * is closed, together with its last mapping. sysfs is never the consumer; it may act only while
 * there is none. The consumer alone sleeps on io_lock, which is held while user memory is copied.
 */
#include <linux/mutex.h>
#include <linux/string.h>

#include "zcring.h"

int zcring_consumer_may_claim(const struct zcring_device *zdev, const struct file *file)
{
	return zdev->consumer && zdev->consumer != file ? -EBUSY : 0;
}

int zcring_consumer_claim(struct zcring_device *zdev, struct file *file)
{
	int err = zcring_consumer_may_claim(zdev, file);

	if (!err)
		zdev->consumer = file;
	return err;
}

int zcring_consumer_lock_io(struct zcring_device *zdev, struct file *file)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_consumer_claim(zdev, file);
	mutex_unlock(&zdev->lock);
	if (err)
		return err;
	/* sysfs claims nothing: another file may have become the consumer since the check above. */
	if (!file)
		return mutex_trylock(&zdev->io_lock) ? 0 : -EBUSY;
	return mutex_lock_interruptible(&zdev->io_lock) ? -ERESTARTSYS : 0;
}

/*
 * Ends the stream, and gives back memory that no other consumer has asked for: a ring larger than
 * the default, and a recording. Unread samples in a smaller ring and all other settings stay. No
 * file can become the consumer before that is done.
 */
void zcring_consumer_close(struct zcring_device *zdev, struct file *file)
{
	struct zcring_consumer *page = zdev->stream.consumer;
	struct zcring_content replaced;
	bool is_consumer;

	/*
	 * No call on @file is left that could make it the consumer. A file that is not the consumer
	 * must not wait for io_lock, which a slow reader may hold.
	 */
	mutex_lock(&zdev->lock);
	is_consumer = zdev->consumer == file;
	mutex_unlock(&zdev->lock);
	if (!is_consumer)
		return;
	mutex_lock(&zdev->io_lock);
	mutex_lock(&zdev->lock);
	zcring_device_stop(zdev);
	/*
	 * No mapping of the page is left. An observer's poll() may still read the struct, but
	 * nothing behind it.
	 */
	zcring_stream_reset_consumer(&zdev->stream);
	memset(page + 1, 0, PAGE_SIZE - sizeof(*page));
	zdev->owns_stream = false;
	mutex_unlock(&zdev->lock);
	zcring_device_give_back_ring(zdev);
	mutex_lock(&zdev->lock);
	zdev->consumer = NULL;
	zcring_scene_give_back(zdev, &replaced);
	mutex_unlock(&zdev->lock);
	zcring_scene_free(&replaced);
	mutex_unlock(&zdev->io_lock);
}
