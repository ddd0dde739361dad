/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * zcring: the interface between a DMA ring of samples and its readers.
 *
 * Every producer of samples (the driver's simulated DMA engine, a real board behind the same
 * driver, the emulator inside a process) presents four kinds of memory:
 *
 *   region              written by   user maps it    holds
 *   ------------------  -----------  --------------  ---------------------------------
 *   ZCRING_META         producer     read-only       struct zcring_meta
 *   ZCRING_CONSUMER     consumer     read-write      struct zcring_consumer
 *   ZCRING_BURSTS       producer     read-only       ring of struct zcring_burst
 *   ZCRING_DATA         producer     read-only       one ring of samples per channel
 *
 * ZCRING_IOC_GET_REGION returns offset, length and mappable length of each region at run time;
 * no offset and no size of a ring is part of this interface.
 *
 * The driver's antenna takes its samples by write(). A server's antenna takes them through memory,
 * once a scene of kind ZCRING_SCENE_FEED or ZCRING_SCENE_MEMORY was set:
 *
 *   region              written by   feeder maps it  holds
 *   ------------------  -----------  --------------  ---------------------------------
 *   ZCRING_META         server       read-only       struct zcring_feed_taken
 *   ZCRING_CONSUMER     feeder       read-write      struct zcring_feed_written
 *   ZCRING_DATA         feeder       read-write      a feed: one ring of samples per channel; a
 *                                                    recording: one ring of bytes, which are what
 *                                                    write() takes, and which the indices count
 *
 * Units. A "sample" is one complex sample, I then Q, of one channel, little-endian. Indices and
 * counts of samples are per channel and the same for every channel. Counts of bytes are over all
 * channels. Frequencies are in microhertz, gains in millibels (1/100 dB), times in nanoseconds
 * since 1970-01-01 00:00 UTC unless a field says otherwise.
 *
 * Indices run freely: they only grow (modulo 2^64), and the place of an index in its ring is the
 * index modulo the size of the ring, which is a power of two.
 *
 * Two identities hold at every moment, exact to the sample, in a consistent set of counters, as
 * struct zcring_meta.sequence and ZCRING_IOC_GET_TELEMETRY give it:
 *
 *   sample_clock = produced_samples + lost_samples
 *   produced_samples = consumed_samples + samples in the ring
 *
 * Rules for every struct that is passed to the kernel: reserved fields must be zero and unknown
 * flags clear, otherwise the call fails with EINVAL; an unknown command fails with ENOTTY. The
 * interface is extended by new commands; the meaning of a command never changes.
 */
#ifndef ZCRING_ABI_H
#define ZCRING_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* In struct zcring_meta: a mapping that does not begin with this value is not a zcring. */
#define ZCRING_MAGIC		0x474e4952435a0001ULL
#define ZCRING_ABI_VERSION	1

#define ZCRING_CHANNELS_MAX	8
#define ZCRING_RING_BYTES_MIN	4096ULL
#define ZCRING_RING_BYTES_MAX	(1ULL << 30)
#define ZCRING_INTERVAL_NS_MIN	100000ULL
#define ZCRING_INTERVAL_NS_MAX	60000000000ULL
#define ZCRING_RATE_DEN_MAX	1000000000ULL
#define ZCRING_RATE_HZ_MAX	10000000000ULL
#define ZCRING_FREQ_UHZ_MAX	1000000000000000000LL
#define ZCRING_GAIN_MB_MIN	(-6000)
#define ZCRING_GAIN_MB_MAX	6000
#define ZCRING_NOISE_MB_MIN	(-15000)
#define ZCRING_NOISE_MB_MAX	0
#define ZCRING_NOISE_MB_DEFAULT	(-8000)
#define ZCRING_NOISE_NONE	(-2147483647 - 1)	/* instead of a level: no noise */
#define ZCRING_SCENE_BYTES_MAX	(1ULL << 30)
#define ZCRING_SCENE_SAMPLES_MAX (1ULL << 60)	/* with those missing between segments */
#define ZCRING_SEGMENTS_MAX	65536U
#define ZCRING_DELAY_NS_MAX	86400000000000ULL

/**
 * enum zcring_format - layout of one sample
 * @ZCRING_FORMAT_SC8: two signed 8-bit integers; full scale is 128
 * @ZCRING_FORMAT_SC16: two signed 16-bit integers; full scale is 32768
 * @ZCRING_FORMAT_FC32: two IEEE 754 binary32; full scale is 1.0
 */
enum zcring_format {
	ZCRING_FORMAT_SC8	= 1,
	ZCRING_FORMAT_SC16	= 2,
	ZCRING_FORMAT_FC32	= 3,
};

/**
 * enum zcring_state - state of the device
 * @ZCRING_STATE_STOPPED: no stream runs; unread samples stay in the ring
 * @ZCRING_STATE_RUNNING: a stream runs; bursts arrive
 * @ZCRING_STATE_FAULT: the stream was ended by an error, see enum zcring_fault
 * @ZCRING_STATE_GONE: the device was unplugged. Mappings stay valid; every file that was open
 *                     fails for good. A device that returns is opened anew
 */
enum zcring_state {
	ZCRING_STATE_STOPPED	= 0,
	ZCRING_STATE_RUNNING	= 1,
	ZCRING_STATE_FAULT	= 2,
	ZCRING_STATE_GONE	= 3,
};

