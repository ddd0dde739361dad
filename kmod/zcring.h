/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device: a DMA engine, the ring that it fills, and the files that are open on it.
 *
 *   main.c    module and parameters       region.c  regions and mmap()
 *   table.c   numbers of devices
 *   device.c  life and configuration      read.c    read(), which copies
 *   cdev.c    files, ioctls, poll()       scene.c   scenes and write()
 *   worker.c    timer and thread            sysfs.c   attributes
 *   mem.c     pages                       debugfs.c fault injection
 *   sim.c     the simulated DMA engine (dma.h)
 *   board.c   what a board's module may call (dma.h)
 *   trace.c   tracepoints (zcring_trace.h)
 *
 * Life. The character device, and with it every open file and every mapping (which holds
 * its file), keeps struct zcring_device and all of its memory alive; unplugging only ends
 * the stream. What is plugged in again is another device, with the same number and name.
 *
 * Locks, outer first: zcring_device.io_lock, mm->mmap_lock, zcring_device.lock. User memory
 * may fault, so it is touched with io_lock held but never with lock held. Only the consumer
 * touches it so, and only the consumer sleeps on io_lock: whoever wants it becomes the
 * consumer first, and sysfs, which cannot, does not wait. Memory that never comes thus hurts
 * nobody else.
 */
#ifndef ZCRING_ZCRING_H
#define ZCRING_ZCRING_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "dma.h"
#include "mem.h"

struct dentry;
struct file;
struct task_struct;

/**
 * struct zcring_worker - what makes the DMA engine go on
 * @timer: the interrupt; runs while the stream runs
 * @interval: its period; 0: it comes once, when the stream starts. Written only while it is
 *            off
 * @fired_ns: when it came last, on CLOCK_MONOTONIC, or 0 if not since the stream started; written
 *            before @due
 * @due: set by the timer, taken by the thread
 * @kick: where the thread sleeps
 * @thread: calls zcring_dma_ops.progress
 */
struct zcring_worker {
	struct hrtimer timer;
	ktime_t interval;
	u64 fired_ns;
	unsigned long due;
	wait_queue_head_t kick;
	struct task_struct *thread;
};

/**
 * struct zcring_traced - how far the tracepoints have told what the stream did
 * @bursts: descriptors written
 * @lost_samples: as in the telemetry
 * @state: enum zcring_state
 */
struct zcring_traced {
	u64 bursts;
	u64 lost_samples;
	u32 state;
};

/**
 * struct zcring_device - all there is of one /dev/zcringN
 * @dev: in class zcring; its last reference frees everything
 * @cdev: the character device; every open file holds it, and it holds @dev
 * @io_lock: held while the consumer's memory is copied: keeps @ring and @next_scene_samples
 *           in place
 * @lock: protects all below, and everything that the DMA engine works on
 * @wait: where poll() and read() sleep; woken by the worker and at every change of state
 * @config: what the device is set to; the geometry changes with both locks held
 * @stream: the accounting; the state, the head and the consumer page are read without lock too
 * @meta: page of struct zcring_meta, as long as the device lives
 * @consumer_page: page of struct zcring_consumer, as long as the device lives
 * @ring: memory that depends on the geometry; replaced with both locks held, and only
 *        while @mappings is 0
 * @mappings: mappings of anything but the metadata; grows from 0 with @lock held
 * @consumer_mappings: mappings of the consumer page among them
 * @consumer: the file that is the consumer, if any
 * @owns_stream: the consumer has started a stream, so that read() must not start one
 * @scene: what is on the air
 * @scene_samples: its samples, where it has any
 * @next_scene: a scene that is being written
 * @next_scene_samples: its samples; there are pages while it is being written
 * @next_scene_bytes: how long it will be
 * @next_scene_written: how much of it is there; protected by @io_lock
 * @worker: timer and thread
 * @traced: what the tracepoints have told
 * @ops: the DMA engine; constant
 * @dma: the DMA engine's own; constant
 * @dma_dev: the hardware that writes @ring, where there is some; null once it is unplugged
 * @zone: of the memory of @ring; constant
 * @is_registered: user space may open it; set once
 * @debugfs: its directory; used only by register and unregister
 */
