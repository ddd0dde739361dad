// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feeder of an antenna: the one open file that may put scenes on the air.
 *
 * A file becomes the feeder by its first call that needs to be, and stays the feeder until it is
 * closed. sysfs is never the feeder; it may act only while there is none. The feeder alone sleeps
 * on feed_lock, which is held while user memory is copied.
 */
#include <linux/mutex.h>

#include "zcring.h"

int zcring_feeder_claim(struct zcring_device *zdev, struct file *file)
{
	struct zcring_antenna_node *node = &zdev->antenna;

	if (node->feeder && node->feeder != file)
		return -EBUSY;
	node->feeder = file;
	return 0;
}

int zcring_feeder_lock(struct zcring_device *zdev, struct file *file)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_feeder_claim(zdev, file);
	mutex_unlock(&zdev->lock);
	if (err)
		return err;
	/* sysfs claims nothing: another file may have become the feeder since the check above. */
	if (!file)
		return mutex_trylock(&node->feed_lock) ? 0 : -EBUSY;
	return mutex_lock_interruptible(&node->feed_lock) ? -ERESTARTSYS : 0;
}

/* A scene that is complete stays on the air, a recording as long as the radio has a consumer. */
void zcring_feeder_close(struct zcring_device *zdev, struct file *file)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	struct zcring_content unfinished, replaced;
	bool is_feeder;

	/*
	 * No call on @file is left that could make it the feeder. A file that is not the feeder
	 * must not wait for feed_lock, which a slow feeder may hold.
	 */
	mutex_lock(&zdev->lock);
	is_feeder = node->feeder == file;
	mutex_unlock(&zdev->lock);
	if (!is_feeder)
		return;
	mutex_lock(&node->feed_lock);
	mutex_lock(&zdev->lock);
	zcring_live_close(zdev);
	zcring_scene_abandon(zdev, &unfinished);
	node->feeder = NULL;
	zcring_scene_give_back(zdev, &replaced);
	mutex_unlock(&zdev->lock);
	zcring_scene_free(&unfinished);
	zcring_scene_free(&replaced);
	mutex_unlock(&node->feed_lock);
}
