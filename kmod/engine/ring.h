/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring: everything that two sides touch at once, and all of the memory ordering.
 *
 * One producer, one consumer. Indices are free-running u64 counts of samples; their
 * place is the index modulo the ring's size, a power of two.
 *
 *   producer                                  consumer
 *
 *   load-acquire  tail                (D)     load-acquire  head                (B)
 *   store         samples                     load          samples
 *   store         descriptor                  load-acquire  burst_head          (L)
 *   store-release burst_head          (K)     load          descriptors
 *   store-release head                (A)     store-release tail                (C)
 *
 *   A pairs with B: who sees the head sees the samples, and a burst_head past their
 *   descriptor. K pairs with L: who sees the burst_head sees the descriptors before it,
 *   some of which may describe samples past the head that was seen. C pairs with D: who
 *   sees the tail overwrites only what has been read.
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
 *   sleep if it is under the watermark        wake if it is waiting and there is enough
 *
 *   E pairs with F: each side stores its own word before it loads the other's, so that at
 *   least one of the two sees the other's store, and no wake-up is lost. In the kernel,
 *   joining and leaving the wait queue take the place of waiting; E comes after
 *   poll_wait(), and wq_has_sleeper() is F.
 *
 * Telemetry is a set of counters that must be read together:
 *
 *   producer                                  observer
 *
 *   store         sequence (odd)              load-acquire  sequence            (H)
 *   release fence                     (G)     load          counters
 *   store         counters                    acquire fence                     (J)
 *   store-release sequence (even)     (I)     load          sequence
 *
 *   I pairs with H, G with J: an observer that saw one counter of an update sees its odd
 *   sequence too, and reads again.
 *
 * Why that is enough on a machine that orders weakly, in the terms of C11. The kernel's
 * model gives the same for what is used here:
 *
 *   A, B  The samples are stored before A and loaded after B, so a head that was seen makes
 *         the stores happen before the loads. Without either, the head may overtake the
 *         samples, or the loads may be done before that of the head: old samples.
 *   C, D  Samples and descriptors are loaded before C and overwritten after D, in a place
 *         that only a tail past it makes free. Without either, a load may be done after the
 *         next lap's store. A control dependency would order that store but not make the
 *         access free of a race.
 *   K, L  As A and B. A needs K before it: K is the older store of the two.
 *   M, N  The last head is stored before M and loaded after N; without either, a consumer
 *         may see the end, miss the head, and leave samples behind.
 *   E, F  Release and acquire leave a store and a later load of another place unordered:
 *         each side could miss the other's store (store buffering). One of two full fences
 *         comes first; what was stored before that one is seen after the other. So
 *         watermark and waiting need no order between them.
 *   G, J  A counter that was seen is from after G, and the sequence loaded after J is then
 *         no older than the odd one. Without either, the second load may see the sequence
 *         from before the update: old and new counters mixed.
 *   H, I  Without either, a counter older than the even sequence may be seen under it.
 *
 * Samples and descriptors are the only plain accesses, and each happens before or after any
 * it conflicts with: a place belongs to the producer from D to A and to the consumer from B
 * (or L) to C. All else that is shared is loaded and stored whole. tests/model explores all
 * but G to J.
 *
 * The producer keeps its indices to itself and never reads its own stores back: what it
 * shares could be forged where the protection of the mapping fails. What the consumer
 * shares it reads once and bounds.
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

static inline void zcring_ring_publish(struct zcring_meta *meta, u64 burst_head, u64 head)
{
	zcring_store_release(&meta->burst_head, burst_head); /* K */
	zcring_store_release(&meta->head, head); /* A */
}

/* For a new stream, while the consumer keeps its hands off. */
static inline void zcring_ring_reset(struct zcring_consumer *consumer, u64 tail, u64 watermark)
{
	zcring_store(&consumer->total_bytes_consumed, 0);
	zcring_store(&consumer->watermark, watermark);
	zcring_store_release(&consumer->tail, tail); /* C */
}

/* Clean for the next consumer; while nobody can write to it. */
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

/* Whether the consumer sleeps or is about to; asked after publishing. */
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
	zcring_store_release(&meta->sequence, ++*sequence); /* I */
}

static inline void zcring_ring_store_state(struct zcring_meta *meta, u32 state, u32 fault)
{
	zcring_store(&meta->fault, fault);
	zcring_store_release(&meta->state, state); /* M */
}

/* Consumer's side. */

/* Once it is not running, a head loaded after it is the last. */
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

/* Between joining those who sleep and a last look at the head. */
static inline void zcring_ring_fence_before_look(void)
{
	zcring_fence_full(); /* E */
}

/* To be followed by a look at the head, and only then by sleep. */
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

/* Observer's side. False if the counters were being written: try again. */
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
	zcring_fence_acquire(); /* J */
	return !(sequence & 1) && zcring_load(&meta->sequence) == sequence;
}

#endif /* ZCRING_ENGINE_RING_H */
