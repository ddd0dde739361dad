/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring: every access to memory that two sides share, and all of the memory ordering.
 *
 * One producer, one consumer. Indices are free-running u64 counts of samples; the place of an index
 * is the index modulo the size of the ring, a power of two.
 *
 *   producer                                  consumer
 *
 *   load-acquire  tail                (D)     load-acquire  head                (B)
 *   store         samples                     load          samples
 *   store         descriptor                  load-acquire  burst_head          (L)
 *   store-release burst_head          (K)     load          descriptors
 *   store-release head                (A)     store-release tail                (C)
 *
 *   A pairs with B: a consumer that loads the head sees the samples before it, and a burst_head
 *   past their descriptor. K pairs with L: a consumer that loads the burst_head sees the
 *   descriptors before it, some of which may describe samples past the head that was loaded. C
 *   pairs with D: a producer that loads the tail overwrites only samples that were read.
 *
 * The state is stored with release (M) after the last head, and loaded with acquire (N).
 *
 * Sleep and wake, where the producer has no poll() to do it (the emulator):
 *
 *   consumer                                  producer
 *
 *   store         watermark, waiting = 1      store-release head                (A)
 *   full fence                        (E)     full fence                        (F)
 *   load-acquire  head                (B)     load          waiting, watermark
 *   sleep if head is before watermark         wake if waiting and head reached watermark
 *
 *   E pairs with F: each side stores its own word before it loads the other side's, so that at
 *   least one side sees the other's store, and no wake-up is lost. In the kernel, joining and
 *   leaving the wait queue replace waiting; E comes after poll_wait(), and wq_has_sleeper() is F.
 *
 * Telemetry is a set of counters that must be read as one consistent set:
 *
 *   producer                                  observer
 *
 *   store         sequence (odd)              load-acquire  sequence            (H)
 *   release fence                     (G)     load          counters
 *   store         counters                    acquire fence                     (J)
 *   store-release sequence (even)     (I)     load          sequence
 *
 *   I pairs with H, G with J: an observer that loads one counter of an update sees the odd sequence
 *   of that update too, and reads again.
 *
 * A live feed (feed.h) is a ring as well, of which the feeder is the producer:
 *
 *   feeder                                    engine
 *
 *   load-acquire  freed               (T)     load-acquire  ended               (V)
 *   store         samples                     load-acquire  silent_until        (R)
 *   store-release written             (O)     load-acquire  written             (P)
 *   store-release silent_until        (Q)     load          samples
 *   store-release ended               (U)     store         clock
 *                                             store-release freed               (S)
 *
 *   O pairs with P, Q with R, S with T, U with V: an engine that loads one of the feeder's words
 *   sees everything that the feeder did before it stored that word. Of what the feeder announced,
 *   the engine loads the last first: an engine that knows of silence up to an index, or of the
 *   end, knows of all samples before. A feeder that waits for room sleeps as a consumer does (E,
 *   F), with freed as the head.
 *
 * Why this suffices on a weakly ordered machine, in the terms of C11. The kernel's memory model
 * gives the same guarantees for the operations used here:
 *
 *   A, B  The samples are stored before A and loaded after B: once the head is seen, the stores
 *         happen before the loads. Without A, the head may become visible before the samples;
 *         without B, the samples may be loaded before the head. Both give old samples.
 *   C, D  Samples and descriptors are loaded before C and overwritten after D, in a place that only
 *         a tail past it frees. Without either, a load may see the store of the next lap. A control
 *         dependency would order that store, but the access would still be a data race.
 *   K, L  As A and B. K must come before A: K is the older store of the two.
 *   M, N  The last head is stored before M and loaded after N. Without either, a consumer may see
 *         the end of the stream, miss the last head, and leave samples unread.
 *   E, F  Release and acquire leave a store and a later load of another place unordered: each side
 *         could miss the other's store (store buffering). One of the two full fences comes first;
 *         the stores before that fence are seen after the other fence. Watermark and waiting
 *         therefore need no order between them.
 *   G, J  A counter of an update was stored after G, so the sequence loaded after J is not older
 *         than the odd one. Without either, the second load may see the sequence from before the
 *         update: old and new counters would be mixed.
 *   H, I  Without either, a counter that is older than the even sequence may be read with it.
 *   O, P  As A and B.
 *   Q, R  Without either, the engine may see the silence and miss samples that were published before
 *         it: it would take them for silence as well.
 *   S, T  As C and D. The clock needs no order of its own: a feeder that sees an old one puts late
 *         samples into the ring, to which the engine does not look any more. The clock is stored
 *         before S and loaded after T, so that the feeder never sees one before freed.
 *   U, V  Without either, the engine may stop before the last sample.
 *
 * Samples and descriptors are the only plain accesses, and each of them happens before or after
 * every access that conflicts with it: a place belongs to the producer from D to A and to the
 * consumer from B (or L) to C; a place of a feed belongs to the feeder from T to O and to the
 * engine from P to S. Every other shared field is loaded and stored whole. tests/model explores
 * all but G to J.
 *
 * The producer keeps private copies of its indices and never reads its own stores back: shared
 * fields could be forged if the protection of the mapping failed. The producer reads each field of
 * the consumer once and bounds it.
 */
