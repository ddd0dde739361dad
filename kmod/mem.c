// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Areas of pages, and the rings made of them (mem.h).
 *
 * Pages are allocated in chunks that are as large as available, then split, so that every page is
 * freed alone. All memory is zeroed and charged to the memory cgroup of the caller. Loops over
 * pages call cond_resched(): a ring may have two million pages.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "dma_map.h"
#include "engine/sample.h"
#include "mem.h"

/* One entry of the middle level of a page table; a good size for a board's scatter list, too. */
#define ZCRING_CHUNK_BYTES SZ_2M

/*
 * Large chunks are optional: memory is reclaimed only for single pages. A request fails instead of
 * invoking the OOM killer. It may leave so little memory that the requests of others invoke the OOM
 * killer; therefore all memory is accounted, and memory_bytes_max limits it.
 */
static struct page *zcring_area_alloc_chunk(unsigned int order, const struct zcring_memory *memory)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | memory->zone;

	gfp |= order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL;
	if (memory->node == NUMA_NO_NODE) /* by the memory policy of the caller */
		return alloc_pages(gfp, order);
	return alloc_pages_node(memory->node, gfp, order);
}

static int zcring_area_fill(struct zcring_area *area, unsigned long count,
			    const struct zcring_memory *memory)
{
	unsigned int order = get_order(ZCRING_CHUNK_BYTES);

	while (area->count < count) {
		struct page *chunk;
		unsigned long i;

		if (fatal_signal_pending(current) && !memory->even_if_killed)
			return -EINTR;
		while (1UL << order > count - area->count)
			order--;
		chunk = zcring_area_alloc_chunk(order, memory);
		if (!chunk && !order)
			return -ENOMEM;
		if (!chunk) {
			order--;
			continue;
		}
		split_page(chunk, order); /* freeing needs no list of chunks then */
		for (i = 0; i < 1UL << order; i++)
			area->pages[area->count++] = chunk + i;
		cond_resched();
	}
	return 0;
}

static int zcring_area_alloc_in(struct zcring_area *area, u64 bytes,
				const struct zcring_memory *memory)
{
	unsigned long count = bytes >> PAGE_SHIFT;
	int err;

	area->count = 0;
	area->address = NULL;
	area->dma = NULL;
	area->pages = kvmalloc_array(count, sizeof(*area->pages), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!area->pages)
		return -ENOMEM;
	err = zcring_area_fill(area, count, memory);
	if (err)
		goto out_free_area;
	area->address = vmap(area->pages, count, VM_MAP, PAGE_KERNEL);
	if (!area->address) {
		err = -ENOMEM;
		goto out_free_area;
	}
	return 0;

out_free_area:
	zcring_area_free(area);
	return err;
}

int zcring_area_alloc(struct zcring_area *area, u64 bytes)
{
	const struct zcring_memory any = { .node = NUMA_NO_NODE };

	return zcring_area_alloc_in(area, bytes, &any);
}

/* Lets other tasks run now and then in a loop over pages. */
static void zcring_area_yield(unsigned long page)
{
	if (!(page % 4096))
		cond_resched();
}

void zcring_area_free(struct zcring_area *area)
{
	unsigned long i;

	vunmap(area->address);
	for (i = 0; i < area->count; i++) {
		__free_page(area->pages[i]);
		zcring_area_yield(i);
	}
	kvfree(area->pages);
	*area = (struct zcring_area){};
}

/* Number of contiguous pages from @first on, at most @limit and not beyond the end of the area. */
static unsigned long zcring_area_run(const struct zcring_area *area, unsigned long first,
				     unsigned long limit)
{
	unsigned long pfn = page_to_pfn(area->pages[first]);
	unsigned long run = 1;

	limit = min(limit, area->count - first);
	while (run < limit && page_to_pfn(area->pages[first + run]) == pfn + run)
		run++;
	return run;
}

/* Pages that one step maps: as many as an entry of the middle level of a page table holds. */
#define ZCRING_MAP_PAGES (ZCRING_CHUNK_BYTES >> PAGE_SHIFT)

/*
 * Maps, at @address, some of the @count pages from @first on, and sets @run to their number. Memory
 * in pieces may have as many runs as pages.
 */
static int zcring_area_map_run(const struct zcring_area *area, struct vm_area_struct *vma,
			       unsigned long address, unsigned long first, unsigned long count,
			       bool by_page, unsigned long *run)
{
	unsigned long rest;

	if (by_page) {
		*run = min3(count, area->count - first, ZCRING_MAP_PAGES);
		rest = *run;
		return vm_insert_pages(vma, address, area->pages + first, &rest);
	}
	*run = zcring_area_run(area, first, count);
	return remap_pfn_range(vma, address, page_to_pfn(area->pages[first]), *run << PAGE_SHIFT,
			       vma->vm_page_prot);
}

