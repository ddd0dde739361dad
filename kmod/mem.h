/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the kernel sees flat and user space may map, and the rings made of it. */
#ifndef ZCRING_MEM_H
#define ZCRING_MEM_H

#include <linux/types.h>

#include "engine/stream.h"

struct device;
struct page;
struct vm_area_struct;

/* As the emulator has it: bursts of 50 ms for more than three minutes. */
#define ZCRING_BURST_SLOTS 4096ULL

/**
 * struct zcring_area - pages of memory, cached, in chunks as contiguous as could be had
 * @pages: in order; neighbours that are neighbours in memory too make a chunk
 * @count: how many
 * @address: the kernel's flat view of them
 * @dma_dev: the hardware that they are mapped for, if any
 * @dma: each page's address, as that hardware sees it
 *
 * All zero where there is none.
 */
struct zcring_area {
	struct page **pages;
	unsigned long count;
	void *address;
	struct device *dma_dev;
	dma_addr_t *dma;
};

/**
 * struct zcring_ring - the memory that depends on the geometry
 * @bursts: ring of descriptors
 * @burst_ends: the stream's private companion of it
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
 * Fills @vma with the area from its beginning, and over again while there is room. After an
 * error some of it may be mapped: the caller zaps that while it still holds the area.
 */
int zcring_area_map(const struct zcring_area *area, struct vm_area_struct *vma);

/* Bytes of pages: that a ring would have, and that one has. */
u64 zcring_config_bytes(const struct zcring_config *config);
u64 zcring_ring_bytes(const struct zcring_ring *ring);

/* @zone: 0, or the __GFP_DMA flag of memory that the hardware reaches. */
int zcring_ring_alloc(struct zcring_ring *ring, const struct zcring_config *config, gfp_t zone);
void zcring_ring_free(struct zcring_ring *ring);

/*
 * Maps the samples for @dev to write, and back; the ring must not be mapped, and the
 * hardware have ended with it, respectively. Unmapping what is not mapped does nothing.
 */
int zcring_ring_map_dma(struct zcring_ring *ring, struct device *dev);
void zcring_ring_unmap_dma(struct zcring_ring *ring);

/* Makes it the memory of @stream, which begins anew, stopped and empty. */
void zcring_ring_attach(const struct zcring_ring *ring, const struct zcring_config *config,
			struct zcring_stream *stream);

#endif /* ZCRING_MEM_H */
