/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * zcring: the interface between a DMA ring of samples and the one that reads it.
 *
 * Whatever produces samples (the driver's simulated DMA engine, a real board behind
 * the same driver, the emulator inside a process) presents four kinds of memory:
 *
 *   region              written by   user maps it    holds
 *   ------------------  -----------  --------------  ---------------------------------
 *   ZCRING_META         producer     read-only       struct zcring_meta
 *   ZCRING_CONSUMER     consumer     read-write      struct zcring_consumer
 *   ZCRING_BURSTS       producer     read-only       ring of struct zcring_burst
 *   ZCRING_DATA         producer     read-only       one ring of samples per channel
 *
 * Where each region lies, how long it is and how long it may be mapped is asked at run
 * time (ZCRING_IOC_GET_REGION); no offset and no ring size is part of this interface.
 *
 * Units. A "sample" is one complex sample, I then Q, of one channel, little-endian.
 * Indices and counts of samples are per channel; every channel has the same ones. Counts
 * of bytes are over all channels. Frequencies are in microhertz, gains in millibels
 * (1/100 dB), times in nanoseconds since 1970-01-01 00:00 UTC unless the text says so.
 *
 * Indices run freely: they only grow, and the place of an index in its ring is the index
 * modulo the ring's size, which is a power of two.
 *
 * Two sums hold at every moment, to the sample (read them by struct zcring_meta.sequence
 * or ZCRING_IOC_GET_TELEMETRY, which give a consistent set):
 *
 *   sample_clock = produced_samples + lost_samples
 *   produced_samples = consumed_samples + samples in the ring
 *
 * Rules for every struct that crosses into the kernel: reserved fields are zero and
 * unknown flags are clear, or the call fails with EINVAL; an unknown command fails with
 * ENOTTY. The interface grows by new commands; what a command means never changes.
 */
#ifndef ZCRING_ABI_H
#define ZCRING_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* In struct zcring_meta: a mapping that does not begin with this is not a zcring. */
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
#define ZCRING_SCENE_BYTES_MAX	(1ULL << 30)
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
 * enum zcring_state - what the device is doing
 * @ZCRING_STATE_STOPPED: no stream; the ring keeps what was not read
 * @ZCRING_STATE_RUNNING: bursts arrive
 * @ZCRING_STATE_FAULT: the stream ended by an error, see enum zcring_fault
 * @ZCRING_STATE_GONE: the hardware is gone, for every file that was open; the mappings stay
 *                     valid. Should it come back, it is opened anew
 */
enum zcring_state {
	ZCRING_STATE_STOPPED	= 0,
	ZCRING_STATE_RUNNING	= 1,
	ZCRING_STATE_FAULT	= 2,
	ZCRING_STATE_GONE	= 3,
};

/**
 * enum zcring_fault - why a stream ended by itself
 * @ZCRING_FAULT_NONE: it did not
 * @ZCRING_FAULT_TAIL_PAST_HEAD: the consumer released samples that it had not been given
 * @ZCRING_FAULT_TAIL_WENT_BACK: the consumer took back samples that it had released
 */
enum zcring_fault {
	ZCRING_FAULT_NONE		= 0,
	ZCRING_FAULT_TAIL_PAST_HEAD	= 1,
	ZCRING_FAULT_TAIL_WENT_BACK	= 2,
};

