// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "engine/front.h"
#include "zcring.h"
#include "zcring_trace.h"

/* The last file, the last mapping and the module itself have let go. */
static void zcring_device_free(struct device *dev)
{
	struct zcring_device *zdev = container_of(dev, struct zcring_device, dev);

	if (zdev->dma)
		zdev->ops->free(zdev->dma);
	zcring_area_free(&zdev->next_scene_samples);
	zcring_area_free(&zdev->scene_samples);
	zcring_ring_unmap_dma(&zdev->ring); /* of a board that could not be plugged */
	zcring_ring_free(&zdev->ring);
	zcring_area_free(&zdev->consumer_page);
	zcring_area_free(&zdev->meta);
	mutex_destroy(&zdev->lock);
	mutex_destroy(&zdev->io_lock);
	kfree(zdev);
}

int zcring_device_may_alloc(struct zcring_device *zdev, u64 bytes)
{
	u64 held = zcring_ring_bytes(&zdev->ring) + zcring_area_bytes(&zdev->scene_samples) +
		   zcring_area_bytes(&zdev->next_scene_samples);
	u64 most = zcring_memory_limit();

	if (bytes <= most && held <= most - bytes)
		return 0;
	dev_err_ratelimited(
		&zdev->dev,
		"%llu bytes for a ring or a scene, besides the %llu held, are more than the %llu that the parameter memory_bytes_max allows\n",
		bytes, held, most);
	return -ENOMEM;
}

/* Where memory has to lie to be reached without a bounce buffer. */
static gfp_t zcring_dma_zone(struct device *dev)
{
	if (!dev || !dma_addressing_limited(dev))
		return 0;
	return dma_get_mask(dev) >= DMA_BIT_MASK(32) ? GFP_DMA32 : GFP_DMA;
}

static int zcring_device_alloc_ring(struct zcring_device *zdev, struct zcring_ring *ring,
				    const struct zcring_config *config)
{
	int err;

	err = zcring_device_may_alloc(zdev, zcring_config_bytes(config));
	if (err)
		return err;
	return zcring_ring_alloc(ring, config, zdev->zone);
}

static int zcring_device_map_ring(struct zcring_device *zdev, struct zcring_ring *ring)
{
	return zdev->dma_dev ? zcring_ring_map_dma(ring, zdev->dma_dev) : 0;
}

/* What is built here, zcring_device_free() takes down, however far it came. */
static int zcring_device_build(struct zcring_device *zdev, const struct zcring_config *config,
			       void *board)
{
	void *dma;
	int err;

	err = zcring_area_alloc(&zdev->meta, PAGE_SIZE);
	if (err)
		return err;
	err = zcring_area_alloc(&zdev->consumer_page, PAGE_SIZE);
	if (err)
		return err;
	err = zcring_device_alloc_ring(zdev, &zdev->ring, config);
	if (err)
		return err;
	err = zcring_device_map_ring(zdev, &zdev->ring);
	if (err)
		return err;
	zdev->config = *config;
	zdev->stream.meta = zdev->meta.address;
	zdev->stream.consumer = zdev->consumer_page.address;
	zcring_ring_attach(&zdev->ring, config, &zdev->stream);
	dma = zdev->ops->alloc(zdev, board, config);
	if (IS_ERR(dma))
		return PTR_ERR(dma);
	zdev->dma = dma;
	zcring_scene_init(zdev);
	return 0;
}

struct zcring_device *zcring_device_alloc(dev_t number, const struct zcring_config *config,
					   const struct zcring_source *source)
{
	struct zcring_device *zdev = kzalloc(sizeof(*zdev), GFP_KERNEL);
	int err;

	if (!zdev)
		return ERR_PTR(-ENOMEM);
	mutex_init(&zdev->io_lock);
	mutex_init(&zdev->lock);
	init_waitqueue_head(&zdev->wait);
	zdev->ops = source->ops;
	zdev->dma_dev = source->dev;
	zdev->zone = zcring_dma_zone(source->dev);
	device_initialize(&zdev->dev);
	zdev->dev.class = &zcring_class;
	zdev->dev.parent = source->dev;
	zdev->dev.devt = number;
	zdev->dev.groups = zcring_groups;
	zdev->dev.release = zcring_device_free;
	err = dev_set_name(&zdev->dev, "zcring%u", MINOR(number));
	if (err)
		goto out_put_device;
	err = zcring_device_build(zdev, config, source->board);
	if (err)
		goto out_put_device;
	err = zcring_worker_init(zdev);
	if (err)
		goto out_put_device;
	cdev_init(&zdev->cdev, &zcring_fops);
	zdev->cdev.owner = source->ops->owner;
	return zdev;

out_put_device:
	put_device(&zdev->dev);
	return ERR_PTR(err);
}

