/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of an area as hardware sees them: one mapping, which is one run of bus addresses where
 * an IOMMU can make it so.
 */
#ifndef ZCRING_DMA_MAP_H
#define ZCRING_DMA_MAP_H

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct device;
struct page;

/**
 * struct zcring_dma_piece - a part of the memory that is contiguous in memory and on the bus
 * @begin: offset of its first byte; the piece ends where the next one begins
 * @address: bus address of that byte
 */
struct zcring_dma_piece {
	u64 begin;
	dma_addr_t address;
};

/**
 * struct zcring_dma_map - memory that is mapped for the DMA of a device
 * @dev: the device that does the DMA; NULL where nothing is to be unmapped
 * @table: the memory as it was mapped
 * @bytes: length of the memory
 * @count: number of pieces
 * @pieces: the pieces, in order
 *
 * Constant, as long as it exists.
 */
struct zcring_dma_map {
	struct device *dev;
	struct sg_table table;
	u64 bytes;
	unsigned int count;
	struct zcring_dma_piece *pieces;
};

/* A map of @pages for DMA by @dev into memory, or an ERR_PTR(): -ENOMEM or -EIO. May sleep. */
struct zcring_dma_map *zcring_dma_map_alloc(struct device *dev, struct page **pages,
					    unsigned long count);

/* Unmaps and frees; @map may be NULL. All DMA into the memory has ended. May sleep. */
void zcring_dma_map_free(struct zcring_dma_map *map);

/* The bus address of the byte @at. */
dma_addr_t zcring_dma_map_address(const struct zcring_dma_map *map, u64 at);

/* Number of bytes from @at on, at most @bytes, that are contiguous on the bus. */
u64 zcring_dma_map_run(const struct zcring_dma_map *map, u64 at, u64 bytes);

/* Number of runs that the whole memory consists of. */
u64 zcring_dma_map_runs(const struct zcring_dma_map *map);

/*
 * Gives @bytes bytes from @at on to the hardware, or takes them back: writes back or invalidates
 * caches, or copies bounce buffers, of these bytes only.
 */
void zcring_dma_map_give(const struct zcring_dma_map *map, u64 at, u64 bytes);
void zcring_dma_map_take(const struct zcring_dma_map *map, u64 at, u64 bytes);

#endif /* ZCRING_DMA_MAP_H */
