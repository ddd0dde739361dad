// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scene on the air. A recording is first announced by an ioctl, then written; it replaces the
 * old scene when its last byte was written, so that after a failure the old scene stays on the
 * air.
 *
 * Memory is allocated and freed without the device's lock. A scene changes also while the stream
 * runs, but only by the feeder, or by sysfs while there is no feeder.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "engine/antenna.h"
#include "zcring.h"

#define ZCRING_WRITE_STEP SZ_1M /* bytes copied before other tasks may run */

void zcring_scene_abandon(struct zcring_device *zdev, struct zcring_content *content)
{
	struct zcring_antenna_node *node = &zdev->antenna;

	*content = (struct zcring_content){ .samples = node->next_samples };
	node->next_samples = (struct zcring_area){};
	node->next_bytes = 0;
	node->next_written = 0;
}

void zcring_scene_free(struct zcring_content *content)
{
	u64 bytes = zcring_area_bytes(&content->samples);

	zcring_area_free(&content->samples);
	zcring_account_uncharge(bytes);
	zcring_live_free(content->live);
}

void zcring_scene_free_all(struct zcring_device *zdev)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	struct zcring_content content = {
		.samples = node->samples,
		.live = rcu_dereference_protected(node->live, true),
	};

	zcring_scene_free(&content);
	zcring_scene_abandon(zdev, &content);
	zcring_scene_free(&content);
}

/* Memory for @bytes of a scene, charged: 0, or an error without memory. */
static int zcring_scene_alloc(struct zcring_device *zdev, struct zcring_area *samples, u64 bytes)
{
	int err;

	err = zcring_device_charge(zdev, bytes);
	if (err)
		return err;
	err = zcring_area_alloc(samples, bytes);
	if (err)
		zcring_account_uncharge(bytes);
	return err;
}

/*
 * With zcring_device.lock held, and feed_lock for a live feed or after one, unless there is no
 * feeder. Exchanges @content with the content of the scene before; after an error both are as
 * before.
 */
static int zcring_scene_put_on_air(struct zcring_device *zdev, const struct zcring_scene *scene,
				   struct zcring_content *content)
{
	const void *memory = content->live ? zcring_live_ring(content->live) :
					     content->samples.address;
	struct zcring_antenna_node *node = &zdev->antenna;
	int err = zdev->ops->set_scene(zdev->dma, scene, memory);

	if (!err) {
		node->scene = *scene;
		swap(node->samples, content->samples);
		content->live =
			rcu_replace_pointer(node->live, content->live, lockdep_is_held(&zdev->lock));
		wake_up_interruptible_all(&node->wait);
	}
	zcring_device_notify(zdev);
	return err;
}

void zcring_scene_give_back(struct zcring_device *zdev, struct zcring_content *content)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	u32 kind = node->scene.kind;

	*content = (struct zcring_content){};
	if (node->feeder || zdev->consumer)
		return;
	if (kind == ZCRING_SCENE_MEMORY || kind == ZCRING_SCENE_FEED)
		zcring_scene_put_on_air(zdev, &node->default_scene, content);
}

/* A tone, at the frequency to which a new device is tuned. Before the device is registered. */
void zcring_scene_init(struct zcring_device *zdev)
{
	struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE };

	if (!zdev->ops->set_scene)
		return;
	tone.freq_uhz = zdev->snapshot.tuning.channel[0].freq_uhz;
	zdev->antenna.scene = tone;
	zdev->antenna.default_scene = tone;
	zdev->ops->set_scene(zdev->dma, &tone, NULL);
	zcring_snapshot_publish(zdev);
}

static u64 zcring_scene_bytes(const struct zcring_scene *scene)
{
	return zcring_scene_segments_bytes(scene) + zcring_scene_samples_bytes(scene);
}

/* With feed_lock held. On return @content and @old hold memory that the caller frees. */
static int zcring_scene_apply(struct zcring_device *zdev, struct file *file,
			      const struct zcring_scene *scene, struct zcring_content *content,
			      struct zcring_content *old)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	zcring_scene_abandon(zdev, old);
	if (scene->kind == ZCRING_SCENE_MEMORY) {
		node->next = *scene;
		node->next_bytes = zcring_scene_bytes(scene);
		swap(node->next_samples, content->samples);
	} else {
		err = zcring_scene_put_on_air(zdev, scene, content);
		if (!err && !file)
			node->default_scene = *scene;
	}
	mutex_unlock(&zdev->lock);
	return err;
}

/* The memory that @scene needs: 0, or an error with nothing allocated. */
static int zcring_scene_alloc_content(struct zcring_device *zdev, const struct zcring_scene *scene,
				      struct zcring_content *content)
{
	struct zcring_live_feed *live;

