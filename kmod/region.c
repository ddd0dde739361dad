// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regions and their mappings. Each region has a slot of its own in the file offsets of the device,
 * large enough for the largest ring mapped twice; a mapping begins at the beginning of a slot.
 *
 * Only the consumer page can be mapped for writing, and only by the consumer; mprotect() cannot
 * change that later. Every mapping but the metadata's is counted for its file: a file that maps
 * anything else cannot give the device another ring.
 *
 * A mapping of descriptors or samples holds the ring that it shows, which may be replaced while
 * files that are not the consumer map it (orphans.h). Its pages are mapped at once for the
 * consumer, whose ring stays; for all others page faults insert them, so that they can be revoked.
 *
 * The samples have a second slot, by which they are mapped page by page. Page tables and users of
 * such a mapping, as O_DIRECT, hold references of its pages, which outlive the ring then. The
 * default mapping has no pages that anyone can hold.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>

#include "compat.h"
#include "engine/config.h"
#include "zcring.h"

#define ZCRING_SLOT_SHIFT 32

static_assert(2 * ZCRING_RING_BYTES_MAX <= 1ULL << ZCRING_SLOT_SHIFT);

/*
 * The slot of a region is its number; ZCRING_DATA, the last region, adds the channel. A bit stands
 * for the mapping by page of the same samples.
 */
#define ZCRING_SLOTS	    (ZCRING_DATA + ZCRING_CHANNELS_MAX)
#define ZCRING_SLOT_BY_PAGE 16UL

static_assert(ZCRING_SLOTS <= ZCRING_SLOT_BY_PAGE);
static_assert(2ULL * ZCRING_SLOT_BY_PAGE << ZCRING_SLOT_SHIFT <= 1ULL << ZCRING_RING_OFFSETS_SHIFT);

/* The memory of the slot of descriptors, or of a slot of samples. */
static const struct zcring_area *zcring_region_ring_area(const struct zcring_ring *ring,
							 unsigned long slot)
{
	if (slot == ZCRING_BURSTS)
		return &ring->bursts;
	return &ring->data[array_index_nospec(slot - ZCRING_DATA, ZCRING_CHANNELS_MAX)];
}

static const struct zcring_area *zcring_region_slot_area(const struct zcring_device *zdev,
							 unsigned long slot)
{
	switch (slot) {
	case ZCRING_META:
		return &zdev->meta;
	case ZCRING_CONSUMER:
		return &zdev->consumer_page;
	}
	if (slot >= ZCRING_DATA && slot - ZCRING_DATA >= zdev->config.channels)
		return NULL;
	return zcring_region_ring_area(zdev->ring, slot);
}

/* How often a mapping may show the memory of a slot. */
static u64 zcring_region_slot_laps(unsigned long slot)
{
	return slot >= ZCRING_DATA ? 2 : 1;
}

static u64 zcring_region_slot_bytes(const struct zcring_config *config, unsigned long slot)
{
	switch (slot) {
	case ZCRING_META:
	case ZCRING_CONSUMER:
		return PAGE_SIZE;
	case ZCRING_BURSTS:
		return zcring_config_bytes(config) - config->channels * config->ring_bytes;
	}
	return config->ring_bytes;
}

int zcring_region_describe(const struct zcring_config *config, struct zcring_region *region)
{
	bool by_page = region->flags & ZCRING_REGION_PAGES;
	unsigned long slot;

	if (!zcring_all_zero(region->reserved, 3) || region->flags & ~ZCRING_REGION_PAGES)
		return -EINVAL;
	if (region->region > ZCRING_DATA || region->channel >= ZCRING_CHANNELS_MAX ||
	    (region->channel && region->region != ZCRING_DATA))
		return -EINVAL;
	if (region->channel >= config->channels || (by_page && region->region != ZCRING_DATA))
		return -EINVAL;
	slot = region->region + region->channel;
	region->offset = (u64)(slot | (by_page ? ZCRING_SLOT_BY_PAGE : 0)) << ZCRING_SLOT_SHIFT;
	region->length = zcring_region_slot_bytes(config, slot);
	region->map_length = region->length * zcring_region_slot_laps(slot);
	region->writable = slot == ZCRING_CONSUMER;
	return 0;
}

/* Slots in file offsets of pages. */
#define ZCRING_SLOT_PAGES_SHIFT (ZCRING_SLOT_SHIFT - PAGE_SHIFT)

/* The slot of a mapping, without the offset of its ring, which zcring_region_mmap() adds. */
static unsigned long zcring_region_vma_slot(const struct vm_area_struct *vma)
{
	return (vma->vm_pgoff >> ZCRING_SLOT_PAGES_SHIFT) & (ZCRING_SLOT_BY_PAGE - 1);
}

static bool zcring_region_vma_is_by_page(const struct vm_area_struct *vma)
{
	return (vma->vm_pgoff >> ZCRING_SLOT_PAGES_SHIFT) & ZCRING_SLOT_BY_PAGE;
}

/* Counts a mapping of @slot. The metadata page is neither counted nor replaced. */
static void zcring_region_count(struct zcring_file *file, unsigned long slot, int more)
{
	if (slot != ZCRING_META)
		atomic_add(more, &file->mappings);
	if (slot == ZCRING_CONSUMER)
		atomic_add(more, &file->zdev->consumer_mappings);
}