/**
 * enum zcring_fault - the error that ended a stream
 * @ZCRING_FAULT_NONE: none
 * @ZCRING_FAULT_TAIL_PAST_HEAD: the tail was past the head: unpublished samples were released
 * @ZCRING_FAULT_TAIL_WENT_BACK: the tail moved back: released samples were claimed again
 * @ZCRING_FAULT_HARDWARE: the device could not go on; struct zcring_meta.fault_code says why
 */
enum zcring_fault {
	ZCRING_FAULT_NONE		= 0,
	ZCRING_FAULT_TAIL_PAST_HEAD	= 1,
	ZCRING_FAULT_TAIL_WENT_BACK	= 2,
	ZCRING_FAULT_HARDWARE		= 3,
};

/**
 * enum zcring_fault_code - why a device could not go on, with ZCRING_FAULT_HARDWARE
 * @ZCRING_FAULT_CODE_NONE: not known; and the code of every other fault
 * @ZCRING_FAULT_CODE_WATCHDOG: the DMA engine made no progress for too long
 * @ZCRING_FAULT_CODE_UNREADABLE: a recording that the device plays from a file could not be read
 * @ZCRING_FAULT_CODE_NOT_RESUMED: the hardware did not come back after the machine had slept
 * @ZCRING_FAULT_CODE_FEED_LOST: the feeder of a free-pace antenna is gone without an end of the feed
 * @ZCRING_FAULT_CODE_BOARD: the first code of a board's own; its driver describes them
 */
enum zcring_fault_code {
	ZCRING_FAULT_CODE_NONE		= 0,
	ZCRING_FAULT_CODE_WATCHDOG	= 1,
	ZCRING_FAULT_CODE_UNREADABLE	= 2,
	ZCRING_FAULT_CODE_NOT_RESUMED	= 3,
	ZCRING_FAULT_CODE_FEED_LOST	= 4,
	ZCRING_FAULT_CODE_BOARD		= 0x10000,
};

/**
 * struct zcring_telemetry - counters of one stream; set to zero when a new stream starts
 * @sample_clock: samples that the ADC has taken, both produced and lost
 * @produced_samples: samples put into the ring
 * @consumed_samples: samples released by the consumer, as last seen by the producer
 * @lost_samples: samples dropped because there was no room, by fault injection, or because they are
 *                missing in a recording
 * @produced_bytes: produced_samples over all channels, in bytes
 * @consumed_bytes: consumed_samples over all channels, in bytes
 * @overflow_bytes: lost_samples over all channels, in bytes
 * @overflow_count: gaps; a gap that covers several bursts is counted once
 * @bursts: descriptors written
 * @clipped_samples: samples that the ADC clipped, over all channels: I or Q was outside of the format
 *                   before it was rounded. Samples that are copied from a recording of the same format
 *                   never clip, and those of resident DMA are not counted
 * @feed_underflow_samples: samples of a live feed that were on the air as silence, because the
 *                          feeder was late; samples of the feed, not of the receiver
 * @feed_underflow_count: runs of such samples, each counted once
 * @demotions: how often this receiver was a member of a free-pace stream and became a listener,
 *             because its full ring made the others wait (struct zcring_attach)
 * @reserved: zero
 */
struct zcring_telemetry {
	__u64 sample_clock;
	__u64 produced_samples;
	__u64 consumed_samples;
	__u64 lost_samples;
	__u64 produced_bytes;
	__u64 consumed_bytes;
	__u64 overflow_bytes;
	__u64 overflow_count;
	__u64 bursts;
	__u64 clipped_samples;
	__u64 feed_underflow_samples;
	__u64 feed_underflow_count;
	__u64 demotions;
	__u64 reserved[11];
};

/**
 * struct zcring_meta - shared data of the producer; at the beginning of region ZCRING_META
 * @magic: ZCRING_MAGIC
 * @abi_version: ZCRING_ABI_VERSION
 * @state: enum zcring_state
 * @fault: enum zcring_fault
 * @fault_code: enum zcring_fault_code, or a board's own code; 0 without a fault
 * @stream_id: number of the stream: one more for each new stream, and one more when
 *             ZCRING_IOC_SET_CONFIG replaces the ring. Stored before @head and @burst_head begin
 *             anew, so that an observer that loads @head first and then another number than before
 *             knows that its mappings may show an old ring: it maps the regions again
 * @sequence: odd while @telemetry is being written; a reader that finds an odd value, or a
 *            different value after reading than before, reads again
 * @reserved0: zero
 * @head: index of the next sample; all samples before it are written. Stored with release
 *        semantics after the samples and after @burst_head
 * @burst_head: index of the next descriptor; all descriptors before it are written
 * @reserved1: zero
 * @telemetry: the counters
 *
 * The producer is the only writer of every field. The kernel keeps private copies and never reads
 * these fields.
 */
struct zcring_meta {
	__u64 magic;
	__u32 abi_version;
	__u32 state;
	__u32 fault;
	__u32 fault_code;
	__u64 stream_id;
	__u64 sequence;
	__u64 reserved0[3];

	__u64 head;
	__u64 burst_head;
	__u64 reserved1[6];

	struct zcring_telemetry telemetry;
};