struct zcring_device {
	struct device dev;
	struct cdev cdev;

	struct mutex io_lock; /* see above */
	struct mutex lock; /* see above */
	wait_queue_head_t wait;

	struct zcring_config config;
	struct zcring_stream stream;
	struct zcring_area meta;
	struct zcring_area consumer_page;
	struct zcring_ring ring;
	atomic_t mappings;
	atomic_t consumer_mappings;
	struct file *consumer;
	bool owns_stream;

	struct zcring_scene scene;
	struct zcring_area scene_samples;
	struct zcring_scene next_scene;
	struct zcring_area next_scene_samples;
	u64 next_scene_bytes;
	u64 next_scene_written;

	struct zcring_worker worker;
	struct zcring_traced traced;
	const struct zcring_dma_ops *ops;
	void *dma;
	struct device *dma_dev;
	gfp_t zone;
	bool is_registered;
	struct dentry *debugfs;
};

/**
 * struct zcring_source - where a device's samples come from
 * @ops: the DMA engine
 * @dev: the hardware that does DMA; NULL where there is none
 * @board: for zcring_dma_ops.alloc
 */
struct zcring_source {
	const struct zcring_dma_ops *ops;
	struct device *dev;
	void *board;
};

/* main.c */
extern struct class zcring_class;
extern unsigned long zcring_memory_bytes_max; /* as root has set it; 0: automatic */

/* Bytes that all rings and scenes of one device may have. */
u64 zcring_memory_limit(void);

/* table.c */
#define ZCRING_DEVICES_MAX 16

/*
 * Allocates the numbers and @simulated simulated devices, whose numbers come first, and registers
 * the devices. Every new device, boards included, begins with @config. 0, or an error after which
 * no device is left.
 */
int zcring_table_init(unsigned int simulated, const struct zcring_config *config);
void zcring_table_exit(void);

/*
 * Unplugs a simulated device, or plugs in a new one with the same number. 0; -EINVAL for a number
 * that belongs to no simulated device; unplug: -ENODEV if there is no device; plug: -EEXIST if
 * there is one, or an error of allocating or registering it. Both take the lock of the table.
 */
int zcring_table_unplug(unsigned int number);
int zcring_table_plug(unsigned int number);

/* For open(): 0, -ENODEV for a device that could not be registered, or -ERESTARTSYS. */
int zcring_table_wait_registered(struct zcring_device *zdev);

/*
 * Adds a new, registered device for a board, with a number that belongs to no simulated device,
 * or -ENOSPC if no number is left. Removing frees the number of an unregistered device.
 */
struct zcring_device *zcring_table_add_board(const struct zcring_source *source);
void zcring_table_remove_board(struct zcring_device *zdev);

/* device.c */
struct zcring_device *zcring_device_alloc(dev_t number, const struct zcring_config *config,
					  const struct zcring_source *source);

/*
 * Makes the device visible to user space, which may open it from then on. If registering fails,
 * the device stays allocated, and no file is open on it. With the lock of the device table held.
 */
int zcring_device_register(struct zcring_device *zdev);

/* Ends the stream and hides the device: user space cannot open it any more. */
void zcring_device_unregister(struct zcring_device *zdev);

/*
 * Ends the worker and drops the reference of the one who allocated the device. For a device that
 * was never registered, or that is unregistered; open files keep the device's memory.
 */
void zcring_device_put(struct zcring_device *zdev);

/* The hardware that wrote the ring, if some did, has let go of it for good. Takes the lock. */
void zcring_device_unmap_dma(struct zcring_device *zdev);

/*
 * The hardware is gone: the stream ends for good, sleepers wake, calls fail with ENODEV;
 * mappings stay as they are.
 */
void zcring_device_unplug(struct zcring_device *zdev);

/* Takes the lock; 0, -ERESTARTSYS, or -ENODEV once the hardware is gone (not taken then). */
int zcring_device_lock(struct zcring_device *zdev);