/* Called for a fork, and when a mapping is split in two. */
static void zcring_region_vma_open(struct vm_area_struct *vma)
{
	zcring_region_count(vma->vm_file->private_data, zcring_region_vma_slot(vma), 1);
	if (vma->vm_private_data)
		zcring_ring_get(vma->vm_private_data);
}

static void zcring_region_vma_close(struct vm_area_struct *vma)
{
	zcring_region_count(vma->vm_file->private_data, zcring_region_vma_slot(vma), -1);
	if (vma->vm_private_data)
		zcring_ring_put(vma->vm_private_data);
}

static vm_fault_t zcring_region_vma_fault(struct vm_fault *vmf)
{
	struct zcring_ring *ring = vmf->vma->vm_private_data;
	unsigned long slot = zcring_region_vma_slot(vmf->vma);
	const struct zcring_area *area;
	vm_fault_t result;

	if (!ring || !zcring_ring_lock_pages(ring))
		return VM_FAULT_SIGBUS;
	area = zcring_region_ring_area(ring, slot);
	result = zcring_area_insert(area, vmf, vmf->pgoff & ((1UL << ZCRING_SLOT_PAGES_SHIFT) - 1),
				    zcring_region_vma_is_by_page(vmf->vma));
	zcring_ring_unlock_pages(ring);
	return result;
}

static const struct vm_operations_struct zcring_region_vm_ops = {
	.open = zcring_region_vma_open,
	.close = zcring_region_vma_close,
	.fault = zcring_region_vma_fault,
};

/* With the lock held: the area that @vma is to map, or an error. */
static const struct zcring_area *zcring_region_find(struct zcring_device *zdev, struct file *file,
						    const struct vm_area_struct *vma)
{
	unsigned long slot = vma->vm_pgoff >> ZCRING_SLOT_PAGES_SHIFT;
	const struct zcring_area *area;
	int err;

	if (vma->vm_pgoff != slot << ZCRING_SLOT_PAGES_SHIFT)
		return ERR_PTR(-EINVAL);
	if (slot >= ZCRING_SLOT_BY_PAGE + ZCRING_DATA)
		slot -= ZCRING_SLOT_BY_PAGE;
	if (slot >= ZCRING_SLOTS)
		return ERR_PTR(-EINVAL);
	area = zcring_region_slot_area(zdev, slot);
	if (!area)
		return ERR_PTR(-EINVAL);
	if (vma->vm_end - vma->vm_start > zcring_area_bytes(area) * zcring_region_slot_laps(slot))
		return ERR_PTR(-EINVAL);
	if (slot == ZCRING_CONSUMER) {
		err = zcring_consumer_claim(zdev, file);
		if (err)
			return ERR_PTR(err);
	} else if (vma->vm_flags & VM_WRITE) {
		return ERR_PTR(-EACCES);
	}
	return area;
}

/*
 * With the lock held: counts the mapping and lets it hold its ring. Returns whether faults insert
 * the pages later.
 */
static bool zcring_region_hold(struct zcring_device *zdev, struct file *file,
			       struct vm_area_struct *vma)
{
	unsigned long slot = zcring_region_vma_slot(vma);

	zcring_region_count(file->private_data, slot, 1);
	if (slot < ZCRING_BURSTS)
		return false;
	zcring_ring_get(zdev->ring);
	vma->vm_private_data = zdev->ring;
	vma->vm_pgoff += zcring_ring_offset(zdev->ring);
	if (zdev->consumer == file)
		return false;
	zcring_ring_observe(zdev->ring);
	return true;
}

/* Drops what zcring_region_hold() took. */
static void zcring_region_drop(struct file *file, struct vm_area_struct *vma)
{
	zcring_region_count(file->private_data, zcring_region_vma_slot(vma), -1);
	if (vma->vm_private_data)
		zcring_ring_put(vma->vm_private_data);
}

/*
 * EINVAL for a range that is no region or more than one, and for a private mapping; EACCES for an
 * access that no mapping of the region can have, or not with a file that was not opened for
 * writing.
 */
int zcring_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct zcring_device *zdev = zcring_file_device(file);
	const struct zcring_area *area;
	bool by_faults = false;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE)) /* VM_SHARED is off where the file is read-only */
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	err = zcring_device_lock(zdev);
	if (err)
		return err;
	area = zcring_region_find(zdev, file, vma);
	if (!IS_ERR(area))
		by_faults = zcring_region_hold(zdev, file, vma);
	mutex_unlock(&zdev->lock);
	if (IS_ERR(area))
		return PTR_ERR(area);
	vm_flags_clear(vma, VM_MAYEXEC);
	if (zcring_region_vma_slot(vma) != ZCRING_CONSUMER)
		vm_flags_clear(vma, VM_MAYWRITE);
	if (zcring_region_vma_is_by_page(vma))
		vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	else if (by_faults)
		vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	err = by_faults ? 0 : zcring_area_map(area, vma, zcring_region_vma_is_by_page(vma));
	if (err) {
		/*
		 * The pages mapped before the failure would stay until the return. Other threads
		 * can access them, and once the reference is dropped the memory may be freed. In a
		 * mapping by page they stay, as each entry holds its page.
		 */
		zap_special_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
		zcring_region_drop(file, vma);
		return err;
	}
	vma->vm_ops = &zcring_region_vm_ops;
	return 0;
}
