// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration of a device, and the memory of its ring.
 *
 * A new geometry needs a new ring. Its memory is allocated without the device's lock, so that
 * observers need not wait; io_lock keeps the geometry meanwhile. For the hardware, the new ring is
 * mapped and the old one unmapped without the device's lock, too, under dma_lock. The rings are
 * exchanged with all three locks held, only while the stream is stopped and the caller's own file
 * maps nothing but the metadata. Mappings of other files keep the old ring (orphans.h). An error
 * leaves the old ring and the old configuration in place. The hardware may refuse a configuration
 * before anything is allocated.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/string.h>

#include "dma_map.h"
#include "engine/config.h"
#include "zcring.h"
#include "zcring_trace.h"

int zcring_device_charge(struct zcring_device *zdev, u64 bytes)
{
	int err = zcring_account_charge(bytes);

	if (err)
		dev_err_ratelimited(
			&zdev->dev,
			"cannot allocate %llu bytes for a ring or a scene: all devices hold %llu bytes of at most %llu; choose a smaller ring or scene, or raise the parameter memory_bytes_max\n",
			bytes, zcring_account_bytes(), zcring_memory_limit());
	return err;
}

/* With the bytes charged; after an error they are not charged any more. */
static struct zcring_ring *zcring_device_create_ring(struct zcring_device *zdev,
						     const struct zcring_config *config,
						     bool even_if_killed)
{
	const struct zcring_memory memory = {
		.zone = zdev->zone,
		.node = zdev->node,
		.even_if_killed = even_if_killed,
	};
	struct zcring_ring *ring = zcring_ring_create(config, &memory, zdev->inode);

	if (IS_ERR(ring))
		zcring_account_uncharge(zcring_config_bytes(config));
	return ring;
}

struct zcring_ring *zcring_device_alloc_ring(struct zcring_device *zdev,
					     const struct zcring_config *config)
{
	int err = zcring_device_charge(zdev, zcring_config_bytes(config));

	return err ? ERR_PTR(err) : zcring_device_create_ring(zdev, config, false);
}

static void zcring_device_trace_map(const struct zcring_device *zdev, const struct zcring_ring *ring)
{
	const struct zcring_dma_map *map;
	u32 c;

	if (!trace_zcring_map_dma_enabled())
		return;
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++) {
		map = ring->data[c].dma;
		if (map)
			trace_zcring_map_dma(zdev, c, map->bytes, zcring_dma_map_runs(map));
	}
}

int zcring_device_map_ring(struct zcring_device *zdev, struct zcring_ring *ring)
{
	int err;

	if (!zdev->dma_dev)
		return 0;
	err = zcring_ring_map_dma(ring, zdev->dma_dev);
	if (!err)
		zcring_device_trace_map(zdev, ring);
	return err;
}

int zcring_device_check_config(struct zcring_device *zdev, const struct zcring_config *config)
{
	return zdev->ops->check ? zdev->ops->check(zdev->dma, config) : 0;
}

static bool zcring_device_same_geometry(const struct zcring_config *a, const struct zcring_config *b)
{
	return a->format == b->format && a->channels == b->channels && a->ring_bytes == b->ring_bytes;
}

/* With the lock held: 0 or -EBUSY. */
static int zcring_device_may_configure(struct zcring_device *zdev, struct file *file,
				       const struct zcring_config *config)
{
	int err = zcring_consumer_claim(zdev, file);

	if (err)
		return err;
	if (zdev->stream.state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	if (file && !zcring_device_same_geometry(config, &zdev->config) &&
	    atomic_read(&((struct zcring_file *)file->private_data)->mappings))
		return -EBUSY;
	return 0;
}

/*
 * Sets @config for the stopped device, and exchanges *@ring, if it is not NULL, and the device's
 * ring. With the lock held, and dma_lock where there is a ring, which is mapped for the hardware.
 */
static void zcring_device_swap_ring(struct zcring_device *zdev, const struct zcring_config *config,
				    struct zcring_ring **ring)
{
	if (*ring) {
		swap(zdev->ring, *ring);
		zcring_ring_attach(zdev->ring, config, &zdev->stream);
	}
	zdev->config = *config;
	zdev->ops->configure(zdev->dma, config);
	zcring_device_notify(zdev);
}

/* The same with the lock taken, if it is still allowed; what root sets becomes the default. */
static int zcring_device_apply_config(struct zcring_device *zdev, struct file *file,
				      const struct zcring_config *config, struct zcring_ring **ring)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_device_may_configure(zdev, file, config);
	if (err)
		goto out_unlock;
	zcring_device_swap_ring(zdev, config, ring);
	if (!file)
		zdev->default_config = *config;
out_unlock:
	mutex_unlock(&zdev->lock);
	return err;
}

