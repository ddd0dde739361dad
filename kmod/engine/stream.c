// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The accounting of a stream (stream.h).
 *
 *   sample_clock = produced + lost            produced = consumed + in the ring
 *
 * hold after every call. The consumer's tail is read once for each decision and compared with the
 * last valid tail and the head; after an invalid tail the state is ZCRING_STATE_FAULT, and
 * nothing more is written to the ring. The producer never reads its own shared fields back.
 */
#include "stream.h"

#define STREAM_PREROLL_RUN 65536ULL /* samples zeroed before zcring_relax() */

static void stream_set_state(struct zcring_stream *stream, u32 state, u32 fault, u32 fault_code)
{
	zcring_store(&stream->state, state);
	zcring_store(&stream->fault, fault);
	zcring_store(&stream->fault_code, fault_code);
	zcring_ring_store_state(stream->meta, state, fault, fault_code);
}

/* Before the indices begin anew. */
static void stream_set_id(struct zcring_stream *stream)
{
	zcring_store(&stream->stream_id, stream->stream_id + 1);
	zcring_ring_store_stream_id(stream->meta, stream->stream_id);
}

static bool stream_tail_is_valid(const struct zcring_stream *stream, u64 tail)
{
	return tail - stream->tail <= stream->head - stream->tail;
}

/* Takes over the consumer's tail if it is valid; ends the stream if it is not. */
static void stream_check_tail(struct zcring_stream *stream)
{
	u64 tail = zcring_ring_load_tail(stream->consumer);

	if (stream->state == ZCRING_STATE_FAULT || stream->state == ZCRING_STATE_GONE)
		return;
	if (stream_tail_is_valid(stream, tail)) {
		zcring_store(&stream->tail, tail);
		return;
	}
	stream_set_state(stream, ZCRING_STATE_FAULT,
			 (s64)(tail - stream->head) > 0 ? ZCRING_FAULT_TAIL_PAST_HEAD :
							  ZCRING_FAULT_TAIL_WENT_BACK,
			 ZCRING_FAULT_CODE_NONE);
}

/* Frees the descriptors all samples of which were released. */
static void stream_free_bursts(struct zcring_stream *stream)
{
	while (stream->burst_tail != stream->burst_head) {
		u64 end =
			stream->burst_ends[zcring_ring_place(stream->burst_tail, stream->burst_slots)];

		if ((s64)(end - stream->tail) > 0)
			break;
		stream->burst_tail++;
	}
	zcring_store(&stream->bursts_full,
		     stream->burst_head - stream->burst_tail == stream->burst_slots);
}

/* What was zeroed is written anew, or belongs to another ring. */
static void stream_forget_preroll(struct zcring_stream *stream)
{
	stream->preroll_samples = 0;
	stream->preroll_left = 0;
}

void zcring_stream_init(struct zcring_stream *stream)
{
	zcring_store(&stream->meta->magic, ZCRING_MAGIC);
	zcring_store(&stream->meta->abi_version, ZCRING_ABI_VERSION);
	memset(&stream->telemetry, 0, sizeof(stream->telemetry));
	zcring_store(&stream->head, 0);
	zcring_store(&stream->tail, 0);
	stream->first_index = 0;
	stream->burst_head = 0;
	stream->burst_tail = 0;
	zcring_store(&stream->bursts_full, false);
	stream->pending_lost = 0;
	stream->pending_flags = ZCRING_BURST_START;
	stream->pending_tuned = 0;
	stream_set_id(stream);
	stream_forget_preroll(stream);
	zcring_ring_reset(stream->consumer, 0, 0);
	zcring_ring_publish(stream->meta, 0, 0);
	stream_set_state(stream, ZCRING_STATE_STOPPED, ZCRING_FAULT_NONE, ZCRING_FAULT_CODE_NONE);
	zcring_stream_account(stream);
}

/* Gives up the samples of the stream before, some of which preroll will overwrite. */
static void stream_discard(struct zcring_stream *stream)
{
	stream_set_id(stream);
	zcring_store(&stream->tail, stream->head);
	zcring_ring_reset(stream->consumer, stream->head, stream->head);
	zcring_stream_account(stream);
}

