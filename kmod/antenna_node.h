/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The antenna's side of a device: /dev/zcring-antennaN, through which other processes than the
 * radio's consumer put scenes on the air, while the radio streams, too. Every device has one whose
 * DMA engine takes scenes (zcring_dma_ops.set_scene).
 *
 *   antenna_node.c   life of the node; files, ioctls, poll()
 *   feeder.c         the one file that may act
 *   scene.c          scenes, and write() of a recording
 *   live_feed.c      live feeds, and write() to one
 *
 * Life. The node's struct device is a child of the radio's, within the same struct zcring_device;
 * it holds a reference to the radio's until its own last reference is dropped. Every open file
 * holds the node's character device, and the character device holds the node.
 *
 * Locks, outer first: feed_lock, mm->mmap_lock, zcring_device.lock. As io_lock on the radio's side,
 * feed_lock is held while user memory is accessed, and only the feeder sleeps on it: a page fault
 * that never completes blocks only its caller. No task holds feed_lock and io_lock at once.
 */
#ifndef ZCRING_ANTENNA_NODE_H
#define ZCRING_ANTENNA_NODE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "mem.h"
#include "zcring/abi.h"

struct file;
struct zcring_device;
struct zcring_live_feed;

/**
 * struct zcring_content - the content of a scene; all fields are zero for a built-in scene
 * @samples: segments and samples of a recording
 * @live: a live feed
 */
struct zcring_content {
	struct zcring_area samples;
	struct zcring_live_feed *live;
};

/**
 * struct zcring_antenna_node - one /dev/zcring-antennaN
 * @dev: in class zcring, child of the radio's device; not initialised without an antenna
 * @cdev: the character device; every open file holds @cdev, and @cdev holds @dev
 * @feed_lock: held while the feeder's memory is copied: keeps @next_samples in place
 * @feeder: the file that is the feeder; NULL if there is none. Protected by zcring_device.lock
 * @scene: the scene on the air. Protected by zcring_device.lock
 * @default_scene: the built-in scene that replaces a recording when nobody uses the antenna any
 *                 more: as root has set it, or the tone. Protected by zcring_device.lock
 * @samples: segments and samples of @scene, where it has any. Protected by zcring_device.lock
 * @live: the live feed of @scene, if it is one; replaced with both locks held. Under RCU, its room
 *        can be asked for
 * @wait: wait queue of poll() and write() of the feeder
 * @next: a scene that is being written; replaced with both locks held
 * @next_samples: its segments and samples; has pages while the scene is being written. Replaced
 *                with both locks held
 * @next_bytes: their length. Protected by @feed_lock
 * @next_written: bytes written so far. Protected by @feed_lock
 */
struct zcring_antenna_node {
	struct device dev;
	struct cdev cdev;

	struct mutex feed_lock; /* see above */
	struct file *feeder;
	struct zcring_scene scene;
	struct zcring_scene default_scene;
	struct zcring_area samples;
	struct zcring_live_feed __rcu *live;
	wait_queue_head_t wait;
	struct zcring_scene next;
	struct zcring_area next_samples;
	u64 next_bytes;
	u64 next_written;
};

/* antenna_node.c */

/* For a device that is built, after which zcring_antenna_node_put() is called; without an antenna, 0. */
int zcring_antenna_node_init(struct zcring_device *zdev);
void zcring_antenna_node_put(struct zcring_device *zdev);

/* Within the registration of the radio's device; nothing is done without an antenna. */
int zcring_antenna_node_register(struct zcring_device *zdev);
void zcring_antenna_node_unregister(struct zcring_device *zdev);

/* feeder.c */

/*
 * Makes @file the feeder, or fails with -EBUSY if another file is. NULL stands for sysfs, which
 * becomes nothing but may act only while there is no feeder. With zcring_device.lock held.
 */
int zcring_feeder_claim(struct zcring_device *zdev, struct file *file);

/*
 * Makes @file the feeder and takes feed_lock. Claiming comes first, as feed_lock is held for as
 * long as a page fault in the feeder's memory lasts. -EBUSY if another file is the feeder, and for
 * sysfs whenever feed_lock is not free; -ENODEV once the hardware is gone; -ERESTARTSYS, after
 * which @file may be the feeder or not.
 */
int zcring_feeder_lock(struct zcring_device *zdev, struct file *file);

/* For a file that is closed. Takes both locks. */
void zcring_feeder_close(struct zcring_device *zdev, struct file *file);

/* scene.c */
void zcring_scene_init(struct zcring_device *zdev);
int zcring_scene_set(struct zcring_device *zdev, struct file *file, const struct zcring_scene *scene);
ssize_t zcring_scene_write(struct file *file, const char __user *from, size_t bytes, loff_t *pos);

/*
 * Takes a scene that was not written to its end from the node. With both locks held; the caller
 * frees @content without zcring_device.lock.
 */
void zcring_scene_abandon(struct zcring_device *zdev, struct zcring_content *content);

/*
 * Takes a recording or a feed off the air, which the default scene replaces, if there is neither a
 * feeder nor a consumer: their memory does not outlive them. With zcring_device.lock held, without
 * which the caller frees @content.
 */
void zcring_scene_give_back(struct zcring_device *zdev, struct zcring_content *content);

/* Frees what there is, and uncharges it. Without zcring_device.lock. */
void zcring_scene_free(struct zcring_content *content);

/* For a device that goes: frees all scenes. */
void zcring_scene_free_all(struct zcring_device *zdev);

/* live_feed.c */

/* A feed for the checked @scene, charged, or an ERR_PTR(). Freeing NULL does nothing. */
struct zcring_live_feed *zcring_live_alloc(struct zcring_device *zdev,
					   const struct zcring_scene *scene);
void zcring_live_free(struct zcring_live_feed *live);

/* The content of the scene for zcring_dma_ops.set_scene. */
const void *zcring_live_ring(const struct zcring_live_feed *live);

/* Whether the feeder need not wait: there is room, nothing to wait for, or no device. Takes no lock. */
bool zcring_live_may_wake(struct zcring_device *zdev);

/* Wakes the feeder if it need not wait any more. With zcring_device.lock held. */
void zcring_live_wake(struct zcring_device *zdev);

/* For the file of the feeder; they take feed_lock. -ENODATA, or -ENOSPC of write(), without a feed. */
ssize_t zcring_live_write(struct file *file, const char __user *from, size_t bytes);
int zcring_live_until(struct file *file, const struct zcring_feed_until *until);
int zcring_live_end(struct file *file);

/* The feeder goes, and its feed is silent from now on. With feed_lock held. */
void zcring_live_close(struct zcring_device *zdev);

#endif /* ZCRING_ANTENNA_NODE_H */