	if (scene->kind == ZCRING_SCENE_MEMORY)
		return zcring_scene_alloc(zdev, &content->samples,
					  PAGE_ALIGN(zcring_scene_bytes(scene)));
	if (scene->kind != ZCRING_SCENE_FEED)
		return 0;
	live = zcring_live_alloc(zdev, scene);
	if (IS_ERR(live))
		return PTR_ERR(live);
	content->live = live;
	return 0;
}

/* With feed_lock held. */
static int zcring_scene_set_locked(struct zcring_device *zdev, struct file *file,
				   const struct zcring_scene *scene)
{
	struct zcring_content content = {};
	struct zcring_content old = {};
	int err;

	err = zcring_scene_alloc_content(zdev, scene, &content);
	if (!err)
		err = zcring_scene_apply(zdev, file, scene, &content, &old);
	zcring_scene_free(&old);
	zcring_scene_free(&content);
	return err;
}

int zcring_scene_set(struct zcring_device *zdev, struct file *file, const struct zcring_scene *scene)
{
	int err;

	if (!zdev->ops->set_scene)
		return -EOPNOTSUPP;
	err = zcring_scene_check(scene);
	if (err)
		return err;
	if (scene->kind != ZCRING_SCENE_FEED && !zcring_scene_fits_memory(scene))
		return -EINVAL;
	err = zcring_feeder_lock(zdev, file);
	if (err)
		return err;
	err = zcring_scene_set_locked(zdev, file, scene);
	mutex_unlock(&zdev->antenna.feed_lock);
	return err;
}

/* With feed_lock held. Number of @bytes that were copied, or an error if none were. */
static ssize_t zcring_scene_copy(struct zcring_antenna_node *node, const char __user *from,
				 size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		size_t step = min_t(size_t, bytes - done, ZCRING_WRITE_STEP);

		if (signal_pending(current))
			return done ? done : -ERESTARTSYS;
		if (copy_from_user(node->next_samples.address + node->next_written, from + done, step))
			return done ? done : -EFAULT;
		node->next_written += step;
		done += step;
		cond_resched();
	}
	return done;
}

/* With feed_lock held: clips the floats of a completely written scene at full scale. */
static void zcring_scene_clip(struct zcring_antenna_node *node)
{
	u32 sample_bytes = zcring_sample_bytes(node->next.format);
	u64 step = ZCRING_WRITE_STEP / sample_bytes;
	u8 *at = node->next_samples.address + zcring_scene_segments_bytes(&node->next);
	u64 rest = zcring_scene_samples_bytes(&node->next) / sample_bytes;
	u64 run;

	for (; rest; rest -= run, at += run * sample_bytes) {
		run = min(rest, step);
		zcring_samples_clip(node->next.format, at, run);
		cond_resched();
	}
}

/*
 * With feed_lock held: puts a completely written scene on the air. One that is refused then, as its
 * segments contradict each other, is dropped.
 */
static int zcring_scene_finish(struct zcring_device *zdev)
{
	struct zcring_antenna_node *node = &zdev->antenna;
	struct zcring_content old;
	int err;

	if (node->next_written < node->next_bytes)
		return 0;
	err = zcring_segments_check(&node->next, node->next_samples.address);
	if (!err)
		zcring_scene_clip(node);
	mutex_lock(&zdev->lock);
	zcring_scene_abandon(zdev, &old);
	if (!err)
		err = zcring_scene_put_on_air(zdev, &node->next, &old);
	mutex_unlock(&zdev->lock);
	zcring_scene_free(&old);
	return err;
}

/*
 * Writes the announced segments and samples up to their length: a longer write is short, and a
 * write after the last byte fails with ENOSPC, as at the end of a disk; without a scene that is
 * announced, writes to the live feed.
 */
ssize_t zcring_scene_write(struct file *file, const char __user *from, size_t bytes, loff_t *pos)
{
	struct zcring_device *zdev = file->private_data;
	struct zcring_antenna_node *node = &zdev->antenna;
	ssize_t result;
	bool is_recording;

	result = zcring_feeder_lock(zdev, file);
	if (result)
		return result;
	is_recording = node->next_samples.pages;
	if (is_recording) {
		bytes = min_t(u64, bytes, node->next_bytes - node->next_written);
		result = zcring_scene_copy(node, from, bytes);
		result = zcring_scene_finish(zdev) ?: result;
	}
	mutex_unlock(&node->feed_lock);
	return is_recording ? result : zcring_live_write(file, from, bytes);
}