/**
 * struct zcring_consumer - shared data of the consumer; at the beginning of region ZCRING_CONSUMER
 * @tail: index of the first sample that is still held; all samples before it may be overwritten.
 *        Stored with release semantics after the samples were read. A tail past the head, or
 *        before an earlier tail, ends the stream (enum zcring_fault)
 * @total_bytes_consumed: bytes released over all channels; for observers, not trusted
 * @reserved0: zero
 * @watermark: index that the head must reach before the consumer is woken. It is an index so that
 *             releasing samples does not move it. A watermark beyond a full ring acts as a full
 *             ring. A new stream sets it to its first index plus 1: any sample of the stream
 *             wakes, preroll alone does not
 * @waiting: 1 while the consumer sleeps or is about to sleep. Read only by a producer without
 *           poll() (the emulator); see engine/ring.h
 * @reserved1: zero
 *
 * The consumer is the only writer of every field, with three exceptions: the start of a new stream
 * and ZCRING_IOC_SET_CONFIG with a new geometry set @tail, @total_bytes_consumed and @watermark;
 * read() moves these three for its caller; and closing the consumer's file, once its last mapping
 * is gone, resets the page: @tail and @total_bytes_consumed to the producer's values, @watermark to
 * the tail, all other fields to zero. The producer reads each field once, bounds it, and trusts
 * nothing.
 */
struct zcring_consumer {
	__u64 tail;
	__u64 total_bytes_consumed;
	__u64 reserved0[6];

	__u64 watermark;
	__u32 waiting;
	__u32 reserved1[13];
};

/* zcring_burst.flags */
#define ZCRING_BURST_START	(1U << 0)	/* first burst of a stream */
#define ZCRING_BURST_RESUME	(1U << 1)	/* first burst after a resume; time has jumped */
#define ZCRING_BURST_GAP	(1U << 2)	/* @lost is not zero */
#define ZCRING_BURST_TUNED	(1U << 3)	/* frequency, gain or bandwidth changed here */
#define ZCRING_BURST_RATE	(1U << 4)	/* the rate changed here */
#define ZCRING_BURST_TIME	(1U << 5)	/* the time was set or jumped here */
#define ZCRING_BURST_RESIDENT	(1U << 6)	/* resident DMA: the samples were not written anew */
#define ZCRING_BURST_OVERLOAD	(1U << 7)	/* @clipped_samples is not zero */
#define ZCRING_BURST_UNDERFLOW	(1U << 8)	/* @feed_underflow_samples is not zero */
#define ZCRING_BURST_DEMOTED	(1U << 9)	/* the receiver was a member before, and is a listener */

/**
 * struct zcring_channel - the tuning of one channel
 * @freq_uhz: tuned frequency
 * @gain_mb: gain
 * @reserved: zero
 */
struct zcring_channel {
	__s64 freq_uhz;
	__s32 gain_mb;
	__u32 reserved;
};

/**
 * struct zcring_burst - descriptor of one DMA burst, a run of samples
 * @index: index in the stream of the first sample
 * @sample_clock: sample clock at the first sample, lost samples included
 * @time_ns: time of the first sample
 * @samples: number of samples, at least 1
 * @lost: samples lost between the burst before and this one
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator
 * @flags: ZCRING_BURST_*
 * @tuned_channels: bit c: channel c was tuned at the first sample
 * @bandwidth_uhz: front-end bandwidth, 0 where it is not limited
 * @interrupt_ns: time of the interrupt that ended the burst, on the clock zcring_info.pace_clock; of
 *                several interrupts that were handled late, the first one; 0 if no clock paces the
 *                stream. The difference to now is the delay of a consumer
 * @clipped_samples: samples of the burst that the ADC clipped, over all channels
 * @feed_underflow_samples: samples of a live feed that are silence in this burst, because the feeder
 *                          was late; samples of the feed
 * @reserved: zero
 * @channel: tuning of each channel; zero beyond the device's channels
 *
 * A descriptor is stored in the ring of descriptors at its own index modulo the number of slots,
 * and stays there while one of its samples is held. A new stream begins at descriptor 0. Every
 * field is constant over the burst: a change at a sample begins a new burst at that sample.
 *
 * Slots are zcring_info.burst_bytes apart, at least the size of this struct. A producer with more
 * channels or fields has larger slots, and fills these fields alike.
 */
struct zcring_burst {
	__u64 index;
	__u64 sample_clock;
	__u64 time_ns;
	__u64 samples;
	__u64 lost;
	__u64 rate_num;
	__u64 rate_den;
	__u32 flags;
	__u32 tuned_channels;
	__u64 bandwidth_uhz;
	__u64 interrupt_ns;
	__u64 clipped_samples;
	__u64 feed_underflow_samples;
	__u64 reserved[4];
	struct zcring_channel channel[ZCRING_CHANNELS_MAX];
};

/**
 * enum zcring_role - what a file is for
 * @ZCRING_ROLE_RADIO: a receiver. Its first call that changes the device makes it the consumer
 * @ZCRING_ROLE_OBSERVER: watches a receiver and changes nothing
 * @ZCRING_ROLE_ANTENNA: feeds the antenna
 *
 * A file of the driver has the role of its device node. A connection to a server has the one that it
 * asks for by ZCRING_IOC_ATTACH.
 */
enum zcring_role {
	ZCRING_ROLE_RADIO	= 1,
	ZCRING_ROLE_OBSERVER	= 2,
	ZCRING_ROLE_ANTENNA	= 3,
};

/**
 * enum zcring_time_source - where the time of day of a sample comes from
 * @ZCRING_TIME_HOST: from the machine: CLOCK_REALTIME when a stream starts, or the time that was set;
 *                    it runs on with zcring_info.pace_clock
 * @ZCRING_TIME_BOARD: from a clock of the board
 * @ZCRING_TIME_SAMPLES: from the machine when a stream starts; then from the number of samples alone
 */
