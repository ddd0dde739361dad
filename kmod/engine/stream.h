/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream: the producer's accounting over one ring. The accounting counts samples produced,
 * lost and released, independent of their source; the simulated front end (front.h)
 * and a board's driver use it alike.
 *
 * Not locked: the owner calls it from one thread at a time. zcring_stream_readable() is the
 * exception: any thread may call it while the memory of the stream is in place.
 */
#ifndef ZCRING_ENGINE_STREAM_H
#define ZCRING_ENGINE_STREAM_H

#include "ring.h"

/**
 * struct zcring_stream - one ring, from the side of its producer
 * @meta: shared; only written
 * @consumer: shared; not trusted
 * @bursts: shared; only written
 * @burst_ends: private: index after the last sample of the descriptor in each slot
 * @data: the samples of each channel
 * @ring_samples: size of each channel's ring, a power of two
 * @burst_slots: size of the ring of descriptors, a power of two
 * @channels: number of channels in @data
 * @sample_bytes: bytes of one sample of one channel
 * @head: index of the next sample
 * @tail: the last valid tail that was read
 * @first_index: index of the first sample of the stream
 * @burst_head: index of the next descriptor
 * @burst_tail: index of the oldest descriptor that is still held
 * @bursts_full: no slot was free for another descriptor when the tail was last read
 * @sequence: sequence of the shared telemetry
 * @pending_lost: samples lost since the last burst
 * @pending_flags: ZCRING_BURST_* of the next burst
 * @pending_tuned: channels tuned since the last burst
 * @state: enum zcring_state
 * @fault: enum zcring_fault
 * @fault_code: enum zcring_fault_code, or a board's own
 * @stream_id: number of the stream
 * @telemetry: private counters
 * @preroll_end: the first index of a start that has begun to zero its preroll, and is not complete
 * @preroll_samples: the preroll of that start
 * @preroll_left: how many of these samples are not zeroed yet
 * @zeroed_bytes: bytes of preroll that were zeroed, over all channels; tests check that it is
 *                bounded
 */
struct zcring_stream {
	struct zcring_meta *meta;
	struct zcring_consumer *consumer;
	struct zcring_burst *bursts;
	u64 *burst_ends;
	u8 *data[ZCRING_CHANNELS_MAX];
	u64 ring_samples;
	u64 burst_slots;
	u32 channels;
	u32 sample_bytes;

	u64 head;
	u64 tail;
	u64 first_index;
	u64 burst_head;
	u64 burst_tail;
	bool bursts_full;
	u64 sequence;
	u64 pending_lost;
	u32 pending_flags;
	u32 pending_tuned;
	u32 state;
	u32 fault;
	u32 fault_code;
	u64 stream_id;
	struct zcring_telemetry telemetry;
	u64 preroll_end;
	u64 preroll_samples;
	u64 preroll_left;
	u64 zeroed_bytes;
};

/*
 * Resets all fields but memory and geometry, which the owner has set before, and begins another
 * stream_id; the struct is zeroed before the first call. An observer of the metadata reads nothing
 * inconsistent meanwhile.
 */
void zcring_stream_init(struct zcring_stream *stream);

#define ZCRING_STEP_BYTES (8ULL << 20) /* zeroed in one call: milliseconds */

/*
 * 0, -EBUSY while running, -ENODEV once gone, -EINVAL for a field out of range. -EAGAIN if preroll
 * is left to zero: one call zeroes at most ZCRING_STEP_BYTES over all channels. The stream has not
 * started then, and nothing that a consumer reads has changed; the caller lets others have the
 * lock and calls again with the same @start.
 */
int zcring_stream_start(struct zcring_stream *stream, const struct zcring_start *start);
void zcring_stream_stop(struct zcring_stream *stream);

/*
 * Ends the stream, if one runs, by ZCRING_FAULT_HARDWARE with a code of enum zcring_fault_code, or
 * a board's own.
 */
void zcring_stream_fail(struct zcring_stream *stream, u32 fault_code);
void zcring_stream_unplug(struct zcring_stream *stream);

/*
 * Number of samples that may be produced now: the room in the ring, or 0 if the ring of descriptors
 * is full. Reads the consumer's tail; an invalid tail ends the stream, and there is no room.
 */
u64 zcring_stream_room(struct zcring_stream *stream);

/*
 * Publishes @burst->samples samples, which are in the ring already, from @head on. The caller
 * fills time, rate, tuning, clipped samples, underflows and interrupt of @burst; the accounting
 * fills the rest.
 */
void zcring_stream_publish(struct zcring_stream *stream, struct zcring_burst *burst);

/* Counts @samples samples as lost after the last published one. */
void zcring_stream_lose(struct zcring_stream *stream, u64 samples);

/* Reads the consumer's tail and publishes the counters. */
void zcring_stream_account(struct zcring_stream *stream);

/*
 * For a consumer that was closed, while the stream does not run. A valid tail counts as released;
 * an invalid tail that was never checked is discarded, and no stream ends by it. The page is
 * cleared for the next consumer.
 */
void zcring_stream_reset_consumer(struct zcring_stream *stream);

/*
 * Whether poll() reports data: the ring is not empty, and the head has reached the watermark or
 * cannot move on, because the ring or the ring of descriptors is full.
 */
bool zcring_stream_readable(const struct zcring_stream *stream);

#endif /* ZCRING_ENGINE_STREAM_H */