/*
 * Zeroes the samples before the first one of @start, across the end of the ring if necessary, as
 * far as one call may; false if samples are left for the next call with the same @start. Until a
 * stream starts or the ring is exchanged, zeroes stay zeroes.
 */
static bool stream_write_preroll(struct zcring_stream *stream, const struct zcring_start *start)
{
	u64 most = ZCRING_STEP_BYTES / stream->channels / stream->sample_bytes;
	u64 place, run;
	u32 c;

	if (stream->preroll_end != start->first_index ||
	    stream->preroll_samples != start->preroll_samples) {
		stream->preroll_end = start->first_index;
		stream->preroll_samples = start->preroll_samples;
		stream->preroll_left = start->preroll_samples;
		if (start->preroll_samples)
			stream_discard(stream);
	}
	for (; stream->preroll_left && most; stream->preroll_left -= run, most -= run) {
		place = zcring_ring_place(start->first_index - stream->preroll_left,
					  stream->ring_samples);
		run = min(stream->preroll_left, stream->ring_samples - place);
		run = min(run, STREAM_PREROLL_RUN);
		run = min(run, most);
		for (c = 0; c < stream->channels; c++) {
			memset(stream->data[c] + place * stream->sample_bytes, 0,
			       run * stream->sample_bytes);
			zcring_relax();
		}
		stream->zeroed_bytes += run * stream->channels * stream->sample_bytes;
	}
	return !stream->preroll_left;
}

static void stream_begin(struct zcring_stream *stream, const struct zcring_start *start)
{
	stream->first_index = start->first_index;
	zcring_store(&stream->head, start->first_index);
	zcring_store(&stream->tail, start->first_index - start->preroll_samples);
	stream->burst_head = 0;
	stream->burst_tail = 0;
	zcring_store(&stream->bursts_full, false);
	stream->pending_lost = 0;
	stream->pending_flags = ZCRING_BURST_START;
	stream->pending_tuned = 0;
	memset(&stream->telemetry, 0, sizeof(stream->telemetry));
	if (!start->preroll_samples) /* else stream_discard() did it */
		stream_set_id(stream);
	zcring_ring_reset(stream->consumer, stream->tail, stream->head + 1);
	zcring_ring_publish(stream->meta, stream->burst_head, stream->head);
}

int zcring_stream_start(struct zcring_stream *stream, const struct zcring_start *start)
{
	bool resume = start->flags & ZCRING_START_RESUME;

	if (stream->state == ZCRING_STATE_GONE)
		return -ENODEV;
	if (stream->state == ZCRING_STATE_RUNNING)
		return -EBUSY;
	if (start->flags & ~(u64)ZCRING_START_RESUME)
		return -EINVAL;
	if (resume && (start->first_index || start->preroll_samples || start->delay_ns))
		return -EINVAL;
	if (resume && stream->fault != ZCRING_FAULT_NONE)
		return -EINVAL;
	if (start->preroll_samples > stream->ring_samples / 2)
		return -EINVAL;
	if (start->delay_ns > ZCRING_DELAY_NS_MAX)
		return -EINVAL;
	if (!resume && !stream_write_preroll(stream, start))
		return -EAGAIN;
	stream_forget_preroll(stream);
	if (resume)
		stream->pending_flags |= ZCRING_BURST_RESUME;
	else
		stream_begin(stream, start);
	stream_set_state(stream, ZCRING_STATE_RUNNING, ZCRING_FAULT_NONE, ZCRING_FAULT_CODE_NONE);
	zcring_stream_account(stream);
	return 0;
}

void zcring_stream_stop(struct zcring_stream *stream)
{
	if (stream->state != ZCRING_STATE_RUNNING)
		return;
	zcring_stream_account(stream);
	if (stream->state == ZCRING_STATE_RUNNING)
		stream_set_state(stream, ZCRING_STATE_STOPPED, ZCRING_FAULT_NONE,
				 ZCRING_FAULT_CODE_NONE);
}

void zcring_stream_fail(struct zcring_stream *stream, u32 fault_code)
{
	zcring_stream_account(stream);
	if (stream->state == ZCRING_STATE_RUNNING)
		stream_set_state(stream, ZCRING_STATE_FAULT, ZCRING_FAULT_HARDWARE, fault_code);
}