enum zcring_time_source {
	ZCRING_TIME_HOST	= 1,
	ZCRING_TIME_BOARD	= 2,
	ZCRING_TIME_SAMPLES	= 3,
};

#define ZCRING_PACE_FREE	(-1)	/* zcring_info.pace_clock: no clock paces the stream */

/**
 * struct zcring_info - result of ZCRING_IOC_GET_INFO
 * @abi_version: ZCRING_ABI_VERSION
 * @features: ZCRING_FEATURE_*
 * @role: enum zcring_role of the file
 * @channels: 1 to ZCRING_CHANNELS_MAX
 * @format: enum zcring_format
 * @sample_bytes: bytes of one sample of one channel
 * @state: enum zcring_state
 * @burst_bytes: bytes from one descriptor to the next: a multiple of 8, at least
 *               sizeof(struct zcring_burst)
 * @ring_samples: samples that one channel's ring holds, a power of two
 * @burst_slots: descriptors that the ring of descriptors holds, a power of two
 * @receiver: number of the receiver: N of /dev/zcringN, or the one that a server gave
 * @pace_clock: the clock of the pace and of zcring_burst.interrupt_ns, as clock_gettime() takes it:
 *              CLOCK_BOOTTIME; or ZCRING_PACE_FREE
 * @time_source: enum zcring_time_source
 * @numa_node: the node of the ring's memory; -1 where there is none
 * @reserved0: zero
 * @model: name of the producer, for people; NUL-terminated
 * @reserved: zero
 */
struct zcring_info {
	__u32 abi_version;
	__u32 features;
	__u32 role;
	__u32 channels;
	__u32 format;
	__u32 sample_bytes;
	__u32 state;
	__u32 burst_bytes;
	__u64 ring_samples;
	__u64 burst_slots;
	__u64 receiver;
	__s32 pace_clock;
	__u32 time_source;
	__s32 numa_node;
	__u32 reserved0;
	char model[32];
	__u64 reserved[11];
};

#define ZCRING_FEATURE_DOUBLE_MAP	(1U << 0)	/* samples may be mapped twice in a row */
#define ZCRING_FEATURE_SIMULATED	(1U << 1)	/* has an antenna that takes scenes */
#define ZCRING_FEATURE_TIMED		(1U << 2)	/* ZCRING_CONTROL_AT is supported */
#define ZCRING_FEATURE_PAGES		(1U << 3)	/* ZCRING_REGION_PAGES is supported */

/* struct zcring_region.region; the samples of channel c are in region ZCRING_DATA, channel c */
#define ZCRING_META		0
#define ZCRING_CONSUMER		1
#define ZCRING_BURSTS		2
#define ZCRING_DATA		3

#define ZCRING_REGION_PAGES	(1U << 0)

/**
 * struct zcring_region - argument and result of ZCRING_IOC_GET_REGION
 * @region: in: ZCRING_META to ZCRING_DATA
 * @channel: in: the channel for ZCRING_DATA, else 0
 * @flags: in: ZCRING_REGION_PAGES: ordinary pages, which the kernel can pin, so that O_DIRECT,
 *         io_uring and vmsplice() take samples from the mapping; for ZCRING_DATA only. EOPNOTSUPP
 *         without ZCRING_FEATURE_PAGES
 * @writable: out: 1 if the region may be mapped for writing
 * @offset: out: offset for mmap()
 * @length: out: bytes of the region
 * @map_length: out: bytes that one mmap() may cover: @length, or twice @length where the second
 *              half maps the same pages again
 * @reserved: zero
 */
struct zcring_region {
	__u32 region;
	__u32 channel;
	__u32 flags;
	__u32 writable;
	__u64 offset;
	__u64 length;
	__u64 map_length;
	__u64 reserved[3];
};

/**
 * struct zcring_config - geometry and pace: ZCRING_IOC_GET_CONFIG, ZCRING_IOC_SET_CONFIG
 * @format: enum zcring_format
 * @channels: 1 to ZCRING_CHANNELS_MAX
 * @ring_bytes: bytes of one channel's ring: a power of two, a multiple of the page size,
 *              ZCRING_RING_BYTES_MIN to ZCRING_RING_BYTES_MAX
 * @interval_ns: time between bursts, ZCRING_INTERVAL_NS_MIN to ZCRING_INTERVAL_NS_MAX
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator, 1 to ZCRING_RATE_DEN_MAX
 * @seed: seed of all random numbers of the simulated hardware
 * @dma: enum zcring_dma
 * @flags: zero
 * @reserved: zero
 *
 * Setting fails with EBUSY while the stream runs. A change of @format, @channels or @ring_bytes
 * gives the device a new ring; it also fails with EBUSY while the caller's file maps a region other
 * than ZCRING_META. Mappings of other files keep the ring that they show; where such rings take more
 * than the quota of a user, the oldest are revoked, and an access to their mappings gives SIGBUS.
 */
struct zcring_config {
	__u32 format;
	__u32 channels;
	__u64 ring_bytes;
	__u64 interval_ns;
	__u64 rate_num;
	__u64 rate_den;
	__u64 seed;
	__u32 dma;
	__u32 flags;
	__u64 reserved[4];
};

/**
 * enum zcring_dma - how the simulated DMA engine writes
 * @ZCRING_DMA_COPY: every burst is written
 * @ZCRING_DMA_RESIDENT: the ring is written once; afterwards only the head moves, as if DMA cost
 *                       the processor nothing. After a gap or a retune the ring is written again.
 *                       Only for a signal whose period divides the ring: with any other signal a
 *                       stream fails to start with EOPNOTSUPP
 */
