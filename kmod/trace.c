// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Passes the tracepoints by comparing the accounting with that of the last call: the engine itself
 * contains no tracepoints. With all tracepoints off, a call costs a few loads.
 *
 * The start of a stream is traced before its bursts, the end after them.
 */
#define CREATE_TRACE_POINTS
#include "zcring_trace.h"

static void zcring_trace_state(struct zcring_device *zdev)
{
	u32 from = zdev->traced.state;

	if (zdev->stream.state == from)
		return;
	zdev->traced.state = zdev->stream.state;
	trace_zcring_state(zdev, from);
}

static void zcring_trace_bursts(struct zcring_device *zdev)
{
	const struct zcring_stream *stream = &zdev->stream;
	u64 first = zdev->traced.bursts;
	u64 slot;

	zdev->traced.bursts = stream->burst_head;
	if (!trace_zcring_burst_enabled())
		return;
	/* Descriptors that one step has overwritten are lost to the trace. */
	if (stream->burst_head - first > stream->burst_slots)
		first = stream->burst_head - stream->burst_slots;
	for (; first != stream->burst_head; first++) {
		slot = zcring_ring_place(first, stream->burst_slots);
		trace_zcring_burst(zdev, &stream->bursts[slot]);
	}
}

static void zcring_trace_overflow(struct zcring_device *zdev)
{
	u64 lost = zdev->stream.telemetry.lost_samples - zdev->traced.lost_samples;

	zdev->traced.lost_samples += lost;
	if (lost)
		trace_zcring_overflow(zdev, lost);
}

void zcring_trace_changes(struct zcring_device *zdev)
{
	const struct zcring_stream *stream = &zdev->stream;

	/* Called for a new stream, which begins at 0, before its counters change. */
	if (stream->burst_head < zdev->traced.bursts)
		zdev->traced.bursts = 0;
	if (stream->telemetry.lost_samples < zdev->traced.lost_samples)
		zdev->traced.lost_samples = 0;

	if (stream->state == ZCRING_STATE_RUNNING)
		zcring_trace_state(zdev);
	zcring_trace_bursts(zdev);
	zcring_trace_overflow(zdev);
	zcring_trace_state(zdev);
}
