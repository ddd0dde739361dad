/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks: how the simulated DMA engine puts samples into the ring, by writing them or by resident
 * DMA.
 */
#ifndef ZCRING_ENGINE_BLOCK_H
#define ZCRING_ENGINE_BLOCK_H

#include "antenna.h"
#include "stream.h"

/**
 * struct zcring_block - a burst that is being written behind the head, in one step or more
 * @samples: length of the burst; the ring had room for them when the block was begun
 * @written: number of samples written so far
 * @lost: samples that are lost after the block: the ring had no room for them when it was begun
 * @clipped: how many of @written were clipped, over all channels
 * @is_resident: the samples are in the ring already
 */
struct zcring_block {
	u64 samples;
	u64 written;
	u64 lost;
	u64 clipped;
	bool is_resident;
};

/**
 * struct zcring_resident - whether the ring holds the samples that would be written
 * @possible: the signal, as it is tuned, repeats within the ring
 * @skew: sample clock less index when the ring was last written anew
 * @from: from this index on, the ring holds the samples that would be written
 */
struct zcring_resident {
	bool possible;
	u64 skew;
	u64 from;
};

/*
 * Restarts the check for the present tuning of @antenna: resident DMA is possible, from a lap
 * after the head on, if it is @wanted and the signal of every channel repeats within the ring.
 */
void zcring_resident_review(struct zcring_resident *resident, const struct zcring_antenna *antenna,
			    const struct zcring_stream *stream, bool wanted);

/* Begins a block for the next @samples samples: as many as @stream has room for; the rest is lost. */
void zcring_block_begin(struct zcring_block *block, struct zcring_stream *stream,
			struct zcring_resident *resident, u64 samples);

/*
 * Writes the samples of @block that are not written yet, until the cost of all work of @antenna
 * is @until; false if samples are left.
 */
bool zcring_block_write(struct zcring_block *block, struct zcring_antenna *antenna,
			const struct zcring_stream *stream, u64 until);

#endif /* ZCRING_ENGINE_BLOCK_H */