enum zcring_dma {
	ZCRING_DMA_COPY		= 0,
	ZCRING_DMA_RESIDENT	= 1,
};

/**
 * enum zcring_scene_kind - kind of the scene on the air
 * @ZCRING_SCENE_TONE: a complex sinusoid at -6 dB of full scale. Its frequency is fixed when the scene
 *                     is set: an eighth of the rate of then above the centre
 * @ZCRING_SCENE_NOISE: white Gaussian noise, 0.1 of full scale RMS in I and in Q
 * @ZCRING_SCENE_COUNTER: every sample encodes its sample clock (see docs/abi.md); tuning and gain
 *                        do not affect it
 * @ZCRING_SCENE_MEMORY: a recording: samples written by user space
 * @ZCRING_SCENE_FEED: a live feed: samples that user space writes while they are on the air
 */
enum zcring_scene_kind {
	ZCRING_SCENE_TONE	= 1,
	ZCRING_SCENE_NOISE	= 2,
	ZCRING_SCENE_COUNTER	= 3,
	ZCRING_SCENE_MEMORY	= 4,
	ZCRING_SCENE_FEED	= 5,
};

#define ZCRING_SCENE_ONCE	(1U << 0)	/* ends with its last sample; else it is played in a loop */

/**
 * struct zcring_scene - argument of ZCRING_IOC_SET_SCENE
 * @kind: enum zcring_scene_kind; EOPNOTSUPP for a kind that the device does not support
 * @format: format of the samples that will be written: enum zcring_format; 0 for built-in kinds
 * @samples: number of samples of a channel that will be written; 0 for built-in kinds. Of a feed: how
 *           many samples its buffer holds at least; 0: the device chooses
 * @freq_uhz: frequency at the centre of the scene
 * @rate_num: rate of the samples in hertz, numerator; 0 for built-in kinds
 * @rate_den: rate of the samples in hertz, denominator, 1 to ZCRING_RATE_DEN_MAX; 0 for built-in
 *            kinds
 * @flags: ZCRING_SCENE_ONCE: the stream stops after the last sample; 0 for built-in kinds and feeds
 * @channels: number of channels of the scene: channel c of the device receives channel c modulo
 *            @channels. 0: one channel
 * @segments: number of segments that will be written, at most ZCRING_SEGMENTS_MAX. 0: one segment,
 *            which is all of the scene, at @freq_uhz; 0 for feeds
 * @reserved: zero
 *
 * A command of the antenna. While a stream runs, the scene begins with the first sample that is not
 * delivered yet; ERANGE if it cannot be received at the present rate, or at one for which a command
 * waits. After ZCRING_SCENE_MEMORY, write() takes exactly @segments structs
 * zcring_segment, then @samples samples of each channel, channel 0 first: at most
 * ZCRING_SCENE_BYTES_MAX bytes of samples. The last write() fails with EINVAL if the segments
 * contradict each other. Until all is written, the scene before stays on the air. Starting a stream
 * fails with ERANGE if the scene's rate is not 1 to 64 times the device's (the device takes every
 * n-th sample of the scene, after a low-pass), or if its gaps leave no two of the device's samples in
 * a row.
 */
struct zcring_scene {
	__u32 kind;
	__u32 format;
	__u64 samples;
	__s64 freq_uhz;
	__u64 rate_num;
	__u64 rate_den;
	__u64 flags;
	__u32 channels;
	__u32 segments;
	__u64 reserved[3];
};

/**
 * struct zcring_segment - samples of a scene that were recorded in one piece and at one frequency
 * @first: the first of them; 0 for the first segment, and more than that of the segment before
 * @place: when that one is on the air, in samples since the first one. What a segment's place leaves
 *         out after the last sample of the segment before is a gap: these samples are lost
 * @freq_uhz: frequency at the centre of the scene from @first on
 * @reserved: zero
 */
struct zcring_segment {
	__u64 first;
	__u64 place;
	__s64 freq_uhz;
	__u64 reserved;
};

#define ZCRING_START_RESUME	(1U << 0)

/**
 * struct zcring_start - argument of ZCRING_IOC_START
 * @flags: ZCRING_START_RESUME: continue the stream that was stopped: indices, counters, sample clock
 *         and unread samples stay. Without the flag, a new stream: counters at zero, the ring empty
 * @first_index: index of the first sample of a new stream; zero with ZCRING_START_RESUME
 * @preroll_samples: number of zero samples before @first_index that are in the ring and held: the
 *                   tail of a new stream is @first_index - @preroll_samples, as free-running
 *                   indices wrap. At most half the ring. Preroll is in no counter. Zero with
 *                   ZCRING_START_RESUME
 * @time_ns: time of the first sample; 0: the device's time at that sample. Only for this stream:
 *           the device's time (ZCRING_CONTROL_TIME) does not change
 * @delay_ns: the first sample is taken this long after the start; no sample is due before. At most
 *            ZCRING_DELAY_NS_MAX, a day; zero with ZCRING_START_RESUME
 * @reserved: zero
 */
struct zcring_start {
	__u64 flags;
	__u64 first_index;
	__u64 preroll_samples;
	__u64 time_ns;
	__u64 delay_ns;
	__u64 reserved[3];
};

