// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A live feed in the driver: the memory of its ring (engine/feed.h), and what its feeder does. The
 * feeder writes whole frames, as read() returns them: a sample of channel 0, of channel 1, and so
 * on.
 *
 * The feeder writes into the ring with feed_lock held and without the device's lock, while the
 * engine takes samples: the ring orders both. A feeder that waits for room holds no lock.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "engine/config.h"
#include "engine/feed.h"
#include "engine/sample.h"
#include "zcring.h"

#define ZCRING_LIVE_STEP_BYTES	  SZ_64K /* of frames, copied before they are published */
#define ZCRING_LIVE_DEFAULT_BYTES SZ_64M /* at most, of all channels, where the driver chooses */

/**
 * struct zcring_live_feed - a live feed
 * @ring: the ring; its private fields are protected by feed_lock
 * @written: memory of @ring
 * @taken: memory of @ring
 * @data: memory of @ring, one area for each channel
 * @bytes: charged to the module's account
 * @position: index of the next sample to be written, for those who wait without feed_lock
 * @is_closed: its feeder is gone, or has ended it: nothing more is written. Protected by feed_lock
 * @step: frames on their way to the rings of several channels; NULL for one channel
 * @rcu: frees the struct when nobody asks for its room any more
 */
struct zcring_live_feed {
	struct zcring_feed_ring ring;
	struct zcring_feed_written written;
	struct zcring_feed_taken taken;
	struct zcring_area data[ZCRING_CHANNELS_MAX];
	u64 bytes;
	u64 position;
	bool is_closed;
	u8 *step;
	struct rcu_head rcu;
};

/*
 * Samples of each channel for a buffer that @scene asks for, a page of memory at least; 0 if it
 * would be too large.
 */
static u64 zcring_live_samples(const struct zcring_scene *scene)
{
	u32 sample_bytes = zcring_sample_bytes(scene->format);
	u32 frame_bytes = sample_bytes * max(scene->channels, 1U);
	u64 least = max_t(u64, ZCRING_FEED_SAMPLES_MIN, PAGE_SIZE / sample_bytes);
	u64 samples = scene->samples;

	if (!samples) /* a second */
		samples = min(div64_u64(scene->rate_num, scene->rate_den) + 1,
			      (u64)rounddown_pow_of_two(ZCRING_LIVE_DEFAULT_BYTES / frame_bytes));
	if (samples > ZCRING_SCENE_BYTES_MAX / frame_bytes)
		return 0;
	samples = roundup_pow_of_two(max(samples, least));
	return samples > ZCRING_SCENE_BYTES_MAX / frame_bytes ? 0 : samples;
}

void zcring_live_free(struct zcring_live_feed *live)
{
	u32 c;

	if (!live)
		return;
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		zcring_area_free(&live->data[c]);
	zcring_account_uncharge(live->bytes);
	kvfree(live->step);
	kvfree_rcu(live, rcu);
}

static int zcring_live_alloc_ring(struct zcring_live_feed *live, u64 samples)
{
	struct zcring_feed_ring *ring = &live->ring;
	int err;
	u32 c;

	if (ring->channels > 1) {
		live->step = kvmalloc(ZCRING_LIVE_STEP_BYTES, GFP_KERNEL_ACCOUNT);
		if (!live->step)
			return -ENOMEM;
	}
	for (c = 0; c < ring->channels; c++) {
		err = zcring_area_alloc(&live->data[c], samples * ring->sample_bytes);
		if (err)
			return err;
		ring->data[c] = live->data[c].address;
	}
	ring->written = &live->written;
	ring->taken = &live->taken;
	ring->samples = samples;
	zcring_feed_init(ring);
	return 0;
}

