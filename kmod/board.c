// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The exports for a board's module (dma.h): the life of its device, and the memory that its DMA
 * writes (dma_map.h).
 */
#include <linux/err.h>
#include <linux/export.h>

#include "dma_map.h"
#include "engine/front.h"
#include "zcring.h"

struct zcring_device *zcring_board_register(const struct zcring_dma_ops *ops, struct device *dev,
					    void *board)
{
	const struct zcring_source source = { .ops = ops, .dev = dev, .board = board };

	return zcring_table_add_board(&source);
}
EXPORT_SYMBOL_GPL(zcring_board_register);

void zcring_board_unregister(struct zcring_device *zdev)
{
	zcring_device_unregister(zdev);
	zcring_table_remove_board(zdev);
}
EXPORT_SYMBOL_GPL(zcring_board_unregister);

void zcring_board_put(struct zcring_device *zdev)
{
	zcring_device_unmap_dma(zdev);
	zcring_device_put(zdev);
}
EXPORT_SYMBOL_GPL(zcring_board_put);

struct zcring_stream *zcring_dma_stream(struct zcring_device *zdev)
{
	return &zdev->stream;
}
EXPORT_SYMBOL_GPL(zcring_dma_stream);

static u64 zcring_dma_place_bytes(const struct zcring_device *zdev, u64 index)
{
	const struct zcring_stream *stream = &zdev->stream;

	return zcring_ring_place(index, stream->ring_samples) * stream->sample_bytes;
}

u64 zcring_dma_run(const struct zcring_device *zdev, u32 channel, u64 index, u64 bytes)
{
	return zcring_dma_map_run(zdev->ring->data[channel].dma,
				  zcring_dma_place_bytes(zdev, index), bytes);
}
EXPORT_SYMBOL_GPL(zcring_dma_run);

dma_addr_t zcring_dma_give(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes)
{
	const struct zcring_dma_map *map = zdev->ring->data[channel].dma;
	u64 at = zcring_dma_place_bytes(zdev, index);

	zcring_dma_map_give(map, at, bytes);
	return zcring_dma_map_address(map, at);
}
EXPORT_SYMBOL_GPL(zcring_dma_give);

void zcring_dma_take(struct zcring_device *zdev, u32 channel, u64 index, u64 bytes)
{
	zcring_dma_map_take(zdev->ring->data[channel].dma, zcring_dma_place_bytes(zdev, index),
			    bytes);
}
EXPORT_SYMBOL_GPL(zcring_dma_take);

/*
 * The engine is plain C and exports nothing itself. Accounting, clock and the check of a rate are
 * for every board.
 */
#define ZCRING_EXPORT(_name) EXPORT_SYMBOL_GPL(_name)

ZCRING_EXPORT(zcring_stream_start);
ZCRING_EXPORT(zcring_stream_stop);
ZCRING_EXPORT(zcring_stream_room);
ZCRING_EXPORT(zcring_stream_publish);
ZCRING_EXPORT(zcring_stream_lose);
ZCRING_EXPORT(zcring_stream_account);
ZCRING_EXPORT(zcring_clock_begin);
ZCRING_EXPORT(zcring_clock_at);
ZCRING_EXPORT(zcring_clock_time);
ZCRING_EXPORT(zcring_clock_now);
ZCRING_EXPORT(zcring_clock_find);
ZCRING_EXPORT(zcring_clock_rebase);
ZCRING_EXPORT(zcring_clock_set_time);
ZCRING_EXPORT(zcring_rate_is_valid);

/* The front end is for a board that has DMA but no antenna. */
ZCRING_EXPORT(zcring_front_init);
ZCRING_EXPORT(zcring_front_configure);
ZCRING_EXPORT(zcring_front_set_scene);
ZCRING_EXPORT(zcring_front_start);
ZCRING_EXPORT(zcring_front_control);
ZCRING_EXPORT(zcring_front_apply_due);
ZCRING_EXPORT(zcring_front_apply_until);
ZCRING_EXPORT(zcring_front_until_command);
ZCRING_EXPORT(zcring_front_until_change);
ZCRING_EXPORT(zcring_front_may_change);
ZCRING_EXPORT(zcring_front_describe_burst);
ZCRING_EXPORT(zcring_front_get_tuning);
ZCRING_EXPORT(zcring_front_get_ranges);
ZCRING_EXPORT(zcring_antenna_receive);
ZCRING_EXPORT(zcring_antenna_affordable);