/**
 * struct zcring_telemetry - counters of one stream; zeroed when a new stream starts
 * @sample_clock: samples that the ADC has taken, delivered or lost
 * @produced_samples: samples put into the ring
 * @consumed_samples: samples released by the consumer, as last seen by the producer
 * @lost_samples: samples dropped: there was no room for them, or a fault was injected
 * @produced_bytes: produced_samples over all channels, in bytes
 * @consumed_bytes: consumed_samples over all channels, in bytes
 * @overflow_bytes: lost_samples over all channels, in bytes
 * @overflow_count: gaps, each counted once however many bursts it covers
 * @bursts: descriptors written
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
	__u64 reserved[7];
};

/**
 * struct zcring_meta - what the producer tells; first in region ZCRING_META
 * @magic: ZCRING_MAGIC
 * @abi_version: ZCRING_ABI_VERSION
 * @state: enum zcring_state
 * @fault: enum zcring_fault
 * @reserved0: zero
 * @sequence: odd while @telemetry is being written; a reader that sees an odd value, or
 *            another value after reading than before, reads again
 * @reserved1: zero
 * @head: index of the sample that comes next; all before it are written. Stored with
 *        release after the samples and after @burst_head
 * @burst_head: index of the descriptor that comes next; all before it are written
 * @reserved2: zero
 * @telemetry: the counters
 *
 * The only writer of every field is the producer. The kernel keeps its own copies and
 * never reads these.
 */
struct zcring_meta {
	__u64 magic;
	__u32 abi_version;
	__u32 state;
	__u32 fault;
	__u32 reserved0;
	__u64 sequence;
	__u64 reserved1[4];

	__u64 head;
	__u64 burst_head;
	__u64 reserved2[6];

	struct zcring_telemetry telemetry;
};

/**
 * struct zcring_consumer - what the consumer tells; first in region ZCRING_CONSUMER
 * @tail: index of the first sample that is still held; all before it may be overwritten.
 *        Stored with release after the samples have been read. Past the head, or back, it
 *        ends the stream (enum zcring_fault)
 * @total_bytes_consumed: bytes released over all channels; for observers, not trusted
 * @reserved0: zero
 * @watermark: the index that the head must have reached before the consumer wants to be
 *             woken, an index so that releasing samples does not move it. Beyond a full
 *             ring it counts as a full ring. A new stream sets it just past its first
 *             index: any sample of its own wakes, and preroll alone does not
 * @waiting: 1 while the consumer is about to sleep or sleeps. Only a producer without
 *           poll() of its own (the emulator) looks at it; see engine/ring.h
 * @reserved1: zero
 *
 * The only writer of every field is the consumer, but that the start of a new stream and
 * ZCRING_IOC_SET_CONFIG with a new geometry set @tail, @total_bytes_consumed and
 * @watermark, read() moves all three for its caller, and closing the consumer's file, once
 * its last mapping is gone, leaves a clean page: @tail and @total_bytes_consumed as the
 * producer knows them, @watermark at the tail, all else zero. The producer reads each once,
 * bounds it, and trusts nothing.
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
#define ZCRING_BURST_RESUME	(1U << 1)	/* first after a stop; time has jumped */
#define ZCRING_BURST_GAP	(1U << 2)	/* @lost is not zero */
#define ZCRING_BURST_TUNED	(1U << 3)	/* frequency, gain or bandwidth changed here */
#define ZCRING_BURST_RATE	(1U << 4)	/* the rate changed here */
#define ZCRING_BURST_TIME	(1U << 5)	/* the time was set, or jumped, here */
#define ZCRING_BURST_RESIDENT	(1U << 6)	/* the samples lay there already */

