// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scene on the air. A recording is first announced by an ioctl, then written; it replaces the old
 * scene when its last byte was written, so that after a failure the old scene stays on the air.
 *
 * Memory is allocated and freed without the device's lock. A scene changes only while the stream is
 * stopped, and only by the consumer, or by sysfs while there is no consumer.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "engine/antenna.h"
#include "zcring.h"

#define ZCRING_WRITE_STEP SZ_1M /* bytes copied before other tasks may run */

/* With both locks held. */
static void zcring_scene_clear_next(struct zcring_device *zdev, struct zcring_area *old)
{
	*old = zdev->next_scene_samples;
	zdev->next_scene_samples = (struct zcring_area){};
	zdev->next_scene_bytes = 0;
	zdev->next_scene_written = 0;
}

void zcring_scene_free(struct zcring_area *samples)
{
	u64 bytes = zcring_area_bytes(samples);

	zcring_area_free(samples);
	zcring_account_uncharge(bytes);
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

/* With both locks held; exchanges @content with the old one. */
static void zcring_scene_put_on_air(struct zcring_device *zdev, const struct zcring_scene *scene,
				    struct zcring_area *content)
{
	zdev->scene = *scene;
	swap(zdev->scene_samples, *content);
	zdev->ops->set_scene(zdev->dma, scene, zdev->scene_samples.address);
	zcring_snapshot_publish(zdev);
}

void zcring_scene_give_back(struct zcring_device *zdev, struct zcring_area *next,
			    struct zcring_area *present)
{
	zcring_scene_clear_next(zdev, next);
	*present = (struct zcring_area){};
	if (zdev->scene.kind == ZCRING_SCENE_MEMORY)
		zcring_scene_put_on_air(zdev, &zdev->default_scene, present);
}

/* A tone, at the frequency to which a new device is tuned. */
void zcring_scene_init(struct zcring_device *zdev)
{
	struct zcring_scene tone = { .kind = ZCRING_SCENE_TONE };
	struct zcring_area none = {};

	if (!zdev->ops->set_scene)
		return;
	tone.freq_uhz = zdev->snapshot.tuning.channel[0].freq_uhz;
	zdev->default_scene = tone;
	zcring_scene_put_on_air(zdev, &tone, &none);
}

/* With the lock held. */
static int zcring_scene_may_set(struct zcring_device *zdev, struct file *file)
{
	int err = zcring_consumer_claim(zdev, file);

	if (err)
		return err;
	return zdev->stream.state == ZCRING_STATE_RUNNING ? -EBUSY : 0;
}

static u64 zcring_scene_bytes(const struct zcring_scene *scene)
{
	return zcring_scene_segments_bytes(scene) + zcring_scene_samples_bytes(scene);
}

/* On return @samples and @old hold memory that the caller frees. */
static int zcring_scene_apply(struct zcring_device *zdev, struct file *file,
			      const struct zcring_scene *scene, struct zcring_area *samples,
			      struct zcring_area *old)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_scene_may_set(zdev, file);
	if (err)
		goto out_unlock;
	zcring_scene_clear_next(zdev, old);
	if (scene->kind == ZCRING_SCENE_MEMORY) {
		zdev->next_scene = *scene;
		zdev->next_scene_bytes = zcring_scene_bytes(scene);
		swap(zdev->next_scene_samples, *samples);
	} else {
		zcring_scene_put_on_air(zdev, scene, samples);
		if (!file)
			zdev->default_scene = *scene;
	}
out_unlock:
	mutex_unlock(&zdev->lock);
	return err;
}

