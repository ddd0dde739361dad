/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rings as objects with references. A device holds its present ring, and every mapping of
 * descriptors or samples holds the ring that it shows. A ring that its device has replaced, and
 * that only mappings keep, is an orphan.
 */
#ifndef ZCRING_ORPHANS_H
#define ZCRING_ORPHANS_H

#include "mem.h"

struct inode;

/* File offsets of each ring: 32 slots (region.c) of 4 GiB. */
#define ZCRING_RING_OFFSETS_SHIFT 37

/*
 * A ring with one reference, the caller's, or an ERR_PTR(); zcring_config_bytes() were charged to
 * the module's account and stay charged after an error. The address_space of @inode has its
 * mappings.
 */
struct zcring_ring *zcring_ring_create(const struct zcring_config *config,
				       const struct zcring_memory *memory, struct inode *inode);

void zcring_ring_get(struct zcring_ring *ring);

/* The last reference frees the ring and uncharges it. May sleep for long: without a device's lock. */
void zcring_ring_put(struct zcring_ring *ring);

/* The offset, in pages, of the first slot of the ring in the address_space of its inode. */
pgoff_t zcring_ring_offset(const struct zcring_ring *ring);

/* The user of the caller maps the ring without being the consumer. With the device's lock held. */
void zcring_ring_observe(struct zcring_ring *ring);

/*
 * Puts the reference of the device, which has replaced the ring. A ring that others hold becomes
 * an orphan of the user that mapped it last; the oldest orphans beyond the quota are revoked.
 * Without a device's lock.
 */
void zcring_ring_abandon(struct zcring_ring *ring);

/*
 * For a page fault: keeps the pages of the ring until zcring_ring_unlock_pages(). False, and
 * nothing to unlock, if the ring was revoked: it has no pages any more.
 */
bool zcring_ring_lock_pages(struct zcring_ring *ring);
void zcring_ring_unlock_pages(struct zcring_ring *ring);

/*
 * For an allocation of @bytes that the limit refuses: revokes as many orphans, the oldest first, as
 * make room for it; none if all of them would not. Waits for others who do the same.
 */
void zcring_orphans_make_room(u64 bytes);

#endif /* ZCRING_ORPHANS_H */
