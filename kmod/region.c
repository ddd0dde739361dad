// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regions and their mappings. Each region has a slot of its own in the file offsets of the device,
 * large enough for the largest ring mapped twice; a mapping begins at the beginning of a slot.
 *
 * Only the consumer page can be mapped for writing, and only by the consumer; mprotect() cannot
 * change that later. Every mapping but the metadata's is counted: while the count is not 0, the
 * memory of the ring is not replaced.
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "compat.h"
#include "engine/config.h"
#include "zcring.h"

#define ZCRING_SLOT_SHIFT 32

static_assert(2 * ZCRING_RING_BYTES_MAX <= 1ULL << ZCRING_SLOT_SHIFT);

/* The slot of a region is its number; ZCRING_DATA, the last region, adds the channel. */
static const struct zcring_area *zcring_region_slot_area(const struct zcring_device *zdev,
							 unsigned long slot)
{
	switch (slot) {
	case ZCRING_META:
		return &zdev->meta;
	case ZCRING_CONSUMER:
		return &zdev->consumer_page;
	case ZCRING_BURSTS:
		return &zdev->ring.bursts;
	}
	if (slot - ZCRING_DATA >= zdev->config.channels)
		return NULL;
	return &zdev->ring.data[slot - ZCRING_DATA];
}

static u64 zcring_region_slot_map_length(const struct zcring_area *area, unsigned long slot)
{
	return zcring_area_bytes(area) * (slot >= ZCRING_DATA ? 2 : 1);
}

int zcring_region_describe(const struct zcring_device *zdev, struct zcring_region *region)
{
	const struct zcring_area *area;
	unsigned long slot;

	if (!zcring_all_zero(region->reserved, 3) || region->flags & ~ZCRING_REGION_PAGES)
		return -EINVAL;
	if (region->flags & ZCRING_REGION_PAGES)
		return -EOPNOTSUPP;
	if (region->region > ZCRING_DATA || region->channel >= ZCRING_CHANNELS_MAX ||
	    (region->channel && region->region != ZCRING_DATA))
		return -EINVAL;
	slot = region->region + region->channel;
	area = zcring_region_slot_area(zdev, slot);
	if (!area)
		return -EINVAL;
	region->offset = (u64)slot << ZCRING_SLOT_SHIFT;
	region->length = zcring_area_bytes(area);
	region->map_length = zcring_region_slot_map_length(area, slot);
	region->writable = slot == ZCRING_CONSUMER;
	return 0;
}

/* Counts a mapping of @slot, so that its memory stays. The metadata page always stays. */
static void zcring_region_slot_hold(struct zcring_device *zdev, unsigned long slot)
{
	if (slot != ZCRING_META)
		atomic_inc(&zdev->mappings);
	if (slot == ZCRING_CONSUMER)
		atomic_inc(&zdev->consumer_mappings);
}

static void zcring_region_slot_drop(struct zcring_device *zdev, unsigned long slot)
{
	if (slot == ZCRING_CONSUMER)
		atomic_dec(&zdev->consumer_mappings);
	if (slot != ZCRING_META)
		atomic_dec(&zdev->mappings);
}

/* Called for a fork, and when a mapping is split in two. */
static void zcring_region_vma_open(struct vm_area_struct *vma)
{
	zcring_region_slot_hold(vma->vm_file->private_data, (unsigned long)vma->vm_private_data);
}

static void zcring_region_vma_close(struct vm_area_struct *vma)
{
	zcring_region_slot_drop(vma->vm_file->private_data, (unsigned long)vma->vm_private_data);
}

static const struct vm_operations_struct zcring_region_vm_ops = {
	.open = zcring_region_vma_open,
	.close = zcring_region_vma_close,
};

/* With the lock held: the area that @vma maps, counted as mapped, or an error. */
static const struct zcring_area *zcring_region_hold_area(struct zcring_device *zdev,
							 struct file *file,
							 const struct vm_area_struct *vma,
							 unsigned long *slot)
{
	const unsigned int shift = ZCRING_SLOT_SHIFT - PAGE_SHIFT;
	const struct zcring_area *area;
	int err;

	*slot = vma->vm_pgoff >> shift;
	area = zcring_region_slot_area(zdev, *slot);
	if (!area || vma->vm_pgoff != *slot << shift)
		return ERR_PTR(-EINVAL);
	if (vma->vm_end - vma->vm_start > zcring_region_slot_map_length(area, *slot))
		return ERR_PTR(-EINVAL);
	if (*slot == ZCRING_CONSUMER) {
		err = zcring_consumer_claim(zdev, file);
		if (err)
			return ERR_PTR(err);
	} else if (vma->vm_flags & VM_WRITE) {
		return ERR_PTR(-EACCES);
	}
	zcring_region_slot_hold(zdev, *slot);
	return area;
}

/*
 * EINVAL for a range that is no region or more than one, and for a private mapping; EACCES for an
 * access that no mapping of the region can have, or not with a file that was not opened for writing.
 */
int zcring_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct zcring_device *zdev = file->private_data;
	const struct zcring_area *area;
	unsigned long slot;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE)) /* VM_SHARED is off where the file is read-only */
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	err = zcring_device_lock(zdev);
	if (err)
		return err;
	area = zcring_region_hold_area(zdev, file, vma, &slot);
	mutex_unlock(&zdev->lock);
	if (IS_ERR(area))
		return PTR_ERR(area);
	vm_flags_clear(vma, VM_MAYEXEC | (slot == ZCRING_CONSUMER ? 0 : VM_MAYWRITE));
	err = zcring_area_map(area, vma);
	if (err) {
		/*
		 * The pages mapped before the failure would stay until the return. Other threads can
		 * access them, and once the count is dropped the memory may be freed.
		 */
		zap_special_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		zcring_region_slot_drop(zdev, slot);
		return err;
	}
	vma->vm_private_data = (void *)slot;
	vma->vm_ops = &zcring_region_vm_ops;
	return 0;
}
