// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * References to rings, and the quota of rings that only observers keep (orphans.h).
 *
 * Only files that are not the consumer map an orphan: a consumer cannot replace the ring that its
 * own file maps. The pages of such a mapping are inserted by page faults. To revoke an orphan is
 * to refuse further faults, to remove its pages from all page tables, and to free its memory,
 * although mappings still hold the struct; an access then gives SIGBUS. Each ring has file offsets
 * of its own in the device's address_space, so that no other ring's mappings are touched.
 *
 * Locks, inside all others of a device but never together with its lock: zcring_orphans_lock, for
 * the list of orphans alone; zcring_shared_ring.revoke_lock, which is taken inside mmap_lock by a
 * fault.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "orphans.h"
#include "zcring.h"

/**
 * struct zcring_shared_ring - a ring and those who hold it
 * @ring: the memory; constant until the ring is revoked or freed
 * @refs: the device while this is its ring, each mapping, and whoever revokes it
 * @bytes: charged to the module's account; 0 once revoked
 * @inode: in its address_space are the mappings
 * @offset: offset of the first slot, in pages; constant
 * @user: the last one that mapped the ring as an observer; protected by the device's lock while the
 *        device holds the ring, afterwards constant
 * @revoke_lock: held shared while a fault inserts pages; protects @is_revoked
 * @is_revoked: no page is inserted any more
 * @orphan: in zcring_orphans; empty while the device holds the ring
 */
struct zcring_shared_ring {
	struct zcring_ring ring;
	struct kref refs;
	u64 bytes;
	struct inode *inode;
	pgoff_t offset;
	kuid_t user;
	struct rw_semaphore revoke_lock; /* see above */
	bool is_revoked;
	struct list_head orphan;
};

static DEFINE_MUTEX(zcring_orphans_room_lock); /* one at a time makes room; outside the next one */
static DEFINE_MUTEX(zcring_orphans_lock); /* protects the list and its entries' membership */
static LIST_HEAD(zcring_orphans); /* the oldest first */
static atomic64_t zcring_orphans_offsets = ATOMIC64_INIT(0); /* offsets given to rings so far */

static struct zcring_shared_ring *zcring_orphans_shared(const struct zcring_ring *ring)
{
	return container_of(ring, struct zcring_shared_ring, ring);
}

struct zcring_ring *zcring_ring_create(const struct zcring_config *config,
				       const struct zcring_memory *memory, struct inode *inode)
{
	struct zcring_shared_ring *shared = kzalloc(sizeof(*shared), GFP_KERNEL_ACCOUNT);
	int err;

	if (!shared)
		return ERR_PTR(-ENOMEM);
	err = zcring_ring_alloc(&shared->ring, config, memory);
	if (err) {
		kfree(shared);
		return ERR_PTR(err);
	}
	kref_init(&shared->refs);
	init_rwsem(&shared->revoke_lock);
	INIT_LIST_HEAD(&shared->orphan);
	shared->bytes = zcring_config_bytes(config);
	ihold(inode);
	shared->inode = inode;
	shared->offset = (pgoff_t)atomic64_inc_return(&zcring_orphans_offsets)
			 << (ZCRING_RING_OFFSETS_SHIFT - PAGE_SHIFT);
	shared->user = GLOBAL_ROOT_UID;
	return &shared->ring;
}

static void zcring_orphans_free_pages(struct zcring_shared_ring *shared)
{
	zcring_ring_free(&shared->ring);
	zcring_account_uncharge(shared->bytes);
	shared->bytes = 0;
}

static void zcring_orphans_release_ring(struct kref *refs)
{
	struct zcring_shared_ring *shared = container_of(refs, struct zcring_shared_ring, refs);

	mutex_lock(&zcring_orphans_lock);
	list_del(&shared->orphan);
	mutex_unlock(&zcring_orphans_lock);
	zcring_orphans_free_pages(shared);
	iput(shared->inode);
	kfree(shared);
}

void zcring_ring_get(struct zcring_ring *ring)
{
	kref_get(&zcring_orphans_shared(ring)->refs);
}

void zcring_ring_put(struct zcring_ring *ring)
{
	kref_put(&zcring_orphans_shared(ring)->refs, zcring_orphans_release_ring);
}

