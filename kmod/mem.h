/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas: pages that the kernel sees as one flat piece and user space may map. Rings: the areas
 * whose size depends on the geometry.
 */
#ifndef ZCRING_MEM_H
#define ZCRING_MEM_H

#include <linux/mm_types.h>
#include <linux/types.h>

#include "engine/stream.h"

struct device;
struct page;
struct vm_area_struct;
struct vm_fault;
struct zcring_dma_map;

/* As in the emulator: enough for more than three minutes of bursts of 50 ms. */
#define ZCRING_BURST_SLOTS 4096ULL

/**
 * struct zcring_area - cached pages, in chunks that are as contiguous as was available
 * @pages: the pages in order; pages that follow each other in memory too form a chunk
 * @count: number of pages
 * @address: contiguous mapping of all pages in the kernel
 * @dma: the pages as the hardware sees them (dma_map.h); NULL: not mapped
 *
 * All fields are zero in an area without memory.
 */
struct zcring_area {
	struct page **pages;
	unsigned long count;
	void *address;
	struct zcring_dma_map *dma;
};

/**
 * struct zcring_ring - the memory that depends on the geometry
 * @bursts: ring of descriptors
 * @burst_ends: private ends of the bursts, see struct zcring_stream
 * @data: samples of each channel
 */
struct zcring_ring {
	struct zcring_area bursts;
	u64 *burst_ends;
	struct zcring_area data[ZCRING_CHANNELS_MAX];
};

/* Zeroed memory; @bytes is a multiple of the page. 0, -ENOMEM, or -EINTR when killed. */
int zcring_area_alloc(struct zcring_area *area, u64 bytes);
void zcring_area_free(struct zcring_area *area);

static inline u64 zcring_area_bytes(const struct zcring_area *area)
{
	return (u64)area->count << PAGE_SHIFT;
}

/*
 * Maps the area into @vma from its beginning, again and again up to the end of @vma. After an
 * error a part may be mapped: the caller zaps it while the caller still holds the area. @by_page:
 * as ordinary pages, of which the page tables hold references; @vma is VM_MIXEDMAP. Otherwise as
 * remap_pfn_range() does.
 */
int zcring_area_map(const struct zcring_area *area, struct vm_area_struct *vma, bool by_page);

/*
 * For a page fault in such a mapping: inserts the page @page of the mapping, and some that follow.
 */
vm_fault_t zcring_area_insert(const struct zcring_area *area, struct vm_fault *vmf,
			      unsigned long page, bool by_page);

/* Bytes of the pages of a ring: of one with @config, and of an existing one. */
u64 zcring_config_bytes(const struct zcring_config *config);
u64 zcring_ring_bytes(const struct zcring_ring *ring);

/**
 * struct zcring_memory - where the memory of samples comes from
 * @zone: 0, or the GFP_DMA flag of the memory that the hardware reaches
 * @node: the NUMA node from which it comes if that has memory, as the hardware is near to it;
 *        NUMA_NO_NODE: by the memory policy of the caller
 * @even_if_killed: the allocation goes on although the task was killed; for a ring that replaces a
 *                  larger one
 */
struct zcring_memory {
	gfp_t zone;
	int node;
	bool even_if_killed;
};

int zcring_ring_alloc(struct zcring_ring *ring, const struct zcring_config *config,
		      const struct zcring_memory *memory);
void zcring_ring_free(struct zcring_ring *ring);

/*
 * Maps the areas of samples for DMA from @dev, and unmaps them. A ring that is mapped must not be
 * mapped again; before unmapping, all DMA into the ring must have ended. Unmapping a ring that is
 * not mapped does nothing.
 */
int zcring_ring_map_dma(struct zcring_ring *ring, struct device *dev);
void zcring_ring_unmap_dma(struct zcring_ring *ring);

/* Makes @ring the memory of @stream, and resets @stream: stopped and empty. */
void zcring_ring_attach(const struct zcring_ring *ring, const struct zcring_config *config,
			struct zcring_stream *stream);

#endif /* ZCRING_MEM_H */