/* struct zcring_control.what */
#define ZCRING_CONTROL_FREQ		(1U << 0)
#define ZCRING_CONTROL_GAIN		(1U << 1)
#define ZCRING_CONTROL_BANDWIDTH	(1U << 2)
#define ZCRING_CONTROL_RATE		(1U << 3)	/* one rate for all channels */
#define ZCRING_CONTROL_TIME		(1U << 4)	/* the device's time of day */
#define ZCRING_CONTROL_AT		(1U << 5)	/* at sample clock @at_clock, not now */
#define ZCRING_CONTROL_AT_TIME		(1U << 6)	/* at time @at_clock, not now */
#define ZCRING_CONTROL_NOISE		(1U << 7)	/* one level for all channels */

/**
 * struct zcring_control - tuning while streaming: ZCRING_IOC_CONTROL
 * @what: ZCRING_CONTROL_*: which of the fields below take effect
 * @channels: bit c: channel c; at least one bit, none beyond the device's channels
 * @freq_uhz: new tuned frequency, +-ZCRING_FREQ_UHZ_MAX
 * @bandwidth_uhz: new front-end bandwidth, 0 for no limit
 * @gain_mb: new gain, ZCRING_GAIN_MB_MIN to ZCRING_GAIN_MB_MAX
 * @noise_mb: new level of the noise that the receiver adds before the ADC: RMS of a sample, in
 *            millibels of full scale, ZCRING_NOISE_MB_MIN to ZCRING_NOISE_MB_MAX, or
 *            ZCRING_NOISE_NONE. A new scene sets it to ZCRING_NOISE_MB_DEFAULT with
 *            ZCRING_SCENE_TONE and ZCRING_DMA_COPY, else ZCRING_NOISE_NONE. A counter gets none
 * @rate_num: new rate in hertz, numerator
 * @rate_den: new rate in hertz, denominator
 * @time_ns: new time of the sample at which the command takes effect; of now while no stream runs
 * @at_clock: with ZCRING_CONTROL_AT: the sample clock at which the command takes effect. With
 *            ZCRING_CONTROL_AT_TIME: a time in ns since 1970; the command takes effect at the first
 *            sample whose time is not before it, by the clock at the time of the call. A sample
 *            clock or time in the past means now
 * @reserved: zero
 *
 * All named fields take effect together at one sample, which begins a burst. ENOSPC when too many
 * timed commands wait. Waiting commands are dropped when a new stream starts, when another scene is
 * set while no stream runs, and when the device is configured.
 *
 * A time that was set runs on with CLOCK_BOOTTIME, during streams and between them; the time of a
 * device whose time was never set is CLOCK_REALTIME.
 *
 * EINVAL for ZCRING_CONTROL_AT together with ZCRING_CONTROL_AT_TIME, for a time whose sample clock
 * does not fit, and, while no stream runs, for ZCRING_CONTROL_AT_TIME and for ZCRING_CONTROL_TIME
 * together with ZCRING_CONTROL_AT.
 */
struct zcring_control {
	__u32 what;
	__u32 channels;
	__s64 freq_uhz;
	__u64 bandwidth_uhz;
	__s32 gain_mb;
	__s32 noise_mb;
	__u64 rate_num;
	__u64 rate_den;
	__u64 time_ns;
	__u64 at_clock;
	__u64 reserved[4];
};

/**
 * struct zcring_tuning - present tuning of the device: result of ZCRING_IOC_GET_TUNING
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator
 * @bandwidth_uhz: front-end bandwidth, 0 where it is not limited
 * @time_ns: present time
 * @noise_mb: level of the noise in millibels of full scale, or ZCRING_NOISE_NONE
 * @reserved0: zero
 * @reserved: zero
 * @channel: tuning of each channel; zero beyond the device's channels
 */
struct zcring_tuning {
	__u64 rate_num;
	__u64 rate_den;
	__u64 bandwidth_uhz;
	__u64 time_ns;
	__s32 noise_mb;
	__u32 reserved0;
	__u64 reserved[3];
	struct zcring_channel channel[ZCRING_CHANNELS_MAX];
};

/**
 * struct zcring_ranges - what the device can be set to: result of ZCRING_IOC_GET_RANGES
 * @rate_min_num: lowest sample rate in hertz, numerator
 * @rate_min_den: the same, denominator
 * @rate_max_num: highest sample rate in hertz, numerator
 * @rate_max_den: the same, denominator
 * @rate_base_num: the rates are this one, divided by 1, 2, … @rate_divisor_max: hertz, numerator; 0:
 *                 every rate from the lowest to the highest
 * @rate_base_den: the same, denominator; 0 with a numerator of 0
 * @rate_divisor_max: see @rate_base_num; 0 with a numerator of 0
 * @channels_max: most channels, 1 to ZCRING_CHANNELS_MAX
 * @formats: bit f: the format f of enum zcring_format
 * @commands_max: how many timed commands can wait; 0 without ZCRING_FEATURE_TIMED
 * @freq_min_uhz: lowest frequency
 * @freq_max_uhz: highest frequency
 * @bandwidth_min_uhz: narrowest front-end bandwidth
 * @bandwidth_max_uhz: widest front-end bandwidth; 0: the bandwidth cannot be set
 * @gain_min_mb: lowest gain
 * @gain_max_mb: highest gain
 * @gain_step_mb: step of the gain; 0: the gain cannot be set
 * @reserved0: zero
 * @noise_min_mb: lowest level of noise, but for ZCRING_NOISE_NONE
 * @noise_max_mb: highest level; the same as @noise_min_mb where noise cannot be set
 * @ring_bytes_max: most bytes of one channel's ring
 * @interval_min_ns: shortest time between bursts
 * @interval_max_ns: longest time between bursts
 * @reserved: zero
 *
 * A value in range can be refused together with others: memory is limited, and a board may limit
 * the rate over all channels.
 */