#ifndef ZCRING_ENGINE_RING_H
#define ZCRING_ENGINE_RING_H

#include "env.h"
#include "zcring/abi.h"

static inline u64 zcring_ring_place(u64 index, u64 size)
{
	return index & (size - 1);
}

/* Producer's side. */

static inline u64 zcring_ring_load_tail(const struct zcring_consumer *consumer)
{
	return zcring_load_acquire(&consumer->tail); /* D */
}

/* Before the indices of a new stream or ring are published: whoever sees them (A) sees the number. */
static inline void zcring_ring_store_stream_id(struct zcring_meta *meta, u64 stream_id)
{
	zcring_store(&meta->stream_id, stream_id);
}

static inline void zcring_ring_publish(struct zcring_meta *meta, u64 burst_head, u64 head)
{
	zcring_store_release(&meta->burst_head, burst_head); /* K */
	zcring_store_release(&meta->head, head); /* A */
}

/* For a new stream; the consumer does not use its page meanwhile. */
static inline void zcring_ring_reset(struct zcring_consumer *consumer, u64 tail, u64 watermark)
{
	zcring_store(&consumer->total_bytes_consumed, 0);
	zcring_store(&consumer->watermark, watermark);
	zcring_store_release(&consumer->tail, tail); /* C */
}

/* Clears the page for the next consumer, while no mapping of it is left. */
static inline void zcring_ring_clean(struct zcring_consumer *consumer, u64 tail,
				     u64 total_bytes_consumed)
{
	memset(consumer->reserved0, 0, sizeof(consumer->reserved0));
	memset(consumer->reserved1, 0, sizeof(consumer->reserved1));
	zcring_store(&consumer->waiting, 0);
	zcring_store(&consumer->watermark, tail);
	zcring_store(&consumer->total_bytes_consumed, total_bytes_consumed);
	zcring_store_release(&consumer->tail, tail); /* C */
}

/* Whether the consumer sleeps or is about to sleep; called after publishing. */
static inline bool zcring_ring_load_waiting(const struct zcring_consumer *consumer)
{
	zcring_fence_full(); /* F */
	return zcring_load(&consumer->waiting);
}

static inline void zcring_ring_store_telemetry(struct zcring_meta *meta, u64 *sequence,
					       const struct zcring_telemetry *now)
{
	struct zcring_telemetry *shared = &meta->telemetry;

	zcring_store(&meta->sequence, ++*sequence);
	zcring_fence_release(); /* G */
	zcring_store(&shared->sample_clock, now->sample_clock);
	zcring_store(&shared->produced_samples, now->produced_samples);
	zcring_store(&shared->consumed_samples, now->consumed_samples);
	zcring_store(&shared->lost_samples, now->lost_samples);
	zcring_store(&shared->produced_bytes, now->produced_bytes);
	zcring_store(&shared->consumed_bytes, now->consumed_bytes);
	zcring_store(&shared->overflow_bytes, now->overflow_bytes);
	zcring_store(&shared->overflow_count, now->overflow_count);
	zcring_store(&shared->bursts, now->bursts);
	zcring_store(&shared->clipped_samples, now->clipped_samples);
	zcring_store(&shared->feed_underflow_samples, now->feed_underflow_samples);
	zcring_store(&shared->feed_underflow_count, now->feed_underflow_count);
	zcring_store(&shared->demotions, now->demotions);
	zcring_store_release(&meta->sequence, ++*sequence); /* I */
}

static inline void zcring_ring_store_state(struct zcring_meta *meta, u32 state, u32 fault,
					   u32 fault_code)
{
	zcring_store(&meta->fault, fault);
	zcring_store(&meta->fault_code, fault_code);
	zcring_store_release(&meta->state, state); /* M */
}

/* Consumer's side. */

/* If the state is not running, a head loaded afterwards is the last one. */
static inline u32 zcring_ring_load_state(const struct zcring_meta *meta)
{
	return zcring_load_acquire(&meta->state); /* N */
}

static inline u64 zcring_ring_load_head(const struct zcring_meta *meta)
{
	return zcring_load_acquire(&meta->head); /* B */
}

static inline u64 zcring_ring_load_burst_head(const struct zcring_meta *meta)
{
	return zcring_load_acquire(&meta->burst_head); /* L */
}

static inline void zcring_ring_release(struct zcring_consumer *consumer, u64 tail,
				       u64 total_bytes_consumed)
{
	zcring_store(&consumer->total_bytes_consumed, total_bytes_consumed);
	zcring_store_release(&consumer->tail, tail); /* C */
}

/* Between joining the wait queue and the last load of the head. */
static inline void zcring_ring_fence_before_look(void)
{
	zcring_fence_full(); /* E */
}

/* The caller loads the head afterwards, and only then sleeps. */
static inline void zcring_ring_store_waiting(struct zcring_consumer *consumer, u64 watermark)
{
	zcring_store(&consumer->watermark, watermark);
	zcring_store(&consumer->waiting, 1);
	zcring_ring_fence_before_look();
}

