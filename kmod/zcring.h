/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's own header. One device consists of a DMA engine, the ring that the DMA engine fills,
 * and the files that are open on the device.
 *
 *   main.c           module and parameters        region.c   regions and mmap()
 *   table.c          numbers, plug and unplug     read.c     read(), which copies
 *   device.c         life, calls of the DMA ops   antenna_node.h  the antenna's own node
 *   device_config.c  configuration, ring memory   sysfs*.c   attributes, and their text
 *   consumer.c       the one file that may act    debugfs.c  fault injection
 *   cdev.c           files, ioctls, poll()        trace.c    tracepoints (zcring_trace.h)
 *   worker.c         timer and thread             board.c    exports for boards (dma.h)
 *   power.c          suspend and resume           sim.c      simulated DMA engine (dma.h)
 *   mem.c            pages                        dma_map.c  bus addresses of the pages
 *   orphans.c        who holds a ring             account.c  memory of all devices
 *   inode.c          one for each device          snapshot.c what readers see without the lock
 *   loops_best.c     vectors of AVX2 (loops_fpu.c), or none
 *
 * Life. zcring_device_alloc(), _register(), _unregister(), _put(). The character device holds
 * struct zcring_device and all of its memory; every open file holds the character device, and every
 * mapping holds its file. Unregistering therefore only ends the stream. A device that is plugged in
 * again is a new struct zcring_device with the same number and name.
 *
 * Locks, outer first: zcring_table_lock (table.c), zcring_device.io_lock or feed_lock
 * (antenna_node.h), mm->mmap_lock or zcring_device.dma_lock, zcring_device.lock.
 *
 * An access to user memory may fault, so user memory is accessed with io_lock held but never with
 * lock held. Only the consumer accesses user memory under io_lock, and only the consumer sleeps on
 * io_lock: a file becomes the consumer before it takes io_lock, and sysfs, which cannot, does not
 * wait for it. A page fault that never completes therefore blocks only its caller. The antenna's
 * side has feed_lock instead of io_lock: no task holds both, and under feed_lock no task takes
 * dma_lock.
 *
 * zcring_table_lock is held while a device is allocated and registered; for a simulated device also
 * while it is unregistered, with cdev_device_del(). An open() takes it alone, and waits for a
 * registration. Nobody takes it with any other lock of this list held.
 *
 * The locks of orphans are inside all of these except lock, with which they are never held
 * together: zcring_orphans_room_lock, then zcring_orphans_lock; revoke_lock of a ring, inside
 * mmap_lock for a page fault (orphans.c).
 */
#ifndef ZCRING_ZCRING_H
#define ZCRING_ZCRING_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/seqlock.h>
#include <linux/wait.h>

#include "antenna_node.h"
#include "dma.h"
#include "mem.h"
#include "orphans.h"

struct dentry;
struct task_struct;

/**
 * struct zcring_worker - the thread that runs the DMA engine after each interrupt
 * @timer: the interrupt; armed while the stream runs
 * @interval: period of @timer; 0: @timer fires once, when the stream starts. Written only while
 *            @timer is off
 * @fired_ns: time of the earliest interrupt that no turn of the thread has taken, on
 *            CLOCK_BOOTTIME; 0: there is none. Set by the interrupt, only if it is 0; cleared with
 *            the device's lock held, by a turn that begins and by a new stream
 * @turn_ns: @fired_ns as the present turn took it; 0: the turn has no stream. Protected by the
 *           device's lock
 * @is_suspended: the thread must not call the DMA engine, nor handle @failure. Written with the
 *                device's lock held; the thread that sleeps reads it without
 * @was_armed: @timer was armed when the device was suspended. Protected by the device's lock
 * @failure: code of a failure of the hardware that the thread has not handled; 0: there is none
 * @watchdog: fires if the sample clock does not advance; armed while a stream runs on a board that
 *            has zcring_dma_ops.watchdog_ns
 * @watched_clock: the sample clock when @watchdog was armed. Protected by the device's lock
 * @kick: where the thread sleeps until @fired_ns or @failure is set
 * @thread: calls zcring_dma_ops.progress
 */
struct zcring_worker {
	struct hrtimer timer;
	ktime_t interval;
	atomic64_t fired_ns;
	u64 turn_ns;
	bool is_suspended;
	bool was_armed;
	atomic_t failure;
	struct hrtimer watchdog;
	u64 watched_clock;
	struct rcuwait kick;
	struct task_struct *thread;
};