struct zcring_live_feed *zcring_live_alloc(struct zcring_device *zdev,
					   const struct zcring_scene *scene)
{
	u32 channels = max(scene->channels, 1U);
	u64 samples = zcring_live_samples(scene);
	struct zcring_live_feed *live;
	u64 bytes;
	int err;

	if (!samples)
		return ERR_PTR(-EINVAL);
	bytes = samples * zcring_sample_bytes(scene->format) * channels;
	live = kvzalloc(sizeof(*live), GFP_KERNEL_ACCOUNT);
	if (!live)
		return ERR_PTR(-ENOMEM);
	err = zcring_device_charge(zdev, bytes);
	if (err)
		goto out_free_live;
	live->bytes = bytes;
	live->ring.channels = channels;
	live->ring.sample_bytes = zcring_sample_bytes(scene->format);
	err = zcring_live_alloc_ring(live, samples);
	if (err)
		goto out_free_live;
	return live;

out_free_live:
	zcring_live_free(live);
	return ERR_PTR(err);
}

const void *zcring_live_ring(const struct zcring_live_feed *live)
{
	return &live->ring;
}

bool zcring_live_may_wake(struct zcring_device *zdev)
{
	const struct zcring_live_feed *live;
	bool has_room = true;
	s64 room;

	rcu_read_lock();
	live = rcu_dereference(zdev->antenna.live);
	if (live) {
		room = zcring_ring_load_freed(&live->taken) + live->ring.samples -
		       READ_ONCE(live->position);
		has_room = room >= (s64)live->ring.samples / 4 || READ_ONCE(live->is_closed);
	}
	rcu_read_unlock();
	return has_room || zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE;
}

void zcring_live_wake(struct zcring_device *zdev)
{
	wait_queue_head_t *wait = &zdev->antenna.wait;

	if (!wq_has_sleeper(wait) || !zcring_live_may_wake(zdev)) /* fences, as ring.h has it (F) */
		return;
	if (zdev->stream.state == ZCRING_STATE_GONE)
		wake_up_interruptible_all(wait);
	else
		wake_up_interruptible_poll(wait, EPOLLOUT | EPOLLWRNORM);
}

/* With feed_lock held: the feed to which the feeder writes, or NULL. */
static struct zcring_live_feed *zcring_live_get(struct zcring_device *zdev)
{
	struct zcring_live_feed *live = rcu_dereference_protected(
		zdev->antenna.live, lockdep_is_held(&zdev->antenna.feed_lock));

	return live && !live->is_closed ? live : NULL;
}

/* With feed_lock held, after each change of what is written. */
static void zcring_live_publish_position(struct zcring_live_feed *live)
{
	WRITE_ONCE(live->position, zcring_feed_position(&live->ring));
}

/* Copies @n samples of the only channel to their place in the ring. */
static int zcring_live_copy_plain(struct zcring_live_feed *live, const char __user *from, u64 n)
{
	struct zcring_feed_ring *ring = &live->ring;
	u64 place = zcring_feed_place(ring);
	u64 run = min(n, ring->samples - place);
	u32 bytes = ring->sample_bytes;

	if (copy_from_user(ring->data[0] + place * bytes, from, run * bytes) ||
	    copy_from_user(ring->data[0], from + run * bytes, (n - run) * bytes))
		return -EFAULT;
	return 0;
}

/* The same of several channels, whose samples come in turn. */
static int zcring_live_copy_frames(struct zcring_live_feed *live, const char __user *from, u64 n)
{
	struct zcring_feed_ring *ring = &live->ring;
	u64 place = zcring_feed_place(ring);
	u32 bytes = ring->sample_bytes;
	const u8 *sample = live->step;
	u32 c;

	if (copy_from_user(live->step, from, n * bytes * ring->channels))
		return -EFAULT;
	for (; n; n--, place = zcring_ring_place(place + 1, ring->samples))
		for (c = 0; c < ring->channels; c++, sample += bytes)
			memcpy(ring->data[c] + place * bytes, sample, bytes);
	return 0;
}

/*
 * With feed_lock held: writes as many of @frames frames as there is room for; late ones are counted
 * and not copied. Number of frames, or an error if there were none.
 */