/*
 * Makes @file the consumer, or fails with -EBUSY if another is. A null @file is sysfs: it
 * becomes nothing, but may act only where there is no consumer. With the lock held.
 */
int zcring_device_claim(struct zcring_device *zdev, struct file *file);

/* Whether zcring_device_claim() would succeed: 0, or -EBUSY. With the lock held. */
int zcring_device_may_claim(const struct zcring_device *zdev, const struct file *file);

/*
 * Takes io_lock, for a @file that is the consumer then: claimed before it sleeps, as the lock
 * is held for as long as the consumer's memory takes to be there. -EBUSY where another is the
 * consumer, and for sysfs wherever the lock is not free; -ENODEV once the hardware is gone;
 * -ERESTARTSYS, with @file the consumer or not.
 */
int zcring_device_lock_io(struct zcring_device *zdev, struct file *file);

/*
 * Whether the device may have @bytes more for rings and scenes: 0, or -ENOMEM and a line in
 * the log. With io_lock held, or before the device is live.
 */
int zcring_device_may_alloc(struct zcring_device *zdev, u64 bytes);

/*
 * After anything that may have moved the head or ended the stream: wakes whoever waits for
 * that, and stops the worker of a stream that has ended. With the lock held.
 */
void zcring_device_notify(struct zcring_device *zdev);

/* With the lock held. */
void zcring_device_get_tuning(struct zcring_device *zdev, struct zcring_tuning *tuning);
void zcring_device_get_config(struct zcring_device *zdev, struct zcring_config *config);
int zcring_device_start(struct zcring_device *zdev, const struct zcring_start *start);
void zcring_device_stop(struct zcring_device *zdev);
int zcring_device_control(struct zcring_device *zdev, const struct zcring_control *control);
int zcring_device_inject(struct zcring_device *zdev, enum zcring_injection kind, s64 amount);
void zcring_device_account(struct zcring_device *zdev);

/* These take the locks themselves; for @file see zcring_device_claim(). */
int zcring_device_configure(struct zcring_device *zdev, struct file *file,
			    const struct zcring_config *config);
void zcring_device_release_consumer(struct zcring_device *zdev, struct file *file);

/* The same, where zcring_device_lock_io() has locked io_lock for @file. */
int zcring_device_configure_locked(struct zcring_device *zdev, struct file *file,
				   const struct zcring_config *config);

/* region.c */
int zcring_region_describe(const struct zcring_device *zdev, struct zcring_region *region);
int zcring_mmap(struct file *file, struct vm_area_struct *vma);

/* cdev.c */
extern const struct file_operations zcring_fops;

/* read.c */
ssize_t zcring_read(struct file *file, char __user *to, size_t bytes, loff_t *pos);

/* scene.c */
void zcring_scene_init(struct zcring_device *zdev);
int zcring_scene_set(struct zcring_device *zdev, struct file *file, const struct zcring_scene *scene);
ssize_t zcring_scene_write(struct file *file, const char __user *from, size_t bytes, loff_t *pos);

/* Forgets a scene that was not written to its end. */
void zcring_scene_abandon(struct zcring_device *zdev);

/* worker.c */
int zcring_worker_init(struct zcring_device *zdev);
void zcring_worker_exit(struct zcring_device *zdev);

/* From one interval after @mono_ns on; with the lock held. */
void zcring_worker_start(struct zcring_device *zdev, u64 mono_ns);
void zcring_worker_stop(struct zcring_device *zdev);

/* debugfs.c; removing waits for calls that are going on. */
void zcring_debugfs_init(void);
void zcring_debugfs_exit(void);
void zcring_debugfs_register_plugs(void);
void zcring_debugfs_unregister_plugs(void);
void zcring_debugfs_register(struct zcring_device *zdev);
void zcring_debugfs_unregister(struct zcring_device *zdev);

/* trace.c; with the lock held, after anything that may have moved or ended the stream. */
void zcring_trace_changes(struct zcring_device *zdev);

/* sysfs.c */
extern const struct attribute_group *zcring_groups[];

#endif /* ZCRING_ZCRING_H */