struct zcring_ranges {
	__u64 rate_min_num;
	__u64 rate_min_den;
	__u64 rate_max_num;
	__u64 rate_max_den;
	__u64 rate_base_num;
	__u64 rate_base_den;
	__u32 rate_divisor_max;
	__u32 channels_max;
	__u32 formats;
	__u32 commands_max;
	__s64 freq_min_uhz;
	__s64 freq_max_uhz;
	__u64 bandwidth_min_uhz;
	__u64 bandwidth_max_uhz;
	__s32 gain_min_mb;
	__s32 gain_max_mb;
	__u32 gain_step_mb;
	__u32 reserved0;
	__s32 noise_min_mb;
	__s32 noise_max_mb;
	__u64 ring_bytes_max;
	__u64 interval_min_ns;
	__u64 interval_max_ns;
	__u64 reserved[14];
};

/**
 * struct zcring_feed - a live feed: result of ZCRING_IOC_GET_FEED
 * @clock: index of the next sample of the feed that the antenna takes
 * @written: index after the last sample that was written or announced as silence
 * @buffer_samples: samples of each channel that the feed's buffer holds, a power of two
 * @late_samples: samples that were written after their time and dropped
 * @underflow_samples: samples that were on the air as silence because the feeder was late
 * @underflow_count: runs of such samples, each counted once
 * @time_ns: time of day of the sample @clock; 0 while no stream runs
 * @flags: ZCRING_FEED_ENDED
 * @state: enum zcring_state of the receiver's stream
 * @reserved: zero
 *
 * Index n of the feed is on the air at the n-th tick of the antenna's clock since the feed began,
 * which is with its first sample. The clock of the antenna runs while a stream runs.
 */
struct zcring_feed {
	__u64 clock;
	__u64 written;
	__u64 buffer_samples;
	__u64 late_samples;
	__u64 underflow_samples;
	__u64 underflow_count;
	__u64 time_ns;
	__u32 flags;
	__u32 state;
	__u64 reserved[8];
};

#define ZCRING_FEED_ENDED	(1U << 0)	/* ZCRING_IOC_FEED_END was called */

/**
 * struct zcring_feed_written - shared data of the feeder of a live feed, where the samples go through
 *                              memory; at the beginning of region ZCRING_CONSUMER of the antenna
 * @written: index after the last sample in the ring
 * @silent_until: the samples from @written up to here are silence; none if it is not after @written
 * @late_samples: samples that were written after their time; for observers
 * @ended: 1: nothing follows
 * @waiting: 1 while the feeder sleeps or is about to sleep
 * @watermark: index that zcring_feed_taken.freed must reach before the feeder is woken
 * @reserved: zero
 *
 * The feeder is the only writer. The engine reads each field once and bounds it.
 */
struct zcring_feed_written {
	__u64 written;
	__u64 silent_until;
	__u64 late_samples;
	__u32 ended;
	__u32 waiting;
	__u64 watermark;
	__u64 reserved[3];
};

/**
 * struct zcring_feed_taken - shared data of the engine that takes a live feed; at the beginning of
 *                            region ZCRING_META of the antenna
 * @clock: whether the samples before this index are there is decided: what is written later is late
 * @freed: samples before this index may be overwritten; not after @clock
 * @underflow_samples: samples that were silence because they were late; for observers
 * @underflow_count: runs of such samples
 * @reserved: zero
 *
 * The engine is the only writer.
 */
struct zcring_feed_taken {
	__u64 clock;
	__u64 freed;
	__u64 underflow_samples;
	__u64 underflow_count;
	__u64 reserved[4];
};

/**
 * struct zcring_feed_until - argument of ZCRING_IOC_FEED_UNTIL: nothing is sent for a while
 * @index: the next sample that will be written has this index; those before it are silence, which is
 *         no underflow. Not before zcring_feed.written
 * @reserved: zero
 *
 * With free pace this is a promise up to which the receivers may go on: a transmitter that answers
 * to what it receives gives it while it has nothing to send.
 */
struct zcring_feed_until {
	__u64 index;
	__u64 reserved[3];
};

#define ZCRING_ATTACH_MEMBER	(1U << 0)

/**
 * struct zcring_attach - argument and result of ZCRING_IOC_ATTACH: the role of a connection to a
 *                        server, and its part in a free-pace stream
 * @role: in: enum zcring_role
 * @flags: in: ZCRING_ATTACH_MEMBER: the antenna's clock waits for this receiver's ring. A receiver
 *         without it is a listener, which may lose samples
 * @receiver: in: the receiver that an observer watches; out: the number of the receiver
 * @quorum: in: how many members, and the feeder of a feed, must be there before a stream begins; 0: 1
 * @reserved0: zero
 * @patience_ns: in: for how long a member may be full while others could go on, before it becomes a
 *               listener until its next stream; 0: for ever
 * @reserved: zero
 *
 * The first call on a connection, once. The driver does not know it: the node decides (ENOTTY).
 */
struct zcring_attach {
	__u32 role;
	__u32 flags;
	__u64 receiver;
	__u32 quorum;
	__u32 reserved0;
	__u64 patience_ns;
	__u64 reserved[4];
};