/**
 * struct zcring_burst - one DMA burst: what is known of a run of samples
 * @index: index in the stream of the first sample
 * @sample_clock: the ADC's count at the first sample, lost samples included
 * @time_ns: time of the first sample
 * @samples: how many, at least 1
 * @lost: samples lost between the burst before and this one
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator
 * @flags: ZCRING_BURST_*
 * @tuned_channels: bit c: channel c was tuned just here
 * @freq_uhz: tuned frequency of each channel
 * @gain_mb: gain of each channel
 * @bandwidth_uhz: front-end bandwidth, 0 where it is not limited
 * @interrupt_ns: when the interrupt came that ended the burst, on CLOCK_MONOTONIC; 0 where
 *                no clock paces it. Tells how late a consumer is
 * @reserved: zero
 *
 * A descriptor lies in the ring of descriptors at its own index modulo the number of
 * slots, and stays there while one of its samples is held. A new stream begins at
 * descriptor 0. Everything in it is constant
 * over the burst: what changes at a sample begins a new burst at that sample.
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
	__s64 freq_uhz[ZCRING_CHANNELS_MAX];
	__s32 gain_mb[ZCRING_CHANNELS_MAX];
	__u64 bandwidth_uhz;
	__u64 interrupt_ns;
	__u64 reserved[10];
};

/**
 * struct zcring_info - answer of ZCRING_IOC_GET_INFO
 * @abi_version: ZCRING_ABI_VERSION
 * @features: ZCRING_FEATURE_*
 * @channels: 1 to ZCRING_CHANNELS_MAX
 * @format: enum zcring_format
 * @sample_bytes: bytes of one sample of one channel
 * @state: enum zcring_state
 * @ring_samples: samples that one channel's ring holds, a power of two
 * @burst_slots: descriptors that the ring of descriptors holds, a power of two
 * @model: what produces the samples, for people; NUL-terminated
 * @reserved: zero
 */
struct zcring_info {
	__u32 abi_version;
	__u32 features;
	__u32 channels;
	__u32 format;
	__u32 sample_bytes;
	__u32 state;
	__u64 ring_samples;
	__u64 burst_slots;
	char model[32];
	__u64 reserved[7];
};

#define ZCRING_FEATURE_DOUBLE_MAP	(1U << 0)	/* data may be mapped twice in a row */
#define ZCRING_FEATURE_SIMULATED	(1U << 1)	/* has an antenna that takes scenes */
#define ZCRING_FEATURE_TIMED		(1U << 2)	/* ZCRING_CONTROL_AT is obeyed */

/* struct zcring_region.region; channel c's samples are in region ZCRING_DATA, channel c */
#define ZCRING_META		0
#define ZCRING_CONSUMER		1
#define ZCRING_BURSTS		2
#define ZCRING_DATA		3

/**
 * struct zcring_region - argument and answer of ZCRING_IOC_GET_REGION
 * @region: in: ZCRING_META to ZCRING_DATA
 * @channel: in: the channel for ZCRING_DATA, else 0
 * @offset: out: to be given to mmap()
 * @length: out: bytes of the region
 * @map_length: out: bytes that one mmap() may cover: @length, or twice that where the
 *              second half shows the same pages again
 * @writable: out: 1 if it may be mapped for writing
 * @reserved: zero
 */
struct zcring_region {
	__u32 region;
	__u32 channel;
	__u64 offset;
	__u64 length;
	__u64 map_length;
	__u32 writable;
	__u32 reserved[3];
};

/**
 * struct zcring_config - geometry and pace: ZCRING_IOC_GET_CONFIG, ZCRING_IOC_SET_CONFIG
 * @format: enum zcring_format
 * @channels: 1 to ZCRING_CHANNELS_MAX
 * @ring_bytes: bytes of one channel's ring: a power of two, a multiple of the page,
 *              ZCRING_RING_BYTES_MIN to ZCRING_RING_BYTES_MAX
 * @interval_ns: time between bursts
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator, 1 to ZCRING_RATE_DEN_MAX
 * @seed: seed of everything that is random in the simulated hardware
 * @dma: enum zcring_dma
 * @flags: zero
 * @reserved: zero
 *
 * EBUSY while the stream runs; while anything but ZCRING_META is mapped, changing @format,
 * @channels or @ring_bytes is EBUSY too.
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
 * @ZCRING_DMA_RESIDENT: the ring is written once and then only the head moves, as if DMA
 *                       cost the processor nothing; after a gap or a retune it is written
 *                       once more. Only for a signal whose period divides the ring: a
 *                       stream of any other fails to start with EOPNOTSUPP
 */
enum zcring_dma {
	ZCRING_DMA_COPY		= 0,
	ZCRING_DMA_RESIDENT	= 1,
};