int zcring_device_register(struct zcring_device *zdev)
{
	int err = cdev_device_add(&zdev->cdev, &zdev->dev);

	if (err)
		return err;
	zcring_debugfs_register(zdev);
	WRITE_ONCE(zdev->is_registered, true);
	return 0;
}

void zcring_device_unmap_dma(struct zcring_device *zdev)
{
	mutex_lock(&zdev->lock);
	zcring_ring_unmap_dma(&zdev->ring);
	zdev->dma_dev = NULL;
	mutex_unlock(&zdev->lock);
}

void zcring_device_put(struct zcring_device *zdev)
{
	zcring_worker_exit(zdev);
	put_device(&zdev->dev);
}

void zcring_device_unregister(struct zcring_device *zdev)
{
	zcring_debugfs_unregister(zdev);
	cdev_device_del(&zdev->cdev, &zdev->dev);
	zcring_device_unplug(zdev);
}

void zcring_device_notify(struct zcring_device *zdev)
{
	zcring_trace_changes(zdev);
	if (zdev->stream.state != ZCRING_STATE_RUNNING) {
		zcring_worker_stop(zdev);
		wake_up_interruptible_all(&zdev->wait);
	} else if (wq_has_sleeper(&zdev->wait) && zcring_stream_readable(&zdev->stream)) {
		trace_zcring_wake(zdev);
		wake_up_interruptible_poll(&zdev->wait, EPOLLIN | EPOLLRDNORM);
	}
}

void zcring_device_unplug(struct zcring_device *zdev)
{
	mutex_lock(&zdev->lock);
	zcring_stream_unplug(&zdev->stream);
	zcring_device_notify(zdev);
	mutex_unlock(&zdev->lock);
}

int zcring_device_lock(struct zcring_device *zdev)
{
	if (mutex_lock_interruptible(&zdev->lock))
		return -ERESTARTSYS;
	if (zdev->stream.state != ZCRING_STATE_GONE)
		return 0;
	mutex_unlock(&zdev->lock);
	return -ENODEV;
}

int zcring_device_may_claim(const struct zcring_device *zdev, const struct file *file)
{
	return zdev->consumer && zdev->consumer != file ? -EBUSY : 0;
}

int zcring_device_claim(struct zcring_device *zdev, struct file *file)
{
	int err = zcring_device_may_claim(zdev, file);

	if (!err)
		zdev->consumer = file;
	return err;
}

int zcring_device_lock_io(struct zcring_device *zdev, struct file *file)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_device_claim(zdev, file);
	mutex_unlock(&zdev->lock);
	if (err)
		return err;
	/* As sysfs claims nothing, there may be a consumer by now. */
	if (!file)
		return mutex_trylock(&zdev->io_lock) ? 0 : -EBUSY;
	return mutex_lock_interruptible(&zdev->io_lock) ? -ERESTARTSYS : 0;
}

/* The stream ends; what was not read stays, and so do the settings. */
void zcring_device_release_consumer(struct zcring_device *zdev, struct file *file)
{
	struct zcring_consumer *page = zdev->stream.consumer;
	bool is_consumer;

	/* No call is left that could make it one; others must not wait for a slow reader. */
	mutex_lock(&zdev->lock);
	is_consumer = zdev->consumer == file;
	mutex_unlock(&zdev->lock);
	if (!is_consumer)
		return;
	mutex_lock(&zdev->io_lock);
	mutex_lock(&zdev->lock);
	zcring_device_stop(zdev);
	zcring_scene_abandon(zdev);
	/* No mapping is left. An observer's poll() may look, but not beyond the struct. */
	zcring_stream_forget_consumer(&zdev->stream);
	memset(page + 1, 0, PAGE_SIZE - sizeof(*page));
	zdev->owns_stream = false;
	zdev->consumer = NULL;
	mutex_unlock(&zdev->lock);
	mutex_unlock(&zdev->io_lock);
}

/* Whatever a board forgets to fill: no byte of the stack gets out, and nothing is divided by 0. */
void zcring_device_get_tuning(struct zcring_device *zdev, struct zcring_tuning *tuning)
{
	memset(tuning, 0, sizeof(*tuning));
	tuning->rate_den = 1;
	zdev->ops->get_tuning(zdev->dma, ktime_get_ns(), tuning);
}

