/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracepoints, below events/zcring/ in tracefs; docs/abi.md describes each. All but
 * zcring_interrupt and zcring_map_dma are passed with the device's lock held, and therefore in
 * order.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zcring

#if !defined(ZCRING_ZCRING_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ZCRING_ZCRING_TRACE_H

#include <linux/tracepoint.h>

#include "zcring.h"

/* Laid out by hand, as the trace headers of the kernel are. */
/* clang-format off */

/* So that the files format contain numbers: perf and trace-cmd know no names of the driver. */
TRACE_DEFINE_ENUM(ZCRING_STATE_STOPPED);
TRACE_DEFINE_ENUM(ZCRING_STATE_RUNNING);
TRACE_DEFINE_ENUM(ZCRING_STATE_FAULT);
TRACE_DEFINE_ENUM(ZCRING_STATE_GONE);
TRACE_DEFINE_ENUM(ZCRING_FAULT_NONE);
TRACE_DEFINE_ENUM(ZCRING_FAULT_TAIL_PAST_HEAD);
TRACE_DEFINE_ENUM(ZCRING_FAULT_TAIL_WENT_BACK);
TRACE_DEFINE_ENUM(ZCRING_FAULT_HARDWARE);

#define zcring_print_state(_state)					\
	__print_symbolic(_state,					\
			 { ZCRING_STATE_STOPPED, "stopped" },		\
			 { ZCRING_STATE_RUNNING, "running" },		\
			 { ZCRING_STATE_FAULT, "fault" },		\
			 { ZCRING_STATE_GONE, "gone" })

#define zcring_print_fault(_fault)					\
	__print_symbolic(_fault,					\
			 { ZCRING_FAULT_NONE, "none" },			\
			 { ZCRING_FAULT_TAIL_PAST_HEAD, "tail_past_head" }, \
			 { ZCRING_FAULT_TAIL_WENT_BACK, "tail_went_back" }, \
			 { ZCRING_FAULT_HARDWARE, "hardware" })

TRACE_EVENT(zcring_interrupt,
	TP_PROTO(const struct zcring_device *zdev, u64 late_ns),
	TP_ARGS(zdev, late_ns),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u64, late_ns)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->late_ns = late_ns;
	),
	TP_printk("device=%u late_ns=%llu", __entry->device, __entry->late_ns)
);

TRACE_EVENT(zcring_progress,
	TP_PROTO(const struct zcring_device *zdev, u64 delay_ns),
	TP_ARGS(zdev, delay_ns),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u64, delay_ns)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->delay_ns = delay_ns;
	),
	TP_printk("device=%u delay_ns=%llu", __entry->device, __entry->delay_ns)
);

TRACE_EVENT(zcring_burst,
	TP_PROTO(const struct zcring_device *zdev, const struct zcring_burst *burst),
	TP_ARGS(zdev, burst),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, flags)
		__field(u64, index)
		__field(u64, sample_clock)
		__field(u64, samples)
		__field(u64, lost)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->flags = burst->flags;
		__entry->index = burst->index;
		__entry->sample_clock = burst->sample_clock;
		__entry->samples = burst->samples;
		__entry->lost = burst->lost;
	),
	TP_printk("device=%u index=%llu sample_clock=%llu samples=%llu lost=%llu flags=%#x",
		  __entry->device, __entry->index, __entry->sample_clock, __entry->samples,
		  __entry->lost, __entry->flags)
);

TRACE_EVENT(zcring_overflow,
	TP_PROTO(const struct zcring_device *zdev, u64 lost),
	TP_ARGS(zdev, lost),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u64, lost)
		__field(u64, overflow_count)
		__field(u64, sample_clock)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->lost = lost;
		__entry->overflow_count = zdev->stream.telemetry.overflow_count;
		__entry->sample_clock = zdev->stream.telemetry.sample_clock;
	),
	TP_printk("device=%u lost=%llu overflow_count=%llu sample_clock=%llu", __entry->device,
		  __entry->lost, __entry->overflow_count, __entry->sample_clock)
);

TRACE_EVENT(zcring_wake,
	TP_PROTO(const struct zcring_device *zdev),
	TP_ARGS(zdev),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u64, watermark)
		__field(u64, head)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->watermark = zcring_load(&zdev->stream.consumer->watermark);
		__entry->head = zdev->stream.head;
	),
	TP_printk("device=%u watermark=%llu head=%llu", __entry->device, __entry->watermark,
		  __entry->head)
);

TRACE_EVENT(zcring_state,
	TP_PROTO(const struct zcring_device *zdev, u32 from),
	TP_ARGS(zdev, from),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, from)
		__field(u32, to)
		__field(u32, fault)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->from = from;
		__entry->to = zdev->stream.state;
		__entry->fault = zdev->stream.fault;
	),
	TP_printk("device=%u from=%s to=%s fault=%s", __entry->device,
		  zcring_print_state(__entry->from), zcring_print_state(__entry->to),
		  zcring_print_fault(__entry->fault))
);

TRACE_EVENT(zcring_map_dma,
	TP_PROTO(const struct zcring_device *zdev, u32 channel, u64 bytes, u64 runs),
	TP_ARGS(zdev, channel, bytes, runs),
	TP_STRUCT__entry(
		__field(u32, device)
		__field(u32, channel)
		__field(u64, bytes)
		__field(u64, runs)
	),
	TP_fast_assign(
		__entry->device = MINOR(zdev->dev.devt);
		__entry->channel = channel;
		__entry->bytes = bytes;
		__entry->runs = runs;
	),
	TP_printk("device=%u channel=%u bytes=%llu runs=%llu", __entry->device, __entry->channel,
		  __entry->bytes, __entry->runs)
);

/* clang-format on */
#endif /* ZCRING_ZCRING_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE zcring_trace
#include <trace/define_trace.h>