/**
 * struct zcring_traced - the accounting up to which tracepoints were passed
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
 * struct zcring_snapshot - a device at one moment, for readers that do not take the lock
 * @config: the configuration, with the present rate
 * @scene_kind: enum zcring_scene_kind
 * @sample_bytes: as in struct zcring_stream, like the fields down to @telemetry
 * @ring_samples: see above
 * @burst_slots: see above
 * @head: see above
 * @tail: see above
 * @first_index: see above
 * @stream_id: see above
 * @state: see above
 * @telemetry: see above
 * @ranges: what the device can be set to
 * @tuning: the tuning
 * @mono_ns: time of zcring_tuning.time_ns on the clock that paces the stream
 * @time: how it goes on
 */
struct zcring_snapshot {
	struct zcring_config config;
	u32 scene_kind;
	u32 sample_bytes;
	u64 ring_samples;
	u64 burst_slots;
	u64 head;
	u64 tail;
	u64 first_index;
	u64 stream_id;
	u32 state;
	struct zcring_telemetry telemetry;
	struct zcring_ranges ranges;
	struct zcring_tuning tuning;
	u64 mono_ns;
	enum zcring_time time;
};

/**
 * struct zcring_device - one /dev/zcringN
 * @dev: in class zcring; its last reference frees the struct and all memory
 * @cdev: the character device; every open file holds @cdev, and @cdev holds @dev
 * @io_lock: held while the consumer's memory is copied: keeps @ring in place
 * @dma_lock: held while a ring is mapped for the hardware or unmapped, which may take a while:
 *            others get @lock meanwhile. Protects @dma_dev
 * @callers: number of calls that wait for @lock in zcring_device_lock(), to which a turn gives
 *           way; a task that takes @lock otherwise is not counted. Atomic
 * @lock: protects all fields below, and all data of the DMA engine
 * @wait: wait queue of poll() and read(); woken by the worker and at every change of state
 * @config: the configuration; the geometry changes with both locks held
 * @default_config: of a new device, or as root has set it; when the consumer is gone, a larger ring
 *                  gives way to one of this geometry. Changes with both locks held
 * @stream: the accounting; state, head and consumer page are also read without the lock
 * @meta: page of struct zcring_meta; lives as long as the device
 * @consumer_page: page of struct zcring_consumer; lives as long as the device
 * @inode: all files of the device share its address_space; constant
 * @ring: memory that depends on the geometry, of which the device holds a reference; replaced with
 *        both locks held, and never while the consumer's file maps it
 * @consumer_mappings: number of mappings of the consumer page; grows from 0 with @lock held
 * @consumer: the file that is the consumer; NULL if there is none
 * @owns_stream: the consumer has started a stream, so that read() must not start one
 * @antenna: the antenna's side, with a lock of its own
 * @worker: timer and thread
 * @traced: accounting of the tracepoints
 * @snapshot_lock: protects @snapshot; written with the lock held, read without
 * @snapshot: what was published last
 * @ops: the DMA engine; constant
 * @dma: data of the DMA engine; constant
 * @dma_dev: the hardware that writes @ring; NULL where there is none, and after the board was put.
 *           Protected by @dma_lock
 * @zone: zone of the memory of @ring; constant
 * @node: NUMA node of the hardware, from which the memory of @ring comes; or NUMA_NO_NODE. Constant
 * @is_registered: user space may open the device; set once
 * @debugfs: directory of the device; used only by register and unregister
 */
struct zcring_device {
	struct device dev;
	struct cdev cdev;

	struct mutex io_lock; /* see above */
	struct mutex dma_lock; /* see above */
	atomic_t callers;
	struct mutex lock; /* see above */
	wait_queue_head_t wait;

	struct zcring_config config;
	struct zcring_config default_config;
	struct zcring_stream stream;
	struct zcring_area meta;
	struct zcring_area consumer_page;
	struct inode *inode;
	struct zcring_ring *ring;
	atomic_t consumer_mappings;
	struct file *consumer;
	bool owns_stream;

	struct zcring_antenna_node antenna;

	struct zcring_worker worker;
	struct zcring_traced traced;
	seqlock_t snapshot_lock;
	struct zcring_snapshot snapshot;
	const struct zcring_dma_ops *ops;
	void *dma;
	struct device *dma_dev;
	gfp_t zone;
	int node;
	bool is_registered;
	struct dentry *debugfs;
};

/**
 * struct zcring_file - an open file of a device
 * @zdev: the device; constant
 * @mappings: number of mappings of anything but the metadata; grows from 0 with the lock held
 */
struct zcring_file {
	struct zcring_device *zdev;
	atomic_t mappings;
};