void zcring_stream_unplug(struct zcring_stream *stream)
{
	zcring_stream_stop(stream);
	stream_set_state(stream, ZCRING_STATE_GONE, stream->fault, stream->fault_code);
}

u64 zcring_stream_room(struct zcring_stream *stream)
{
	stream_check_tail(stream);
	if (stream->state != ZCRING_STATE_RUNNING)
		return 0;
	stream_free_bursts(stream);
	if (stream->bursts_full)
		return 0;
	return stream->ring_samples - (stream->head - stream->tail);
}

void zcring_stream_publish(struct zcring_stream *stream, struct zcring_burst *burst)
{
	u64 slot = zcring_ring_place(stream->burst_head, stream->burst_slots);
	struct zcring_telemetry *t = &stream->telemetry;

	burst->index = stream->head;
	burst->sample_clock = t->sample_clock;
	burst->lost = stream->pending_lost;
	burst->flags |= stream->pending_flags;
	if (burst->lost)
		burst->flags |= ZCRING_BURST_GAP;
	if (burst->clipped_samples)
		burst->flags |= ZCRING_BURST_OVERLOAD;
	if (burst->feed_underflow_samples)
		burst->flags |= ZCRING_BURST_UNDERFLOW;
	burst->tuned_channels = stream->pending_tuned;
	stream->bursts[slot] = *burst;
	stream->burst_ends[slot] = stream->head + burst->samples;

	zcring_store(&stream->head, stream->head + burst->samples);
	stream->burst_head++;
	stream->pending_lost = 0;
	stream->pending_flags = 0;
	stream->pending_tuned = 0;
	t->sample_clock += burst->samples;
	t->produced_samples += burst->samples;
	t->clipped_samples += burst->clipped_samples;
	t->bursts++;
	zcring_ring_publish(stream->meta, stream->burst_head, stream->head);
}

void zcring_stream_lose(struct zcring_stream *stream, u64 samples)
{
	struct zcring_telemetry *t = &stream->telemetry;

	if (!samples)
		return;
	if (!stream->pending_lost)
		t->overflow_count++;
	stream->pending_lost += samples;
	t->sample_clock += samples;
	t->lost_samples += samples;
}

void zcring_stream_account(struct zcring_stream *stream)
{
	u64 frame_bytes = (u64)stream->sample_bytes * stream->channels;
	struct zcring_telemetry *t = &stream->telemetry;
	s64 consumed;

	if (stream->state == ZCRING_STATE_RUNNING || stream->state == ZCRING_STATE_STOPPED)
		stream_check_tail(stream);
	stream_free_bursts(stream);
	consumed = (s64)(stream->tail - stream->first_index);
	t->consumed_samples = consumed > 0 ? consumed : 0; /* preroll is not counted */
	t->produced_bytes = t->produced_samples * frame_bytes;
	t->consumed_bytes = t->consumed_samples * frame_bytes;
	t->overflow_bytes = t->lost_samples * frame_bytes;
	zcring_ring_store_telemetry(stream->meta, &stream->sequence, t);
}

void zcring_stream_reset_consumer(struct zcring_stream *stream)
{
	struct zcring_consumer *page = stream->consumer;

	if (!stream_tail_is_valid(stream, zcring_ring_load_tail(page)))
		zcring_ring_clean(page, stream->tail, 0);
	zcring_stream_account(stream);
	zcring_ring_clean(page, stream->tail, stream->telemetry.consumed_bytes);
}

bool zcring_stream_readable(const struct zcring_stream *stream)
{
	u64 tail = zcring_ring_load_tail(stream->consumer);
	u64 head = zcring_load(&stream->head);
	u64 filled = head - tail;
	u64 ring_samples = zcring_load(&stream->ring_samples);
	u64 watermark = zcring_load(&stream->consumer->watermark);

	if (!filled || filled > ring_samples)
		return false;
	if (filled == ring_samples || (s64)(head - watermark) >= 0)
		return true;
	/* bursts_full belongs to the tail that was read then; a later tail may have freed a slot. */
	return zcring_load(&stream->bursts_full) && zcring_load(&stream->tail) == tail;
}