/**
 * enum zcring_scene_kind - what is on the air
 * @ZCRING_SCENE_TONE: a complex sinusoid an eighth of the rate above the centre, at
 *                     -6 dB of full scale
 * @ZCRING_SCENE_NOISE: white Gaussian noise, 0.1 of full scale RMS in I and in Q
 * @ZCRING_SCENE_COUNTER: every sample tells its sample clock (see docs/abi.md); neither
 *                        tuned nor amplified
 * @ZCRING_SCENE_MEMORY: samples written by user space, played in a loop
 * @ZCRING_SCENE_FEED: reserved for samples as another process writes them; EOPNOTSUPP
 */
enum zcring_scene_kind {
	ZCRING_SCENE_TONE	= 1,
	ZCRING_SCENE_NOISE	= 2,
	ZCRING_SCENE_COUNTER	= 3,
	ZCRING_SCENE_MEMORY	= 4,
	ZCRING_SCENE_FEED	= 5,
};

/**
 * struct zcring_scene - argument of ZCRING_IOC_SET_SCENE
 * @kind: enum zcring_scene_kind; a kind that the device lacks is EOPNOTSUPP
 * @format: of the samples that will be written: enum zcring_format; 0 for built-in kinds
 * @samples: how many will be written; 0 for built-in kinds
 * @freq_uhz: frequency at the centre of the scene
 * @rate_num: rate of the samples in hertz, numerator; 0 for built-in kinds
 * @rate_den: rate of the samples in hertz, denominator; 0 for built-in kinds
 * @flags: zero
 * @reserved: zero
 *
 * EBUSY while the stream runs. After ZCRING_SCENE_MEMORY, write() takes exactly
 * @samples samples; a stream started before that fails with ENODATA, one whose rate is
 * not the scene's with ERANGE.
 */
struct zcring_scene {
	__u32 kind;
	__u32 format;
	__u64 samples;
	__s64 freq_uhz;
	__u64 rate_num;
	__u64 rate_den;
	__u64 flags;
	__u64 reserved[4];
};

#define ZCRING_START_RESUME	(1U << 0)

/**
 * struct zcring_start - argument of ZCRING_IOC_START
 * @flags: ZCRING_START_RESUME: go on where the last stream stopped: indices, counters,
 *         clock and what was not read stay. Without it, a new stream: counters at zero,
 *         the ring empty
 * @first_index: index of the first sample of a new stream; zero with
 *               ZCRING_START_RESUME
 * @preroll_samples: how many zero samples, before @first_index, lie in the ring and are
 *                   held: the tail of a new stream is @first_index - @preroll_samples,
 *                   as free-running indices wrap. At most half the ring. They count in no
 *                   counter. Zero with ZCRING_START_RESUME
 * @time_ns: time of the first sample; 0: the device's time at that sample. For this stream
 *           alone: the device's time stays (ZCRING_CONTROL_TIME)
 * @delay_ns: the first sample is taken so long after the start; none is due until then. Up
 *            to ZCRING_DELAY_NS_MAX, a day; zero with ZCRING_START_RESUME
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
#define ZCRING_CONTROL_RATE		(1U << 3)	/* of all channels */
#define ZCRING_CONTROL_TIME		(1U << 4)	/* the device's time of day */
#define ZCRING_CONTROL_AT		(1U << 5)	/* at sample clock @at_clock, not now */
#define ZCRING_CONTROL_AT_TIME		(1U << 6)	/* at time @at_clock, not now */