static inline struct zcring_device *zcring_file_device(const struct file *file)
{
	return ((const struct zcring_file *)file->private_data)->zdev;
}

/**
 * struct zcring_source - the origin of a device's samples
 * @ops: the DMA engine
 * @dev: the hardware that does DMA; NULL where there is none
 * @board: argument of zcring_dma_ops.alloc
 */
struct zcring_source {
	const struct zcring_dma_ops *ops;
	struct device *dev;
	void *board;
};

/* main.c */
extern struct class zcring_class;
extern unsigned long zcring_memory_bytes_max; /* as set by root; 0: automatic */

/* Limit in bytes for all rings and scenes of all devices. */
u64 zcring_memory_limit(void);

/* account.c */

/*
 * Charges @bytes of memory that is about to be allocated: 0, or -ENOMEM beyond the limit. Orphans
 * are revoked first. May sleep for long: without a device's lock.
 */
int zcring_account_charge(u64 bytes);

/* The same for memory that replaces more than @bytes: does not fail. */
void zcring_account_charge_always(u64 bytes);

/* After the memory was freed. */
void zcring_account_uncharge(u64 bytes);

u64 zcring_account_bytes(void);

/* inode.c */
int zcring_inode_init(void);
void zcring_inode_exit(void);

/* A new inode with a reference, or NULL. */
struct inode *zcring_inode_alloc(void);

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

/*
 * Hides the device from user space and ends its stream for good: sleepers wake, calls fail with
 * ENODEV, mappings stay as they are.
 */
void zcring_device_unregister(struct zcring_device *zdev);

/*
 * Ends the worker and drops the reference of the caller of zcring_device_alloc(). For a device that
 * was never registered, or that is unregistered; open files keep the device's memory.
 */
void zcring_device_put(struct zcring_device *zdev);

/*
 * Unmaps the ring from the hardware, which has ended all DMA for good, for a device that is
 * unregistered. Takes dma_lock.
 */
void zcring_device_unmap_dma(struct zcring_device *zdev);

/* Takes the lock. 0, or without the lock -ERESTARTSYS, or -ENODEV once the hardware is gone. */
int zcring_device_lock(struct zcring_device *zdev);

/* Between two steps, without the lock: lets the calls that wait for the lock have it. */
void zcring_device_give_way(struct zcring_device *zdev);

/*
 * Called with the lock held after anything that may have moved the head, ended the stream or
 * changed a setting: publishes the snapshot, passes the tracepoints, wakes the waiting tasks, and
 * stops the worker of a stream that ended.
 */
void zcring_device_notify(struct zcring_device *zdev);

/* With the lock held. */
int zcring_device_start(struct zcring_device *zdev, const struct zcring_start *start);
void zcring_device_stop(struct zcring_device *zdev);
int zcring_device_control(struct zcring_device *zdev, const struct zcring_control *control);
int zcring_device_inject(struct zcring_device *zdev, enum zcring_injection kind, s64 amount);
void zcring_device_account(struct zcring_device *zdev);

/* device_config.c */

/*
 * Charges @bytes for a ring or a scene to the module's account: 0, or -ENOMEM and a line in the
 * log. Without the lock.
 */
int zcring_device_charge(struct zcring_device *zdev, u64 bytes);

/*
 * A ring of @config, charged, or an ERR_PTR(); and its mapping for the hardware, where there is
 * some: mapping with dma_lock held, or before the device is registered.
 */
struct zcring_ring *zcring_device_alloc_ring(struct zcring_device *zdev,
					     const struct zcring_config *config);
int zcring_device_map_ring(struct zcring_device *zdev, struct zcring_ring *ring);

/* With the lock held. Whether the hardware can do a configuration that is valid for the ABI. */
int zcring_device_check_config(struct zcring_device *zdev, const struct zcring_config *config);

/* Takes all locks; for @file see zcring_consumer_claim(). */
int zcring_device_configure(struct zcring_device *zdev, struct file *file,
			    const struct zcring_config *config);

/* The same after zcring_consumer_lock_io() has taken io_lock for @file. */
int zcring_device_configure_locked(struct zcring_device *zdev, struct file *file,
				   const struct zcring_config *config);

/*
 * For a consumer that is closed, with io_lock held: replaces a ring that is larger than the
 * device's default by one of the default geometry. If there is no memory for it, the ring stays.
 */
void zcring_device_give_back_ring(struct zcring_device *zdev);

/* consumer.c */

