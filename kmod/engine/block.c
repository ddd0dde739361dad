// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blocks (block.h): the number of samples that fit is fixed when a block is begun. The samples may
 * be written in several steps. The head does not move before the block is complete, so that what
 * the consumer reads meanwhile changes neither bursts nor losses.
 *
 * Resident DMA writes nothing and only moves the head. The samples in the ring are right only while
 * the signal repeats within the ring, and only after one lap was written with the present tuning
 * and without a loss.
 */
#include "block.h"

#define BLOCK_RUN 65536ULL /* samples of the scene received before zcring_relax() */

void zcring_resident_review(struct zcring_resident *resident, const struct zcring_antenna *antenna,
			    const struct zcring_stream *stream, bool wanted)
{
	u64 period;
	u32 c;

	resident->possible = wanted;
	resident->from = stream->head + stream->ring_samples;
	for (c = 0; c < stream->channels; c++) {
		period = zcring_antenna_period(antenna, c);
		if (!period || period > stream->ring_samples || period & (period - 1))
			resident->possible = false;
	}
}

/* Whether the ring holds the samples at the head of @stream already. */
static bool block_is_resident(struct zcring_resident *resident, const struct zcring_stream *stream)
{
	u64 skew = stream->telemetry.sample_clock - stream->head;

	if (skew != resident->skew) { /* a loss has shifted the signal against the ring */
		resident->skew = skew;
		resident->from = stream->head + stream->ring_samples;
	}
	return resident->possible && (s64)(stream->head - resident->from) >= 0;
}

void zcring_block_begin(struct zcring_block *block, struct zcring_stream *stream,
			struct zcring_resident *resident, u64 samples)
{
	block->samples = min(samples, zcring_stream_room(stream));
	block->lost = samples - block->samples;
	block->clipped = 0;
	block->is_resident = block->samples && block_is_resident(resident, stream);
	block->written = block->is_resident ? block->samples : 0;
}

/* Prepares all channels; false if there was no time for one. */
static bool block_prepare(struct zcring_antenna *antenna, u32 channels, u64 until)
{
	u32 c;

	for (c = 0; c < channels; c++) {
		if (antenna->tuner[c].is_prepared)
			continue;
		if (zcring_effort_left(&antenna->effort, until) < ZCRING_PREPARE_COST)
			return false;
		zcring_antenna_prepare(antenna, c);
		zcring_relax();
	}
	return true;
}

bool zcring_block_write(struct zcring_block *block, struct zcring_antenna *antenna,
			const struct zcring_stream *stream, u64 until)
{
	u64 most, place, run;
	u32 c;

	if (block->written < block->samples && !block_prepare(antenna, stream->channels, until))
		return false;
	for (; block->written < block->samples; block->written += run) {
		most = zcring_antenna_affordable(antenna, stream->channels,
						 zcring_effort_left(&antenna->effort, until));
		if (!most)
			return false;
		place = zcring_ring_place(stream->head + block->written, stream->ring_samples);
		run = min(block->samples - block->written, stream->ring_samples - place);
		run = min(run, BLOCK_RUN / antenna->decimation);
		run = min(run, most);
		for (c = 0; c < stream->channels; c++) {
			block->clipped += zcring_antenna_receive(
				antenna, c, stream->telemetry.sample_clock + block->written,
				stream->data[c] + place * stream->sample_bytes, run);
			zcring_relax();
		}
	}
	return true;
}
