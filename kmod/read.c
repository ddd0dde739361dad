// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read(): samples for programs that do not map the ring; every sample is copied. Samples of several
 * channels are interleaved in whole frames: a sample of channel 0, of channel 1, and so on.
 *
 * The kernel moves the tail for the caller, so read() fails with EBUSY while the consumer page is
 * mapped. io_lock keeps the ring in place while samples are copied; the stream continues meanwhile.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "zcring.h"

#define ZCRING_READ_STEP   SZ_64K /* bytes copied before they are released */
#define ZCRING_PIECE_BYTES 512 /* bytes of frames that are interleaved on the stack */

/* With lock or io_lock held: either keeps the geometry. */
static u32 zcring_read_frame_bytes(const struct zcring_stream *stream)
{
	return stream->sample_bytes * stream->channels;
}

/* A buffer that is too small for a frame is refused, and its file does not become the consumer. */
static int zcring_read_check(struct zcring_device *zdev, struct file *file, size_t bytes)
{
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_consumer_may_claim(zdev, file);
	if (!err && bytes && bytes < zcring_read_frame_bytes(&zdev->stream))
		err = -EINVAL;
	mutex_unlock(&zdev->lock);
	return err;
}

/* With io_lock held: starts a stream if none was started, and returns what can be read. */
static int zcring_read_look(struct zcring_device *zdev, struct file *file, u64 *tail, u64 *filled)
{
	static const struct zcring_start fresh;
	struct zcring_stream *stream = &zdev->stream;
	int err;

	err = zcring_device_lock(zdev);
	if (err)
		return err;
	err = zcring_consumer_claim(zdev, file);
	if (!err && atomic_read(&zdev->consumer_mappings))
		err = -EBUSY;
	if (!err && stream->state != ZCRING_STATE_RUNNING && !zdev->owns_stream)
		err = zcring_device_start(zdev, &fresh);
	if (err)
		goto out_unlock;
	zcring_device_account(zdev);
	zcring_store(&stream->consumer->watermark, stream->tail); /* any sample wakes */
	if (stream->state == ZCRING_STATE_FAULT)
		err = -EIO;
	*tail = stream->tail;
	*filled = stream->head - stream->tail;
	if (!err && !*filled && stream->state == ZCRING_STATE_RUNNING)
		err = -EAGAIN;
out_unlock:
	mutex_unlock(&zdev->lock);
	return err;
}

static int zcring_read_copy_plain(const struct zcring_stream *stream, u64 index, u64 samples,
				  char __user *to)
{
	u64 place = zcring_ring_place(index, stream->ring_samples);
	u64 until_end = min(samples, stream->ring_samples - place);
	u32 bytes = stream->sample_bytes;

	if (copy_to_user(to, stream->data[0] + place * bytes, until_end * bytes) ||
	    copy_to_user(to + until_end * bytes, stream->data[0], (samples - until_end) * bytes))
		return -EFAULT;
	return 0;
}

static int zcring_read_copy_frames(const struct zcring_stream *stream, u64 index, u64 frames,
				   char __user *to)
{
	u32 bytes = stream->sample_bytes;
	u8 piece[ZCRING_PIECE_BYTES];
	u32 used = 0;
	u32 c;

	while (frames--) {
		u64 place = zcring_ring_place(index++, stream->ring_samples);

		for (c = 0; c < stream->channels; c++, used += bytes)
			memcpy(piece + used, stream->data[c] + place * bytes, bytes);
		if (frames && used + bytes * stream->channels <= sizeof(piece))
			continue;
		if (copy_to_user(to, piece, used))
			return -EFAULT;
		to += used;
		used = 0;
	}
	return 0;
}

/* With io_lock held: the memory stays in place; samples between tail and head do not change. */
static ssize_t zcring_read_frames(struct zcring_device *zdev, u64 tail, u64 frames, char __user *to)
{
	struct zcring_stream *stream = &zdev->stream;
	struct zcring_consumer *page = stream->consumer;
	u32 frame_bytes = zcring_read_frame_bytes(stream);
	u64 done = 0;
	int err;

	while (done < frames) {
		u64 step = min_t(u64, frames - done, ZCRING_READ_STEP / frame_bytes);
		char __user *here = to + done * frame_bytes;

		if (stream->channels == 1)
			err = zcring_read_copy_plain(stream, tail + done, step, here);
		else
			err = zcring_read_copy_frames(stream, tail + done, step, here);
		if (err)
			return done ? done * frame_bytes : err;
		done += step;
		zcring_ring_release(page, tail + done,
				    zcring_load(&page->total_bytes_consumed) + step * frame_bytes);
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done * frame_bytes;
}

/* With io_lock held. 0 at the end of a stopped stream, -EAGAIN if a running stream has no samples. */
static ssize_t zcring_read_some(struct zcring_device *zdev, struct file *file, char __user *to,
				size_t bytes)
{
	u64 frames = bytes / zcring_read_frame_bytes(&zdev->stream);
	u64 tail, filled;
	int err;

	if (!frames) /* the geometry changed since zcring_read_check() */
		return -EINVAL;
	err = zcring_read_look(zdev, file, &tail, &filled);
	if (err)
		return err;
	return zcring_read_frames(zdev, tail, min(frames, filled), to);
}

static bool zcring_read_may_return(struct zcring_device *zdev)
{
	return zcring_load(&zdev->stream.state) != ZCRING_STATE_RUNNING ||
	       zcring_stream_readable(&zdev->stream);
}

ssize_t zcring_read(struct file *file, char __user *to, size_t bytes, loff_t *pos)
{
	struct zcring_device *zdev = zcring_file_device(file);
	ssize_t result;

	result = zcring_read_check(zdev, file, bytes);
	if (result || !bytes)
		return result;
	for (;;) {
		result = zcring_consumer_lock_io(zdev, file);
		if (result)
			return result;
		result = zcring_read_some(zdev, file, to, bytes);
		mutex_unlock(&zdev->io_lock);
		if (result != -EAGAIN || file->f_flags & O_NONBLOCK)
			return result;
		if (wait_event_interruptible(zdev->wait, zcring_read_may_return(zdev)))
			return -ERESTARTSYS;
	}
}
