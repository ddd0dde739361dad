// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fake bus: bus addresses with holes, and writes to them that reach the pages of the ring. A
 * write into a hole reaches nothing, so that a run that is too long shows as wrong samples.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "../dma_map.h"
#include "fake_board.h"

/* A sample encodes its channel and its sample clock, so that no sample equals another one. */
static u32 zcring_fake_sample(u32 channel, u64 sample_clock)
{
	return (channel + 1) << 24 | (sample_clock & 0xffffff);
}

/* The memory that a write to @address reaches; NULL in a hole. */
static u32 *zcring_fake_bus_at(const struct zcring_area *area, u32 channel, dma_addr_t address)
{
	u64 at = address - zcring_fake_bus_base(channel);
	unsigned long slot = at >> PAGE_SHIFT;
	unsigned long page = slot - slot / (ZCRING_FAKE_RUN_PAGES + 1);

	if (slot % (ZCRING_FAKE_RUN_PAGES + 1) == ZCRING_FAKE_RUN_PAGES || page >= area->count)
		return NULL;
	return page_address(area->pages[page]) + offset_in_page(at);
}

/* Two pieces to a run: a run crosses from piece to piece. */
static struct zcring_dma_map *zcring_fake_bus_new_map(const struct zcring_area *area, u32 channel)
{
	struct zcring_dma_map *map = kzalloc(sizeof(*map), GFP_KERNEL);
	unsigned int i;

	if (!map)
		return NULL;
	map->bytes = zcring_area_bytes(area);
	map->count = area->count / ZCRING_FAKE_PIECE_PAGES;
	map->pieces = kvmalloc_array(map->count, sizeof(*map->pieces), GFP_KERNEL);
	if (!map->pieces) {
		kfree(map);
		return NULL;
	}
	for (i = 0; i < map->count; i++) {
		unsigned long page = i * ZCRING_FAKE_PIECE_PAGES;
		unsigned long slot = page + page / ZCRING_FAKE_RUN_PAGES;

		map->pieces[i].begin = page << PAGE_SHIFT;
		map->pieces[i].address = zcring_fake_bus_base(channel) + (slot << PAGE_SHIFT);
	}
	return map;
}

void zcring_fake_bus_map(struct kunit *test, struct zcring_fake_board *board)
{
	struct zcring_area *area;
	u32 c;

	if (IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "made-up addresses are for a kernel without DMA");
	for (c = 0; c < ZCRING_FAKE_CHANNELS; c++) {
		area = &board->zdev->ring->data[c];
		area->dma = zcring_fake_bus_new_map(area, c);
		KUNIT_ASSERT_NOT_NULL(test, area->dma);
	}
}

void zcring_fake_bus_write(struct zcring_fake_board *board, u32 channel, u64 samples)
{
	const struct zcring_stream *stream = zcring_dma_stream(board->zdev);
	const struct zcring_area *area = &board->zdev->ring->data[channel];
	u64 clock = stream->telemetry.sample_clock;
	u64 index = stream->head;
	u64 end = index + samples;
	u64 bytes, k;
	dma_addr_t to;
	u32 *place;

	for (; index < end; index += bytes / sizeof(u32)) {
		bytes = zcring_dma_run(board->zdev, channel, index, (end - index) * sizeof(u32));
		to = zcring_dma_give(board->zdev, channel, index, bytes);
		for (k = 0; k < bytes; k += sizeof(u32)) {
			place = zcring_fake_bus_at(area, channel, to + k);
			if (place)
				*place = zcring_fake_sample(channel, clock++);
		}
		zcring_dma_take(board->zdev, channel, index, bytes);
	}
}

bool zcring_fake_bus_wrote(const struct zcring_fake_board *board, u64 index, u64 sample_clock,
			   u64 samples)
{
	const struct zcring_stream *stream = &board->zdev->stream;
	const u32 *data;
	u64 k;
	u32 c;

	for (c = 0; c < stream->channels; c++) {
		data = (const u32 *)stream->data[c];
		for (k = 0; k < samples; k++)
			if (data[zcring_ring_place(index + k, stream->ring_samples)] !=
			    zcring_fake_sample(c, sample_clock + k))
				return false;
	}
	return true;
}