/**
 * enum zcring_injection - a fault to inject, and the unit of its amount
 * @ZCRING_INJECT_STALL: ns from now on in which the DMA engine delivers nothing; afterwards all
 *                       samples that the ADC took arrive at once. A second stall replaces the
 *                       first; 0 ends it. A stall delays no samples that are taken at free pace
 * @ZCRING_INJECT_DROP: number of the next samples that are lost, in addition to those that are
 *                      still to be lost
 * @ZCRING_INJECT_JUMP: ns by which the time of day jumps, at the next sample
 * @ZCRING_INJECT_UNPLUG: the device is unplugged; the amount is 0
 * @ZCRING_INJECT_PLUG: it is plugged in again; the amount is 0
 */
enum zcring_injection {
	ZCRING_INJECT_STALL	= 1,
	ZCRING_INJECT_DROP	= 2,
	ZCRING_INJECT_JUMP	= 3,
	ZCRING_INJECT_UNPLUG	= 4,
	ZCRING_INJECT_PLUG	= 5,
};

/**
 * struct zcring_inject - argument of ZCRING_IOC_INJECT, a server's command. The driver has files in
 *                        debugfs instead (ENOTTY)
 * @kind: enum zcring_injection
 * @reserved0: zero
 * @amount: in the unit of @kind
 * @reserved: zero
 */
struct zcring_inject {
	__u32 kind;
	__u32 reserved0;
	__s64 amount;
	__u64 reserved[2];
};

/*
 * Commands. Each role has its own; those of another role fail with ENOTTY.
 *
 * The radio: one file at a time is the consumer: the first one that configures, controls, starts,
 * stops, reads or maps ZCRING_CONSUMER, until it is closed; for any other file these calls fail with
 * EBUSY. The GET commands and the read-only mappings of metadata, descriptors and samples are open to
 * every file. All other commands fail with EPERM on a file that was not opened for writing; read()
 * does not.
 *
 * The antenna: one file at a time is the feeder: the first one that sets a scene, writes, announces
 * silence or ends a feed, until it is closed; for any other file these calls fail with EBUSY.
 * ZCRING_IOC_GET_INFO and ZCRING_IOC_GET_FEED are open to every file.
 */
#define ZCRING_IOC_MAGIC		'Z'
#define ZCRING_IOC_GET_INFO		_IOR(ZCRING_IOC_MAGIC, 0x00, struct zcring_info)
#define ZCRING_IOC_GET_REGION		_IOWR(ZCRING_IOC_MAGIC, 0x01, struct zcring_region)
#define ZCRING_IOC_GET_CONFIG		_IOR(ZCRING_IOC_MAGIC, 0x02, struct zcring_config)
#define ZCRING_IOC_SET_CONFIG		_IOW(ZCRING_IOC_MAGIC, 0x03, struct zcring_config)
#define ZCRING_IOC_SET_SCENE		_IOW(ZCRING_IOC_MAGIC, 0x04, struct zcring_scene)
#define ZCRING_IOC_START		_IOW(ZCRING_IOC_MAGIC, 0x05, struct zcring_start)
#define ZCRING_IOC_STOP			_IO(ZCRING_IOC_MAGIC, 0x06)
#define ZCRING_IOC_CONTROL		_IOW(ZCRING_IOC_MAGIC, 0x07, struct zcring_control)
#define ZCRING_IOC_GET_TUNING		_IOR(ZCRING_IOC_MAGIC, 0x08, struct zcring_tuning)
#define ZCRING_IOC_GET_TELEMETRY	_IOR(ZCRING_IOC_MAGIC, 0x09, struct zcring_telemetry)
#define ZCRING_IOC_GET_RANGES		_IOR(ZCRING_IOC_MAGIC, 0x0a, struct zcring_ranges)
#define ZCRING_IOC_ATTACH		_IOWR(ZCRING_IOC_MAGIC, 0x0b, struct zcring_attach)
#define ZCRING_IOC_INJECT		_IOW(ZCRING_IOC_MAGIC, 0x0c, struct zcring_inject)
#define ZCRING_IOC_GET_FEED		_IOR(ZCRING_IOC_MAGIC, 0x0d, struct zcring_feed)
#define ZCRING_IOC_FEED_UNTIL		_IOW(ZCRING_IOC_MAGIC, 0x0e, struct zcring_feed_until)
#define ZCRING_IOC_FEED_END		_IO(ZCRING_IOC_MAGIC, 0x0f)

/* The same layout for every compiler, in C and in C++. */
#ifdef __cplusplus
#define ZCRING_ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define ZCRING_ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif

ZCRING_ABI_ASSERT(sizeof(struct zcring_telemetry) == 192);
ZCRING_ABI_ASSERT(sizeof(struct zcring_meta) == 320);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_meta, head) == 64);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_meta, telemetry) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_consumer) == 128);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_consumer, watermark) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_channel) == 16);
ZCRING_ABI_ASSERT(sizeof(struct zcring_burst) == 256);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_burst, channel) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_info) == 192);
ZCRING_ABI_ASSERT(sizeof(struct zcring_region) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_config) == 88);
ZCRING_ABI_ASSERT(sizeof(struct zcring_scene) == 80);
ZCRING_ABI_ASSERT(sizeof(struct zcring_start) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_control) == 96);
ZCRING_ABI_ASSERT(sizeof(struct zcring_tuning) == 192);
ZCRING_ABI_ASSERT(sizeof(struct zcring_ranges) == 256);
ZCRING_ABI_ASSERT(sizeof(struct zcring_feed) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_feed_written) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_feed_taken) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_feed_until) == 32);
ZCRING_ABI_ASSERT(sizeof(struct zcring_attach) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_inject) == 32);

#endif /* ZCRING_ABI_H */