pgoff_t zcring_ring_offset(const struct zcring_ring *ring)
{
	return zcring_orphans_shared(ring)->offset;
}

void zcring_ring_observe(struct zcring_ring *ring)
{
	zcring_orphans_shared(ring)->user = current_uid();
}

bool zcring_ring_lock_pages(struct zcring_ring *ring)
{
	struct zcring_shared_ring *shared = zcring_orphans_shared(ring);

	down_read(&shared->revoke_lock);
	if (!shared->is_revoked)
		return true;
	up_read(&shared->revoke_lock);
	return false;
}

void zcring_ring_unlock_pages(struct zcring_ring *ring)
{
	up_read(&zcring_orphans_shared(ring)->revoke_lock);
}

/*
 * With a reference, for a ring that was taken off the list. A fault that has seen the ring
 * unrevoked has inserted its pages before the lock is taken for writing, and they are removed
 * below.
 */
static void zcring_orphans_revoke(struct zcring_shared_ring *shared)
{
	down_write(&shared->revoke_lock);
	shared->is_revoked = true;
	up_write(&shared->revoke_lock);
	unmap_mapping_pages(shared->inode->i_mapping, shared->offset,
			    1UL << (ZCRING_RING_OFFSETS_SHIFT - PAGE_SHIFT), true);
	zcring_orphans_free_pages(shared);
}

/* Bytes of orphans that one user, and that all users together, may keep. */
static u64 zcring_orphans_user_max(void)
{
	return max_t(u64, SZ_16M, zcring_memory_limit() / 64);
}

static u64 zcring_orphans_max(void)
{
	return zcring_memory_limit() / 4;
}

/* Revokes the oldest orphans beyond @most bytes, and those of @user beyond @user_most. */
static void zcring_orphans_trim(u64 most, kuid_t user, u64 user_most)
{
	struct zcring_shared_ring *shared, *next;
	u64 user_bytes = 0;
	u64 bytes = 0;
	LIST_HEAD(victims);

	mutex_lock(&zcring_orphans_lock);
	list_for_each_entry_safe_reverse(shared, next, &zcring_orphans, orphan) {
		bool is_users = uid_eq(shared->user, user);
		u64 user_more = is_users ? shared->bytes : 0;

		if (bytes + shared->bytes <= most && user_bytes + user_more <= user_most) {
			bytes += shared->bytes;
			user_bytes += user_more;
		} else if (kref_get_unless_zero(&shared->refs)) {
			list_move(&shared->orphan, &victims);
		}
	}
	mutex_unlock(&zcring_orphans_lock);
	while (!list_empty(&victims)) {
		shared = list_first_entry(&victims, struct zcring_shared_ring, orphan);
		list_del_init(&shared->orphan); /* nobody else can find it, or release it */
		zcring_orphans_revoke(shared);
		zcring_ring_put(&shared->ring);
	}
}

void zcring_ring_abandon(struct zcring_ring *ring)
{
	struct zcring_shared_ring *shared = zcring_orphans_shared(ring);

	if (kref_read(&shared->refs) > 1) { /* no new mapping shows the ring any more */
		mutex_lock(&zcring_orphans_lock);
		list_add_tail(&shared->orphan, &zcring_orphans);
		mutex_unlock(&zcring_orphans_lock);
		zcring_orphans_trim(zcring_orphans_max(), shared->user, zcring_orphans_user_max());
	}
	zcring_ring_put(ring);
}

static u64 zcring_orphans_bytes(void)
{
	const struct zcring_shared_ring *shared;
	u64 bytes = 0;

	mutex_lock(&zcring_orphans_lock);
	list_for_each_entry(shared, &zcring_orphans, orphan)
		bytes += shared->bytes;
	mutex_unlock(&zcring_orphans_lock);
	return bytes;
}

void zcring_orphans_make_room(u64 bytes)
{
	u64 most = zcring_memory_limit();
	u64 kept, held;

	mutex_lock(&zcring_orphans_room_lock);
	held = zcring_account_bytes() + bytes;
	kept = zcring_orphans_bytes();
	if (held > most && held - most <= kept)
		zcring_orphans_trim(kept - (held - most), GLOBAL_ROOT_UID, U64_MAX);
	mutex_unlock(&zcring_orphans_room_lock);
}