/**
 * struct zcring_control - tuning while streaming: ZCRING_IOC_CONTROL
 * @what: ZCRING_CONTROL_*: which of the fields below to take
 * @channels: bit c: channel c; at least one, none beyond the device's
 * @freq_uhz: new tuned frequency, +-ZCRING_FREQ_UHZ_MAX
 * @bandwidth_uhz: new front-end bandwidth, 0 for no limit
 * @gain_mb: new gain, ZCRING_GAIN_MB_MIN to ZCRING_GAIN_MB_MAX
 * @reserved0: zero
 * @rate_num: new rate in hertz, numerator
 * @rate_den: new rate in hertz, denominator
 * @time_ns: new time of the sample at which this takes effect; while no stream runs, of now
 * @at_clock: with ZCRING_CONTROL_AT: the sample clock at which it takes effect; with
 *            ZCRING_CONTROL_AT_TIME: a time in ns since 1970, and it takes effect at the
 *            first sample whose time is not before it, by the clock as it is when the
 *            command is given. What has passed means now
 * @reserved: zero
 *
 * Takes effect at one sample, for all that it names together; that sample begins a
 * burst. ENOSPC when too many timed commands wait. They are dropped when a new stream
 * starts, when another scene is set, and when the device is configured.
 *
 * A time that was set runs on from there with CLOCK_MONOTONIC, through streams and between
 * them; the time of a device that was never set is CLOCK_REALTIME's.
 *
 * EINVAL for both of ZCRING_CONTROL_AT and ZCRING_CONTROL_AT_TIME, for a time whose sample
 * clock would not fit, and, while no stream runs, for ZCRING_CONTROL_AT_TIME and for
 * ZCRING_CONTROL_TIME with ZCRING_CONTROL_AT.
 */
struct zcring_control {
	__u32 what;
	__u32 channels;
	__s64 freq_uhz;
	__u64 bandwidth_uhz;
	__s32 gain_mb;
	__u32 reserved0;
	__u64 rate_num;
	__u64 rate_den;
	__u64 time_ns;
	__u64 at_clock;
	__u64 reserved[4];
};

/**
 * struct zcring_tuning - how the device is tuned: answer of ZCRING_IOC_GET_TUNING
 * @rate_num: sample rate in hertz, numerator
 * @rate_den: sample rate in hertz, denominator
 * @bandwidth_uhz: front-end bandwidth, 0 where it is not limited
 * @time_ns: time now
 * @freq_uhz: tuned frequency of each channel
 * @gain_mb: gain of each channel
 * @reserved: zero
 */
struct zcring_tuning {
	__u64 rate_num;
	__u64 rate_den;
	__u64 bandwidth_uhz;
	__u64 time_ns;
	__s64 freq_uhz[ZCRING_CHANNELS_MAX];
	__s32 gain_mb[ZCRING_CHANNELS_MAX];
	__u64 reserved[4];
};

/*
 * Commands. One file at a time is the consumer: the first that configures, controls,
 * starts, reads or maps ZCRING_CONSUMER, until it is closed; for any other these fail
 * with EBUSY. The GET commands and the read-only mappings of metadata, descriptors and
 * samples are open to every file. All other commands fail with EPERM on a file that was not
 * opened for writing; read() does not.
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

/* The same layout for every compiler, in C and in C++. */
#ifdef __cplusplus
#define ZCRING_ABI_ASSERT(condition) static_assert(condition, #condition)
#else
#define ZCRING_ABI_ASSERT(condition) _Static_assert(condition, #condition)
#endif

ZCRING_ABI_ASSERT(sizeof(struct zcring_telemetry) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_meta) == 256);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_meta, head) == 64);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_meta, telemetry) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_consumer) == 128);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_consumer, watermark) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_burst) == 256);
ZCRING_ABI_ASSERT(__builtin_offsetof(struct zcring_burst, freq_uhz) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_info) == 128);
ZCRING_ABI_ASSERT(sizeof(struct zcring_region) == 48);
ZCRING_ABI_ASSERT(sizeof(struct zcring_config) == 88);
ZCRING_ABI_ASSERT(sizeof(struct zcring_scene) == 80);
ZCRING_ABI_ASSERT(sizeof(struct zcring_start) == 64);
ZCRING_ABI_ASSERT(sizeof(struct zcring_control) == 96);
ZCRING_ABI_ASSERT(sizeof(struct zcring_tuning) == 160);

#endif /* ZCRING_ABI_H */
