/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream: the producer's accounting over one ring. It knows what was produced, lost and
 * released, never how samples come about; the simulated front end (front.h) and a board
 * driver use it alike.
 *
 * Not locked: the owner calls it from one thread at a time, except
 * zcring_stream_readable(), which any thread may call while the stream's memory stays.
 */
#ifndef ZCRING_ENGINE_STREAM_H
#define ZCRING_ENGINE_STREAM_H

#include "ring.h"

/**
 * struct zcring_stream - one ring, as its producer sees it
 * @meta: shared, written only
 * @consumer: shared, not trusted
 * @bursts: shared, written only
 * @burst_ends: private: index after the last sample of the descriptor in each slot
 * @data: the samples of each channel
 * @ring_samples: size of each channel's ring, a power of two
 * @burst_slots: size of the ring of descriptors, a power of two
 * @channels: how many of @data there are
 * @sample_bytes: bytes of one sample of one channel
 * @head: next sample's index
 * @tail: the last valid tail that was seen
 * @first_index: index of the stream's first sample
 * @burst_head: next descriptor's index
 * @burst_tail: oldest descriptor that is still held
 * @bursts_full: there was no slot for another descriptor when room was last asked for
 * @sequence: of the shared telemetry
 * @pending_lost: samples lost since the last burst
 * @pending_flags: ZCRING_BURST_* that the next burst will carry
 * @pending_tuned: channels tuned since the last burst
 * @state: enum zcring_state
 * @fault: enum zcring_fault
 * @telemetry: private counters
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
	struct zcring_telemetry telemetry;
};

/*
 * The memory and geometry fields are set by the owner before, in a zeroed struct the first
 * time; all else begins here. An observer of the metadata sees nothing inconsistent.
 */
void zcring_stream_init(struct zcring_stream *stream);

/* 0, -EBUSY while running, -ENODEV once gone, -EINVAL for a field out of range. */
int zcring_stream_start(struct zcring_stream *stream, const struct zcring_start *start);
void zcring_stream_stop(struct zcring_stream *stream);
void zcring_stream_unplug(struct zcring_stream *stream);

/*
 * Samples that may be produced now: what the ring and the ring of descriptors have room
 * for. Reads the consumer's tail; one that lies ends the stream, and there is no room.
 */
u64 zcring_stream_room(struct zcring_stream *stream);

/*
 * Publishes @burst->samples samples that already lie in the ring from @head on. The
 * caller fills what it knows (time, rate, tuning); the accounting fills the rest.
 */
void zcring_stream_publish(struct zcring_stream *stream, struct zcring_burst *burst);

/* Counts @samples as lost just here. */
void zcring_stream_lose(struct zcring_stream *stream, u64 samples);

/* Looks at the tail once more, and shares the counters. */
void zcring_stream_account(struct zcring_stream *stream);

/*
 * The consumer is gone for good, and the stream does not run. What it has released counts; a
 * tail that lies does not, as nobody is left whose fault it would be. The page is the next
 * one's, clean.
 */
void zcring_stream_reset_consumer(struct zcring_stream *stream);

/*
 * Whether poll() should report data: there is some, and the head has reached the watermark
 * or can get no further, as the ring or the ring of descriptors is full.
 */
bool zcring_stream_readable(const struct zcring_stream *stream);

#endif /* ZCRING_ENGINE_STREAM_H */