/* The rate may have been changed by a command, perhaps a timed one, since it was set. */
void zcring_device_get_config(struct zcring_device *zdev, struct zcring_config *config)
{
	struct zcring_tuning tuning;

	zcring_device_get_tuning(zdev, &tuning);
	*config = zdev->config;
	config->rate_num = tuning.rate_num;
	config->rate_den = tuning.rate_den;
}

int zcring_device_start(struct zcring_device *zdev, const struct zcring_start *start)
{
	u64 mono_ns = ktime_get_ns();
	int err;

	if (zdev->next_scene_samples.pages)
		return -ENODATA;
	err = zdev->ops->start(zdev->dma, start, mono_ns, ktime_get_real_ns());
	if (err)
		return err;
	zdev->owns_stream = true;
	zcring_worker_start(zdev, mono_ns + start->delay_ns);
	zcring_device_notify(zdev);
	return 0;
}

void zcring_device_stop(struct zcring_device *zdev)
{
	zdev->ops->stop(zdev->dma, ktime_get_ns());
	zcring_device_notify(zdev);
}

int zcring_device_control(struct zcring_device *zdev, const struct zcring_control *control)
{
	int err = zdev->ops->control(zdev->dma, control, ktime_get_ns());

	zcring_device_notify(zdev);
	return err;
}

int zcring_device_inject(struct zcring_device *zdev, enum zcring_injection kind, s64 amount)
{
	int err = zdev->ops->inject(zdev->dma, kind, amount, ktime_get_ns());

	zcring_device_notify(zdev);
	return err;
}

void zcring_device_account(struct zcring_device *zdev)
{
	zcring_stream_account(&zdev->stream);
	zcring_device_notify(zdev);
}

static bool zcring_same_geometry(const struct zcring_config *a, const struct zcring_config *b)
{
	return a->format == b->format && a->channels == b->channels && a->ring_bytes == b->ring_bytes;
}

/* With the lock held. */
static int zcring_may_configure(struct zcring_device *zdev, struct file *file,
				const struct zcring_config *config)
{
	int err = zcring_device_claim(zdev, file);

	if (err)
		return err;
	if (zdev->stream.state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	if (!zcring_same_geometry(config, &zdev->config) && atomic_read(&zdev->mappings))
		return -EBUSY;
	return 0;
}

/* Takes @ring's memory and leaves the old memory in it; without pages, the ring stays. */
static int zcring_exchange_ring(struct zcring_device *zdev, struct file *file,
				const struct zcring_config *config, struct zcring_ring *ring)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_may_configure(zdev, file, config);
	if (err)
		goto out_unlock;
	if (ring->burst_ends) {
		err = zcring_device_map_ring(zdev, ring);
		if (err)
			goto out_unlock;
		swap(zdev->ring, *ring);
		zcring_ring_attach(&zdev->ring, config, &zdev->stream);
	}
	zdev->config = *config;
	zdev->ops->configure(zdev->dma, config);
	zcring_ring_unmap_dma(ring); /* the hardware has let go of it */
	zcring_device_notify(zdev);
out_unlock:
	mutex_unlock(&zdev->lock);
	return err;
}

int zcring_device_configure_locked(struct zcring_device *zdev, struct file *file,
				   const struct zcring_config *config)
{
	struct zcring_ring ring = {};
	int err;

	err = zcring_config_check(config, PAGE_SIZE);
	if (err)
		return err;
	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_may_configure(zdev, file, config);
	mutex_unlock(&zdev->lock);
	/* io_lock keeps the geometry; the memory is got without keeping observers waiting. */
	if (!err && !zcring_same_geometry(config, &zdev->config))
		err = zcring_device_alloc_ring(zdev, &ring, config);
	if (!err)
		err = zcring_exchange_ring(zdev, file, config, &ring);
	zcring_ring_free(&ring);
	return err;
}

int zcring_device_configure(struct zcring_device *zdev, struct file *file,
			    const struct zcring_config *config)
{
	int err;

	err = zcring_config_check(config, PAGE_SIZE); /* no one becomes the consumer by mistake */
	if (err)
		return err;
	err = zcring_device_lock_io(zdev, file);
	if (err)
		return err;
	err = zcring_device_configure_locked(zdev, file, config);
	mutex_unlock(&zdev->io_lock);
	return err;
}