static inline void zcring_ring_clear_waiting(struct zcring_consumer *consumer)
{
	zcring_store(&consumer->waiting, 0);
}

/* Observer's side. False if the counters were being written: the caller tries again. */
static inline bool zcring_ring_try_telemetry(const struct zcring_meta *meta,
					     struct zcring_telemetry *copy)
{
	const struct zcring_telemetry *shared = &meta->telemetry;
	u64 sequence = zcring_load_acquire(&meta->sequence); /* H */

	copy->sample_clock = zcring_load(&shared->sample_clock);
	copy->produced_samples = zcring_load(&shared->produced_samples);
	copy->consumed_samples = zcring_load(&shared->consumed_samples);
	copy->lost_samples = zcring_load(&shared->lost_samples);
	copy->produced_bytes = zcring_load(&shared->produced_bytes);
	copy->consumed_bytes = zcring_load(&shared->consumed_bytes);
	copy->overflow_bytes = zcring_load(&shared->overflow_bytes);
	copy->overflow_count = zcring_load(&shared->overflow_count);
	copy->bursts = zcring_load(&shared->bursts);
	copy->clipped_samples = zcring_load(&shared->clipped_samples);
	copy->feed_underflow_samples = zcring_load(&shared->feed_underflow_samples);
	copy->feed_underflow_count = zcring_load(&shared->feed_underflow_count);
	copy->demotions = zcring_load(&shared->demotions);
	zcring_fence_acquire(); /* J */
	return !(sequence & 1) && zcring_load(&meta->sequence) == sequence;
}

/* The feeder's side of a live feed. */

static inline u64 zcring_ring_load_freed(const struct zcring_feed_taken *taken)
{
	return zcring_load_acquire(&taken->freed); /* T */
}

/* After zcring_ring_load_freed(): not before the index that was loaded there. */
static inline u64 zcring_ring_load_clock(const struct zcring_feed_taken *taken)
{
	return zcring_load(&taken->clock);
}

static inline void zcring_ring_store_written(struct zcring_feed_written *written, u64 index,
					     u64 late_samples)
{
	zcring_store(&written->late_samples, late_samples);
	zcring_store_release(&written->written, index); /* O */
}

static inline void zcring_ring_store_silent_until(struct zcring_feed_written *written, u64 index)
{
	zcring_store_release(&written->silent_until, index); /* Q */
}

static inline void zcring_ring_store_ended(struct zcring_feed_written *written)
{
	zcring_store_release(&written->ended, 1); /* U */
}

/* A feeder without poll(): as zcring_ring_store_waiting(), with the index that @freed must reach. */
static inline void zcring_ring_store_feed_waiting(struct zcring_feed_written *written, u64 watermark)
{
	zcring_store(&written->watermark, watermark);
	zcring_store(&written->waiting, 1);
	zcring_ring_fence_before_look();
}

static inline void zcring_ring_clear_feed_waiting(struct zcring_feed_written *written)
{
	zcring_store(&written->waiting, 0);
}

/* The engine's side. What was announced last is loaded first: in the order of these functions. */

static inline bool zcring_ring_load_ended(const struct zcring_feed_written *written)
{
	return zcring_load_acquire(&written->ended); /* V */
}

static inline u64 zcring_ring_load_silent_until(const struct zcring_feed_written *written)
{
	return zcring_load_acquire(&written->silent_until); /* R */
}

static inline u64 zcring_ring_load_written(const struct zcring_feed_written *written)
{
	return zcring_load_acquire(&written->written); /* P */
}

static inline void zcring_ring_store_clock(struct zcring_feed_taken *taken, u64 clock)
{
	zcring_store(&taken->clock, clock);
}

static inline void zcring_ring_store_underflow(struct zcring_feed_taken *taken, u64 samples, u64 count)
{
	zcring_store(&taken->underflow_samples, samples);
	zcring_store(&taken->underflow_count, count);
}

/* After zcring_ring_store_clock() with an index that is not before @freed. */
static inline void zcring_ring_free_feed(struct zcring_feed_taken *taken, u64 freed)
{
	zcring_store_release(&taken->freed, freed); /* S */
}

/*
 * Whether a feeder without poll() sleeps for room that is there, or for the end of the feed: it is to
 * be woken. @freed is what was stored last (F).
 */
static inline bool zcring_ring_feed_wants_wake(const struct zcring_feed_written *written, u64 freed)
{
	zcring_fence_full(); /* F */
	return zcring_load(&written->waiting) && (s64)(freed - zcring_load(&written->watermark)) >= 0;
}

/* Begins a new feed, which neither side uses meanwhile. */
static inline void zcring_ring_reset_feed(struct zcring_feed_written *written,
					  struct zcring_feed_taken *taken)
{
	memset(written, 0, sizeof(*written));
	memset(taken, 0, sizeof(*taken));
}

#endif /* ZCRING_ENGINE_RING_H */
