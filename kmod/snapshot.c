// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What readers see without the device's lock: the GET commands and sysfs must not wait for a step
 * of the DMA engine, for a start or for a stop.
 *
 * Whoever changes the device publishes a snapshot before the lock is dropped. A reader thus sees
 * one moment, which is at most as old as the present hold of the lock. Two values are of the time
 * of the call: the time of day advances from the snapshot as its clock does, and the consumer's
 * tail is loaded and bounded anew.
 */
#include <linux/ktime.h>
#include <linux/seqlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "engine/config.h"
#include "zcring.h"

void zcring_snapshot_init(struct zcring_device *zdev)
{
	seqlock_init(&zdev->snapshot_lock);
}

/*
 * Fields that a board does not fill read as 0: no byte of the stack reaches user space. The
 * denominator reads as 1: nothing is divided by 0.
 */
static void zcring_snapshot_take_tuning(struct zcring_device *zdev, struct zcring_snapshot *now)
{
	struct zcring_tuning *tuning = &now->tuning;

	tuning->rate_den = 1;
	now->mono_ns = ktime_get_boottime_ns();
	now->time = zdev->ops->get_tuning(zdev->dma, now->mono_ns, tuning);
}

static void zcring_snapshot_take_ranges(const struct zcring_device *zdev, struct zcring_snapshot *now)
{
	struct zcring_ranges *ranges = &now->ranges;

	zcring_ranges_default(ranges);
	if (!(zdev->ops->features & ZCRING_FEATURE_TIMED))
		ranges->commands_max = 0;
	if (zdev->ops->get_ranges)
		zdev->ops->get_ranges(zdev->dma, ranges);
}

void zcring_snapshot_publish(struct zcring_device *zdev)
{
	const struct zcring_stream *stream = &zdev->stream;
	struct zcring_snapshot now = {
		.config = zdev->config,
		.scene_kind = zdev->antenna.scene.kind,
		.sample_bytes = stream->sample_bytes,
		.ring_samples = stream->ring_samples,
		.burst_slots = stream->burst_slots,
		.head = stream->head,
		.tail = stream->tail,
		.first_index = stream->first_index,
		.stream_id = stream->stream_id,
		.state = stream->state,
		.telemetry = stream->telemetry,
	};

	if (now.state == ZCRING_STATE_GONE) /* readers fail, and the board must not be asked */
		return;
	zcring_snapshot_take_tuning(zdev, &now);
	zcring_snapshot_take_ranges(zdev, &now);
	now.config.rate_num = now.tuning.rate_num; /* a command, perhaps a timed one, may change it */
	now.config.rate_den = now.tuning.rate_den;
	write_seqlock(&zdev->snapshot_lock);
	zdev->snapshot = now;
	write_sequnlock(&zdev->snapshot_lock);
}

int zcring_snapshot_read(struct zcring_device *zdev, struct zcring_snapshot *copy)
{
	unsigned int sequence;

	do {
		sequence = read_seqbegin(&zdev->snapshot_lock);
		*copy = zdev->snapshot;
	} while (read_seqretry(&zdev->snapshot_lock, sequence));
	return zcring_load(&zdev->stream.state) == ZCRING_STATE_GONE ? -ENODEV : 0;
}

int zcring_snapshot_get_tuning(struct zcring_device *zdev, struct zcring_tuning *tuning)
{
	struct zcring_snapshot now;
	int err;

	err = zcring_snapshot_read(zdev, &now);
	if (err)
		return err;
	*tuning = now.tuning;
	if (now.time == ZCRING_TIME_OF_DAY)
		tuning->time_ns = ktime_get_real_ns();
	else if (now.time == ZCRING_TIME_RUNS)
		tuning->time_ns += ktime_get_boottime_ns() - now.mono_ns;
	return 0;
}

/*
 * Counts what the consumer has released since the snapshot; an invalid tail changes nothing, nor
 * does one of a later stream: a start stores the number of the new stream, then its tail, and
 * publishes a snapshot last. Whoever sees that tail sees that number.
 */
static void zcring_snapshot_count_consumed(const struct zcring_device *zdev,
					   struct zcring_snapshot *now)
{
	u64 tail = zcring_ring_load_tail(zdev->stream.consumer);
	s64 consumed = (s64)(tail - now->first_index);

	if (now->state == ZCRING_STATE_FAULT || tail - now->tail > now->head - now->tail)
		return;
	if (zcring_load(&zdev->stream.stream_id) != now->stream_id)
		return;
	now->telemetry.consumed_samples = consumed > 0 ? consumed : 0; /* preroll is not counted */
	now->telemetry.consumed_bytes =
		now->telemetry.consumed_samples * now->sample_bytes * now->config.channels;
}

/*
 * Where nobody holds the lock, the accounting is brought up to date first: an invalid tail ends the
 * stream, and the metadata page shows what was released.
 */
int zcring_snapshot_get_telemetry(struct zcring_device *zdev, struct zcring_telemetry *telemetry)
{
	struct zcring_snapshot now;
	int err;

	if (mutex_trylock(&zdev->lock)) {
		if (zdev->stream.state != ZCRING_STATE_GONE)
			zcring_device_account(zdev);
		mutex_unlock(&zdev->lock);
	}
	err = zcring_snapshot_read(zdev, &now);
	if (err)
		return err;
	zcring_snapshot_count_consumed(zdev, &now);
	*telemetry = now.telemetry;
	return 0;
}