/*
 * Makes @file the consumer, or fails with -EBUSY if another file is. NULL stands for sysfs, which
 * becomes nothing but may act only while there is no consumer. With the lock held.
 */
int zcring_consumer_claim(struct zcring_device *zdev, struct file *file);

/* Whether zcring_consumer_claim() would succeed: 0, or -EBUSY. With the lock held. */
int zcring_consumer_may_claim(const struct zcring_device *zdev, const struct file *file);

/*
 * Makes @file the consumer and takes io_lock. Claiming comes first, as io_lock is held for as long
 * as a page fault in the consumer's memory lasts. -EBUSY if another file is the consumer, and for
 * sysfs whenever io_lock is not free; -ENODEV once the hardware is gone; -ERESTARTSYS, after which
 * @file may be the consumer or not.
 */
int zcring_consumer_lock_io(struct zcring_device *zdev, struct file *file);

/* For a file that is closed. Takes all locks. */
void zcring_consumer_close(struct zcring_device *zdev, struct file *file);

/* snapshot.c */
void zcring_snapshot_init(struct zcring_device *zdev);

/* With the lock held, or before the device is registered: lets readers see the present state. */
void zcring_snapshot_publish(struct zcring_device *zdev);

/* Without the lock, which the functions do not wait for. 0, or -ENODEV once the hardware is gone. */
int zcring_snapshot_read(struct zcring_device *zdev, struct zcring_snapshot *copy);
int zcring_snapshot_get_tuning(struct zcring_device *zdev, struct zcring_tuning *tuning);
int zcring_snapshot_get_telemetry(struct zcring_device *zdev, struct zcring_telemetry *telemetry);

/* region.c */
int zcring_region_describe(const struct zcring_config *config, struct zcring_region *region);
int zcring_region_mmap(struct file *file, struct vm_area_struct *vma);

/* cdev.c */
extern const struct file_operations zcring_cdev_fops;

/**
 * struct zcring_command - an ioctl of a node
 * @number: the number of the ioctl
 * @changes: whether it changes the device or what is on the air
 * @call: executes it; the second argument is that of the ioctl
 */
struct zcring_command {
	unsigned int number;
	bool changes;
	int (*call)(struct file *file, void __user *user);
};

/*
 * Executes the ioctl @number, if it is one of the @count in @commands. -ENODEV comes before every
 * error but -ENOTTY. -EPERM for a command that changes something and a file that was not opened
 * for writing.
 */
long zcring_cdev_call(struct zcring_device *zdev, const struct zcring_command *commands,
		      size_t count, struct file *file, unsigned int number, unsigned long argument);

/* Copies the description to user space; @role is that of the caller's node. */
int zcring_cdev_get_info(struct zcring_device *zdev, u32 role, void __user *to);

/* read.c */
ssize_t zcring_read(struct file *file, char __user *to, size_t bytes, loff_t *pos);

/* worker.c */
int zcring_worker_init(struct zcring_device *zdev);
void zcring_worker_exit(struct zcring_device *zdev);

/*
 * Before the DMA engine starts a stream: failures from now on are of that stream. Starting arms
 * the timer: it fires for the first time one interval after @mono_ns; for a board with an
 * interrupt of its own it fires once, at @mono_ns. With the lock held.
 */
void zcring_worker_prepare(struct zcring_device *zdev);
void zcring_worker_start(struct zcring_device *zdev, u64 mono_ns);
void zcring_worker_stop(struct zcring_device *zdev);

/*
 * Between them, the DMA engine gets no call of progress. Resuming a stream that runs makes one
 * call at once, or when the timer is due; the timer keeps its grid. With the lock held.
 */
void zcring_worker_suspend(struct zcring_device *zdev);
void zcring_worker_resume(struct zcring_device *zdev);

/* power.c; both take the lock. */
extern const struct dev_pm_ops zcring_power_ops;
void zcring_power_suspend(struct zcring_device *zdev);
void zcring_power_resume(struct zcring_device *zdev);

/* debugfs.c; unregistering waits for calls in progress. */
void zcring_debugfs_init(void);
void zcring_debugfs_exit(void);
void zcring_debugfs_register_plugs(void);
void zcring_debugfs_unregister_plugs(void);
void zcring_debugfs_register(struct zcring_device *zdev);
void zcring_debugfs_unregister(struct zcring_device *zdev);

/* trace.c; with the lock held, after anything that may have moved the head or ended the stream. */
void zcring_trace_changes(struct zcring_device *zdev);

/* sysfs.c */
extern const struct attribute_group *zcring_sysfs_groups[];

#endif /* ZCRING_ZCRING_H */