int zcring_scene_set(struct zcring_device *zdev, struct file *file, const struct zcring_scene *scene)
{
	struct zcring_area samples = {};
	struct zcring_area old = {};
	int err;

	if (!zdev->ops->set_scene)
		return -EOPNOTSUPP;
	err = zcring_scene_check(scene);
	if (err)
		return err;
	if (scene->kind == ZCRING_SCENE_FEED)
		return -EOPNOTSUPP;
	if (!zcring_scene_fits_memory(scene))
		return -EINVAL;
	err = zcring_consumer_lock_io(zdev, file);
	if (err)
		return err;
	err = zcring_device_lock(zdev);
	if (err)
		goto out_unlock_io;
	err = zcring_scene_may_set(zdev, file);
	mutex_unlock(&zdev->lock);
	if (!err && scene->kind == ZCRING_SCENE_MEMORY)
		err = zcring_scene_alloc(zdev, &samples, PAGE_ALIGN(zcring_scene_bytes(scene)));
	if (!err)
		err = zcring_scene_apply(zdev, file, scene, &samples, &old);
	zcring_scene_free(&old);
	zcring_scene_free(&samples);
out_unlock_io:
	mutex_unlock(&zdev->io_lock);
	return err;
}

/* With io_lock held. Number of @bytes that were copied, or an error if none were. */
static ssize_t zcring_scene_copy(struct zcring_device *zdev, const char __user *from, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		size_t step = min_t(size_t, bytes - done, ZCRING_WRITE_STEP);

		if (signal_pending(current))
			return done ? done : -ERESTARTSYS;
		if (copy_from_user(zdev->next_scene_samples.address + zdev->next_scene_written,
				   from + done, step))
			return done ? done : -EFAULT;
		zdev->next_scene_written += step;
		done += step;
		cond_resched();
	}
	return done;
}

/* With io_lock held: clips the floats of a completely written scene at full scale. */
static void zcring_scene_clip(struct zcring_device *zdev)
{
	u32 sample_bytes = zcring_sample_bytes(zdev->next_scene.format);
	u64 step = ZCRING_WRITE_STEP / sample_bytes;
	u8 *at = zdev->next_scene_samples.address + zcring_scene_segments_bytes(&zdev->next_scene);
	u64 rest = zcring_scene_samples_bytes(&zdev->next_scene) / sample_bytes;
	u64 run;

	for (; rest; rest -= run, at += run * sample_bytes) {
		run = min(rest, step);
		zcring_samples_clip(zdev->next_scene.format, at, run);
		cond_resched();
	}
}

/*
 * With io_lock held: puts a completely written scene on the air. One whose segments contradict each
 * other is dropped.
 */
static int zcring_scene_finish(struct zcring_device *zdev)
{
	struct zcring_area old;
	int err;

	if (zdev->next_scene_written < zdev->next_scene_bytes)
		return 0;
	err = zcring_segments_check(&zdev->next_scene, zdev->next_scene_samples.address);
	if (!err)
		zcring_scene_clip(zdev);
	mutex_lock(&zdev->lock);
	zcring_scene_clear_next(zdev, &old);
	if (!err)
		zcring_scene_put_on_air(zdev, &zdev->next_scene, &old);
	mutex_unlock(&zdev->lock);
	zcring_scene_free(&old);
	return err;
}

/* With io_lock held: 0 if @file may write and a scene is being written, else an error. */
static int zcring_scene_may_write(struct zcring_device *zdev, struct file *file)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_consumer_claim(zdev, file);
	mutex_unlock(&zdev->lock);
	if (err)
		return err;
	return zdev->next_scene_samples.pages ? 0 : -ENOSPC;
}

/*
 * Writes the announced segments and samples up to their length: a longer write is short, and a write
 * after the last byte fails with ENOSPC, as at the end of a disk.
 */
ssize_t zcring_scene_write(struct file *file, const char __user *from, size_t bytes, loff_t *pos)
{
	struct zcring_device *zdev = zcring_file_device(file);
	ssize_t result;

	result = zcring_consumer_lock_io(zdev, file);
	if (result)
		return result;
	result = zcring_scene_may_write(zdev, file);
	if (!result) {
		bytes = min_t(u64, bytes, zdev->next_scene_bytes - zdev->next_scene_written);
		result = zcring_scene_copy(zdev, from, bytes);
		result = zcring_scene_finish(zdev) ?: result;
	}
	mutex_unlock(&zdev->io_lock);
	return result;
}
