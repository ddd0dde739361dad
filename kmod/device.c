// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The life of a device and the calls of its DMA engine.
 *
 * alloc, register, unregister, put; the last reference (of a file, of a mapping through its file,
 * or of the caller of zcring_device_alloc()) frees it. Unregistering ends the stream for good but
 * leaves all memory in place, so that open files and mappings stay valid.
 *
 * Every call of a zcring_dma_ops operation is made with the device's lock held, and every call
 * that may move the head or change the state ends with zcring_device_notify().
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "zcring.h"
#include "zcring_trace.h"

/* Called when the last reference is dropped. */
static void zcring_device_free(struct device *dev)
{
	struct zcring_device *zdev = container_of(dev, struct zcring_device, dev);

	if (zdev->dma)
		zdev->ops->free(zdev->dma);
	zcring_scene_free_all(zdev);
	if (zdev->ring) {
		zcring_ring_unmap_dma(zdev->ring); /* of a board that could not be registered */
		zcring_ring_put(zdev->ring);
	}
	iput(zdev->inode);
	zcring_area_free(&zdev->consumer_page);
	zcring_area_free(&zdev->meta);
	mutex_destroy(&zdev->antenna.feed_lock);
	mutex_destroy(&zdev->lock);
	mutex_destroy(&zdev->dma_lock);
	mutex_destroy(&zdev->io_lock);
	kfree(zdev);
}

/* The zone from which @dev reaches all memory without a bounce buffer; 0: any zone. */
static gfp_t zcring_device_zone(struct device *dev)
{
	if (!dev || !dma_addressing_limited(dev))
		return 0;
	return dma_get_mask(dev) >= DMA_BIT_MASK(32) ? GFP_DMA32 : GFP_DMA;
}

/* After an error, zcring_device_free() frees every part that was allocated. */
static int zcring_device_build(struct zcring_device *zdev, const struct zcring_config *config,
			       void *board)
{
	struct zcring_ring *ring;
	void *dma;
	int err;

	zdev->inode = zcring_inode_alloc();
	if (IS_ERR(zdev->inode)) {
		err = PTR_ERR(zdev->inode);
		zdev->inode = NULL;
		return err;
	}
	err = zcring_area_alloc(&zdev->meta, PAGE_SIZE);
	if (err)
		return err;
	err = zcring_area_alloc(&zdev->consumer_page, PAGE_SIZE);
	if (err)
		return err;
	ring = zcring_device_alloc_ring(zdev, config);
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	zdev->ring = ring;
	err = zcring_device_map_ring(zdev, ring);
	if (err)
		return err;
	zdev->config = *config;
	zdev->default_config = *config;
	zdev->stream.meta = zdev->meta.address;
	zdev->stream.consumer = zdev->consumer_page.address;
	zcring_ring_attach(ring, config, &zdev->stream);
	dma = zdev->ops->alloc(zdev, board, config);
	if (IS_ERR(dma))
		return PTR_ERR(dma);
	zdev->dma = dma;
	zcring_snapshot_publish(zdev);
	zcring_scene_init(zdev);
	return 0;
}

/* Not of the class, to which the antennas belong, too. */
static const struct device_type zcring_device_type = {
	.name = "zcring_radio",
	.pm = pm_sleep_ptr(&zcring_power_ops),
};

struct zcring_device *zcring_device_alloc(dev_t number, const struct zcring_config *config,
					  const struct zcring_source *source)
{
	struct zcring_device *zdev = kzalloc(sizeof(*zdev), GFP_KERNEL);
	int err;

	if (!zdev)
		return ERR_PTR(-ENOMEM);
	mutex_init(&zdev->io_lock);
	mutex_init(&zdev->dma_lock);
	mutex_init(&zdev->lock);
	mutex_init(&zdev->antenna.feed_lock);
	init_waitqueue_head(&zdev->antenna.wait);
	zcring_snapshot_init(zdev);
	init_waitqueue_head(&zdev->wait);
	zdev->ops = source->ops;
	zdev->dma_dev = source->dev;
	zdev->zone = zcring_device_zone(source->dev);
	zdev->node = source->dev ? dev_to_node(source->dev) : NUMA_NO_NODE;
	device_initialize(&zdev->dev);
	zdev->dev.class = &zcring_class;
	zdev->dev.type = &zcring_device_type;
	zdev->dev.parent = source->dev;
	zdev->dev.devt = number;
	zdev->dev.groups = zcring_sysfs_groups;
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
	cdev_init(&zdev->cdev, &zcring_cdev_fops);
	zdev->cdev.owner = source->ops->owner;
	err = zcring_antenna_node_init(zdev);
	if (err)
		goto out_exit_worker;
	return zdev;

out_exit_worker:
	zcring_worker_exit(zdev);
out_put_device:
	put_device(&zdev->dev);
	return ERR_PTR(err);
}