int zcring_area_map(const struct zcring_area *area, struct vm_area_struct *vma, bool by_page)
{
	unsigned long count = vma_pages(vma);
	unsigned long done, run;

	for (done = 0; done < count; done += run) {
		int err = zcring_area_map_run(area, vma, vma->vm_start + (done << PAGE_SHIFT),
					      done % area->count, count - done, by_page, &run);

		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* The same for a fault: stops without an error at a page that another fault has inserted. */
static vm_fault_t zcring_area_insert_pages(const struct zcring_area *area, struct vm_area_struct *vma,
					   unsigned long address, unsigned long first)
{
	unsigned long count = (vma->vm_end - address) >> PAGE_SHIFT;
	unsigned long run;
	int err;

	err = zcring_area_map_run(area, vma, address, first, count, true, &run);
	if (!err || err == -EBUSY)
		return VM_FAULT_NOPAGE;
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

vm_fault_t zcring_area_insert(const struct zcring_area *area, struct vm_fault *vmf,
			      unsigned long page, bool by_page)
{
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned long count = min((vmf->vma->vm_end - address) >> PAGE_SHIFT, ZCRING_MAP_PAGES);
	vm_fault_t result = VM_FAULT_NOPAGE;
	unsigned long i;

	if (by_page)
		return zcring_area_insert_pages(area, vmf->vma, address, page % area->count);
	for (i = 0; i < count && result == VM_FAULT_NOPAGE; i++)
		result = vmf_insert_pfn(vmf->vma, address + (i << PAGE_SHIFT),
					page_to_pfn(area->pages[(page + i) % area->count]));
	return i > 1 ? VM_FAULT_NOPAGE : result; /* the page of the fault came first */
}

#define ZCRING_BURSTS_BYTES PAGE_ALIGN(ZCRING_BURST_SLOTS * sizeof(struct zcring_burst))

u64 zcring_config_bytes(const struct zcring_config *config)
{
	return ZCRING_BURSTS_BYTES + config->channels * config->ring_bytes;
}

u64 zcring_ring_bytes(const struct zcring_ring *ring)
{
	u64 bytes = zcring_area_bytes(&ring->bursts);
	u32 c;

	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		bytes += zcring_area_bytes(&ring->data[c]);
	return bytes;
}

int zcring_ring_alloc(struct zcring_ring *ring, const struct zcring_config *config,
		      const struct zcring_memory *memory)
{
	struct zcring_memory any = { .node = NUMA_NO_NODE, .even_if_killed = memory->even_if_killed };
	int err;
	u32 c;

	*ring = (struct zcring_ring){};
	err = zcring_area_alloc_in(&ring->bursts, ZCRING_BURSTS_BYTES, &any);
	if (err)
		goto out_free_ring;
	ring->burst_ends =
		kvcalloc(ZCRING_BURST_SLOTS, sizeof(*ring->burst_ends), GFP_KERNEL_ACCOUNT);
	if (!ring->burst_ends) {
		err = -ENOMEM;
		goto out_free_ring;
	}
	for (c = 0; c < config->channels; c++) {
		err = zcring_area_alloc_in(&ring->data[c], config->ring_bytes, memory);
		if (err)
			goto out_free_ring;
	}
	return 0;

out_free_ring:
	zcring_ring_free(ring);
	return err;
}

void zcring_ring_free(struct zcring_ring *ring)
{
	u32 c;

	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		zcring_area_free(&ring->data[c]);
	kvfree(ring->burst_ends);
	ring->burst_ends = NULL;
	zcring_area_free(&ring->bursts);
}

int zcring_ring_map_dma(struct zcring_ring *ring, struct device *dev)
{
	struct zcring_dma_map *map;
	u32 c;

	for (c = 0; c < ZCRING_CHANNELS_MAX; c++) {
		if (!ring->data[c].count)
			continue;
		map = zcring_dma_map_alloc(dev, ring->data[c].pages, ring->data[c].count);
		if (IS_ERR(map)) {
			zcring_ring_unmap_dma(ring);
			return PTR_ERR(map);
		}
		ring->data[c].dma = map;
	}
	return 0;
}

void zcring_ring_unmap_dma(struct zcring_ring *ring)
{
	u32 c;

	for (c = 0; c < ZCRING_CHANNELS_MAX; c++) {
		zcring_dma_map_free(ring->data[c].dma);
		ring->data[c].dma = NULL;
	}
}

void zcring_ring_attach(const struct zcring_ring *ring, const struct zcring_config *config,
			struct zcring_stream *stream)
{
	u32 c;

	stream->bursts = ring->bursts.address;
	stream->burst_ends = ring->burst_ends;
	stream->burst_slots = ZCRING_BURST_SLOTS;
	stream->channels = config->channels;
	stream->sample_bytes = zcring_sample_bytes(config->format);
	WRITE_ONCE(stream->ring_samples, config->ring_bytes / stream->sample_bytes);
	for (c = 0; c < ZCRING_CHANNELS_MAX; c++)
		stream->data[c] = ring->data[c].address;
	zcring_stream_init(stream);
}
