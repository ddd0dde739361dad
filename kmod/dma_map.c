// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory mapped for DMA (dma_map.h).
 *
 * The memory is mapped by one call with a list of entries. An entry is contiguous in memory, and no
 * longer than a bounce buffer can be. An IOMMU gives all entries addresses that follow each other;
 * without one, each entry has its own address. A piece is an entry: the hardware may cross from one
 * piece to the next where their addresses follow each other, but caches and bounce buffers are
 * synchronised piece by piece, as the entries need not follow each other in memory.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "dma_map.h"

/* Lets other tasks run now and then in a loop over pieces. */
static void zcring_dma_map_yield(unsigned int piece)
{
	if (!(piece % 4096))
		cond_resched();
}

/* The length of an entry: what the device declares, and what a bounce buffer holds. */
static unsigned int zcring_dma_map_entry_bytes(struct device *dev)
{
	size_t most = min_t(size_t, dma_get_max_seg_size(dev), dma_max_mapping_size(dev));

	return max_t(size_t, round_down(most, PAGE_SIZE), PAGE_SIZE);
}

/* An entry on the bus may be several entries in memory. */
static void zcring_dma_map_fill(struct zcring_dma_map *map)
{
	struct scatterlist *on_bus = map->table.sgl;
	struct scatterlist *entry;
	u64 done = 0; /* bytes of @on_bus that have pieces */
	unsigned int i;

	for_each_sgtable_sg(&map->table, entry, i) {
		if (done == sg_dma_len(on_bus)) {
			on_bus = sg_next(on_bus);
			done = 0;
		}
		map->pieces[i].begin = map->bytes;
		map->pieces[i].address = sg_dma_address(on_bus) + done;
		map->bytes += entry->length;
		done += entry->length;
		zcring_dma_map_yield(i);
	}
	map->count = i;
}

static int zcring_dma_map_build(struct zcring_dma_map *map, struct device *dev, struct page **pages,
				unsigned long count)
{
	int err;

	err = sg_alloc_table_from_pages_segment(&map->table, pages, count, 0, count << PAGE_SHIFT,
						zcring_dma_map_entry_bytes(dev), GFP_KERNEL_ACCOUNT);
	if (err)
		return -ENOMEM;
	map->pieces = kvmalloc_array(map->table.orig_nents, sizeof(*map->pieces),
				     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!map->pieces)
		return -ENOMEM;
	err = dma_map_sgtable(dev, &map->table, DMA_FROM_DEVICE, 0);
	if (err)
		return err == -ENOMEM ? err : -EIO;
	map->dev = dev;
	zcring_dma_map_fill(map);
	return 0;
}

struct zcring_dma_map *zcring_dma_map_alloc(struct device *dev, struct page **pages,
					    unsigned long count)
{
	struct zcring_dma_map *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	int err;

	if (!map)
		return ERR_PTR(-ENOMEM);
	err = zcring_dma_map_build(map, dev, pages, count);
	if (!err)
		return map;
	zcring_dma_map_free(map);
	return ERR_PTR(err);
}

/*
 * No synchronisation: zcring_dma_take() has given every published sample to the processor already,
 * and copying a bounce buffer now could only restore older samples.
 */
void zcring_dma_map_free(struct zcring_dma_map *map)
{
	if (!map)
		return;
	if (map->dev)
		dma_unmap_sgtable(map->dev, &map->table, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(&map->table);
	kvfree(map->pieces);
	kfree(map);
}

/* The piece that contains the byte @at. */
static unsigned int zcring_dma_map_find(const struct zcring_dma_map *map, u64 at)
{
	unsigned int first = 0;
	unsigned int end = map->count;
	unsigned int middle;

	while (end - first > 1) {
		middle = first + (end - first) / 2;
		if (map->pieces[middle].begin <= at)
			first = middle;
		else
			end = middle;
	}
	return first;
}

static u64 zcring_dma_map_piece_end(const struct zcring_dma_map *map, unsigned int i)
{
	return i + 1 < map->count ? map->pieces[i + 1].begin : map->bytes;
}

/* Whether piece @i begins on the bus where the one before ends. */
static bool zcring_dma_map_follows(const struct zcring_dma_map *map, unsigned int i)
{
	const struct zcring_dma_piece *piece = &map->pieces[i];

	return piece[0].address == piece[-1].address + (piece[0].begin - piece[-1].begin);
}

dma_addr_t zcring_dma_map_address(const struct zcring_dma_map *map, u64 at)
{
	const struct zcring_dma_piece *piece = &map->pieces[zcring_dma_map_find(map, at)];

	return piece->address + (at - piece->begin);
}

u64 zcring_dma_map_run(const struct zcring_dma_map *map, u64 at, u64 bytes)
{
	unsigned int i = zcring_dma_map_find(map, at);
	u64 run = zcring_dma_map_piece_end(map, i) - at;

	while (run < bytes && ++i < map->count && zcring_dma_map_follows(map, i))
		run = zcring_dma_map_piece_end(map, i) - at;
	return min(run, bytes);
}

u64 zcring_dma_map_runs(const struct zcring_dma_map *map)
{
	u64 runs = 1;
	unsigned int i;

	for (i = 1; i < map->count; i++) {
		runs += !zcring_dma_map_follows(map, i);
		zcring_dma_map_yield(i);
	}
	return runs;
}

static void zcring_dma_map_sync(const struct zcring_dma_map *map, u64 at, u64 bytes,
				void (*sync)(struct device *dev, dma_addr_t address, size_t size,
					     enum dma_data_direction direction))
{
	unsigned int i = zcring_dma_map_find(map, at);
	u64 end = at + bytes;
	u64 next;

	for (; at < end; at = next, i++) {
		next = min(end, zcring_dma_map_piece_end(map, i));
		sync(map->dev, map->pieces[i].address + (at - map->pieces[i].begin), next - at,
		     DMA_FROM_DEVICE);
	}
}

void zcring_dma_map_give(const struct zcring_dma_map *map, u64 at, u64 bytes)
{
	zcring_dma_map_sync(map, at, bytes, dma_sync_single_for_device);
}

void zcring_dma_map_take(const struct zcring_dma_map *map, u64 at, u64 bytes)
{
	zcring_dma_map_sync(map, at, bytes, dma_sync_single_for_cpu);
}