static ssize_t zcring_live_write_some(struct zcring_live_feed *live, const char __user *from,
				      size_t frames)
{
	struct zcring_feed_ring *ring = &live->ring;
	u32 frame_bytes = ring->sample_bytes * ring->channels;
	size_t done = 0;
	int err = 0;
	u64 n;

	while (done < frames && !signal_pending(current)) {
		n = min_t(u64, zcring_feed_room(ring), frames - done);
		if (!n)
			break;
		if (zcring_feed_late(ring)) {
			n = min(n, zcring_feed_late(ring));
		} else {
			n = min_t(u64, n, ZCRING_LIVE_STEP_BYTES / frame_bytes);
			err = ring->channels == 1 ?
				      zcring_live_copy_plain(live, from + done * frame_bytes, n) :
				      zcring_live_copy_frames(live, from + done * frame_bytes, n);
		}
		if (err)
			break;
		zcring_feed_commit(ring, n);
		zcring_live_publish_position(live);
		done += n;
		cond_resched();
	}
	return done ?: err;
}

/* One turn of zcring_live_write(): bytes that were written, 0 if there is no room. */
static ssize_t zcring_live_write_turn(struct file *file, const char __user *from, size_t bytes)
{
	struct zcring_device *zdev = file->private_data;
	struct zcring_live_feed *live;
	ssize_t result;
	u32 frame_bytes;

	result = zcring_feeder_lock(zdev, file);
	if (result)
		return result;
	live = zcring_live_get(zdev);
	result = -ENOSPC;
	if (!live)
		goto out_unlock;
	frame_bytes = live->ring.sample_bytes * live->ring.channels;
	result = -EINVAL;
	if (bytes < frame_bytes)
		goto out_unlock;
	result = zcring_live_write_some(live, from, bytes / frame_bytes);
	if (result > 0)
		result *= frame_bytes;
out_unlock:
	mutex_unlock(&zdev->antenna.feed_lock);
	return result;
}

ssize_t zcring_live_write(struct file *file, const char __user *from, size_t bytes)
{
	struct zcring_device *zdev = file->private_data;
	ssize_t done = 0;
	ssize_t n;

	while (bytes) {
		n = zcring_live_write_turn(file, from + done, bytes - done);
		if (n == -EINVAL && done) /* a part of a frame is left */
			return done;
		if (n < 0)
			return done ?: n;
		done += n;
		if ((size_t)done == bytes)
			return done;
		if (signal_pending(current)) /* there may be room: the wait below would not look */
			return done ?: -ERESTARTSYS;
		if (n) /* perhaps only a part of a frame is left */
			continue;
		if (file->f_flags & O_NONBLOCK)
			return done ?: -EAGAIN;
		if (wait_event_interruptible(zdev->antenna.wait, zcring_live_may_wake(zdev)))
			return done ?: -ERESTARTSYS;
	}
	return 0;
}

int zcring_live_until(struct file *file, const struct zcring_feed_until *until)
{
	struct zcring_device *zdev = file->private_data;
	struct zcring_live_feed *live;
	int err;

	if (!zcring_all_zero(until->reserved, 3))
		return -EINVAL;
	err = zcring_feeder_lock(zdev, file);
	if (err)
		return err;
	live = zcring_live_get(zdev);
	err = live ? zcring_feed_announce(&live->ring, until->index) : -ENODATA;
	if (!err)
		zcring_live_publish_position(live);
	mutex_unlock(&zdev->antenna.feed_lock);
	return err;
}

int zcring_live_end(struct file *file)
{
	struct zcring_device *zdev = file->private_data;
	struct zcring_live_feed *live;
	int err;

	err = zcring_feeder_lock(zdev, file);
	if (err)
		return err;
	live = zcring_live_get(zdev);
	if (live) {
		zcring_feed_end(&live->ring);
		WRITE_ONCE(live->is_closed, true);
		wake_up_interruptible_all(&zdev->antenna.wait);
	}
	mutex_unlock(&zdev->antenna.feed_lock);
	return live ? 0 : -ENODATA;
}

/* What was written is still played; then the antenna is silent, which is no underflow. */
void zcring_live_close(struct zcring_device *zdev)
{
	struct zcring_live_feed *live = zcring_live_get(zdev);

	if (!live)
		return;
	zcring_feed_announce(&live->ring,
			     zcring_ring_load_clock(&live->taken) + ZCRING_SCENE_SAMPLES_MAX);
	WRITE_ONCE(live->is_closed, true);
	wake_up_interruptible_all(&zdev->antenna.wait);
}