int zcring_device_register(struct zcring_device *zdev)
{
	int err = cdev_device_add(&zdev->cdev, &zdev->dev);

	if (err)
		return err;
	err = zcring_antenna_node_register(zdev);
	if (err) {
		cdev_device_del(&zdev->cdev, &zdev->dev);
		return err;
	}
	zcring_debugfs_register(zdev);
	WRITE_ONCE(zdev->is_registered, true);
	return 0;
}

/* Unregistered: the ring is not exchanged any more, and no operation asks for bus addresses. */
void zcring_device_unmap_dma(struct zcring_device *zdev)
{
	mutex_lock(&zdev->dma_lock);
	zcring_ring_unmap_dma(zdev->ring);
	zdev->dma_dev = NULL;
	mutex_unlock(&zdev->dma_lock);
}

void zcring_device_put(struct zcring_device *zdev)
{
	zcring_worker_exit(zdev);
	zcring_antenna_node_put(zdev);
	put_device(&zdev->dev);
}

void zcring_device_unregister(struct zcring_device *zdev)
{
	zcring_debugfs_unregister(zdev);
	zcring_antenna_node_unregister(zdev);
	cdev_device_del(&zdev->cdev, &zdev->dev);
	mutex_lock(&zdev->lock);
	zcring_stream_unplug(&zdev->stream);
	zcring_device_notify(zdev);
	mutex_unlock(&zdev->lock);
}

void zcring_device_notify(struct zcring_device *zdev)
{
	zcring_snapshot_publish(zdev);
	zcring_trace_changes(zdev);
	zcring_live_wake(zdev);
	if (zdev->stream.state != ZCRING_STATE_RUNNING) {
		zcring_worker_stop(zdev);
		wake_up_interruptible_all(&zdev->wait);
	} else if (wq_has_sleeper(&zdev->wait) && zcring_stream_readable(&zdev->stream)) {
		trace_zcring_wake(zdev);
		wake_up_interruptible_poll(&zdev->wait, EPOLLIN | EPOLLRDNORM);
	}
}

int zcring_device_lock(struct zcring_device *zdev)
{
	int err;

	atomic_inc(&zdev->callers);
	err = mutex_lock_interruptible(&zdev->lock);
	atomic_dec(&zdev->callers);
	if (err)
		return -ERESTARTSYS;
	if (zdev->stream.state != ZCRING_STATE_GONE)
		return 0;
	mutex_unlock(&zdev->lock);
	return -ENODEV;
}

/*
 * A caller that spins for the lock on another processor does not see that the lock was free for an
 * instant, and one that sleeps takes a while to wake up: without a pause, the next step would have
 * the lock again.
 */
void zcring_device_give_way(struct zcring_device *zdev)
{
	if (atomic_read(&zdev->callers))
		usleep_range(50, 100);
	else
		cond_resched();
}

/*
 * io_lock, which the caller holds, too, keeps ring and start of others away while the lock is given
 * up between two steps. Commands, another scene, a stop and the loss of the device may come: as if
 * before the start. A start that does not come to its end leaves an empty ring.
 */
int zcring_device_start(struct zcring_device *zdev, const struct zcring_start *start)
{
	u64 mono_ns;
	int err;

	while (true) {
		if (zdev->stream.state == ZCRING_STATE_GONE) /* no operation may see its board now */
			return -ENODEV;
		err = zcring_device_check_config(zdev, &zdev->snapshot.config);
		if (err)
			return err;
		zcring_worker_prepare(zdev);
		mono_ns = ktime_get_boottime_ns();
		err = zdev->ops->start(zdev->dma, start, mono_ns, ktime_get_real_ns());
		if (err != -EAGAIN)
			break;
		mutex_unlock(&zdev->lock);
		zcring_device_give_way(zdev);
		mutex_lock(&zdev->lock);
		if (signal_pending(current))
			return -ERESTARTSYS;
	}
	if (err)
		return err;
	zdev->owns_stream = true;
	zcring_worker_start(zdev, mono_ns + start->delay_ns);
	zcring_device_notify(zdev);
	return 0;
}

void zcring_device_stop(struct zcring_device *zdev)
{
	zdev->ops->stop(zdev->dma, ktime_get_boottime_ns());
	zcring_device_notify(zdev);
}

int zcring_device_control(struct zcring_device *zdev, const struct zcring_control *control)
{
	int err = zdev->ops->control(zdev->dma, control, ktime_get_boottime_ns());

	zcring_device_notify(zdev);
	return err;
}

int zcring_device_inject(struct zcring_device *zdev, enum zcring_injection kind, s64 amount)
{
	int err = zdev->ops->inject(zdev->dma, kind, amount, ktime_get_boottime_ns());

	zcring_device_notify(zdev);
	return err;
}

void zcring_device_account(struct zcring_device *zdev)
{
	zcring_stream_account(&zdev->stream);
	zcring_device_notify(zdev);
}