/* After the call *@ring is not mapped for the hardware. */
static int zcring_device_exchange_ring(struct zcring_device *zdev, struct file *file,
				       const struct zcring_config *config, struct zcring_ring **ring)
{
	int err;

	if (!*ring)
		return zcring_device_apply_config(zdev, file, config, ring);
	mutex_lock(&zdev->dma_lock);
	err = zcring_device_map_ring(zdev, *ring);
	if (!err)
		err = zcring_device_apply_config(zdev, file, config, ring);
	zcring_ring_unmap_dma(*ring); /* configure() returned: no DMA into the old ring is left */
	mutex_unlock(&zdev->dma_lock);
	return err;
}

int zcring_device_configure_locked(struct zcring_device *zdev, struct file *file,
				   const struct zcring_config *config)
{
	struct zcring_ring *ring = NULL;
	int err;

	err = zcring_config_check(config, PAGE_SIZE);
	if (err)
		return err;
	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_device_may_configure(zdev, file, config);
	if (!err)
		err = zcring_device_check_config(zdev, config);
	mutex_unlock(&zdev->lock);
	/* io_lock keeps the geometry while the memory is allocated without the device's lock. */
	if (!err && !zcring_device_same_geometry(config, &zdev->config)) {
		ring = zcring_device_alloc_ring(zdev, config);
		if (IS_ERR(ring))
			return PTR_ERR(ring);
	}
	if (!err)
		err = zcring_device_exchange_ring(zdev, file, config, &ring);
	if (ring) /* the old one, or after an error the new one */
		zcring_ring_abandon(ring);
	return err;
}

/*
 * The configuration after the consumer: the default geometry with the rest of what the consumer
 * set, or the default as a whole where the hardware refuses that. 0, or an error if it refuses
 * both.
 */
static int zcring_device_settle_config(struct zcring_device *zdev, struct zcring_config *config)
{
	const struct zcring_config *settled = &zdev->default_config;
	int err;

	config->format = settled->format;
	config->channels = settled->channels;
	config->ring_bytes = settled->ring_bytes;
	mutex_lock(&zdev->lock); /* a signal must not keep the larger ring in place */
	err = zdev->stream.state == ZCRING_STATE_GONE ? -ENODEV : 0;
	if (!err && zcring_device_check_config(zdev, config)) {
		*config = *settled;
		err = zcring_device_check_config(zdev, config);
	}
	mutex_unlock(&zdev->lock);
	return err;
}

/*
 * The new ring may exceed the limit, as the old one is larger and goes at once; and its allocation
 * goes on in a task that is killed. If it fails, the larger ring stays.
 */
void zcring_device_give_back_ring(struct zcring_device *zdev)
{
	struct zcring_snapshot now;
	struct zcring_config config;
	struct zcring_ring *ring;

	if (zcring_snapshot_read(zdev, &now)) /* no board is left to configure */
		return;
	config = now.config; /* with the present rate */
	if (zcring_config_bytes(&config) <= zcring_config_bytes(&zdev->default_config) ||
	    zcring_device_settle_config(zdev, &config))
		return;
	zcring_account_charge_always(zcring_config_bytes(&config));
	ring = zcring_device_create_ring(zdev, &config, true);
	if (IS_ERR(ring))
		return;
	mutex_lock(&zdev->dma_lock);
	if (!zcring_device_map_ring(zdev, ring)) {
		mutex_lock(&zdev->lock);
		if (zdev->stream.state != ZCRING_STATE_GONE)
			zcring_device_swap_ring(zdev, &config, &ring);
		mutex_unlock(&zdev->lock);
	}
	zcring_ring_unmap_dma(ring);
	mutex_unlock(&zdev->dma_lock);
	zcring_ring_abandon(ring); /* the old one, or the new one if it could not be mapped for DMA */
	zcring_account_charge(0); /* observers may keep the old one: within the limit only */
}

int zcring_device_configure(struct zcring_device *zdev, struct file *file,
			    const struct zcring_config *config)
{
	int err;

	err = zcring_config_check(config, PAGE_SIZE); /* an invalid call makes no file the consumer */
	if (err)
		return err;
	err = zcring_consumer_lock_io(zdev, file);
	if (err)
		return err;
	err = zcring_device_configure_locked(zdev, file, config);
	mutex_unlock(&zdev->io_lock);
	return err;
}
