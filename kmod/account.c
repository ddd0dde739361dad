// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The account of the module: the bytes of all rings and scenes of all devices, of rings that are
 * being replaced, and of rings that only observers keep. Memory is charged before it is allocated
 * and uncharged after it was freed, so that all devices together never hold more than the limit,
 * but for a ring of the default geometry while it replaces a larger one.
 *
 * Not counted: tables of pages and of bus addresses, below a hundredth of it, and pages of a ring
 * that is gone which others have pinned (a pipe, a write in progress). Both are charged to memory
 * cgroups.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "zcring.h"

static atomic64_t zcring_account = ATOMIC64_INIT(0);

u64 zcring_account_bytes(void)
{
	return atomic64_read(&zcring_account);
}

static bool zcring_account_try(u64 bytes)
{
	u64 most = zcring_memory_limit();
	s64 held = atomic64_read(&zcring_account);

	do {
		if (bytes > most || held > most - bytes)
			return false;
	} while (!atomic64_try_cmpxchg(&zcring_account, &held, held + bytes));
	return true;
}

int zcring_account_charge(u64 bytes)
{
	if (zcring_account_try(bytes))
		return 0;
	if (bytes <= zcring_memory_limit())
		zcring_orphans_make_room(bytes);
	return zcring_account_try(bytes) ? 0 : -ENOMEM;
}

void zcring_account_charge_always(u64 bytes)
{
	atomic64_add(bytes, &zcring_account);
}

void zcring_account_uncharge(u64 bytes)
{
	atomic64_sub(bytes, &zcring_account);
}

static int zcring_account_get_parameter(char *to, const struct kernel_param *parameter)
{
	return sysfs_emit(to, "%llu\n", zcring_account_bytes());
}

static const struct kernel_param_ops zcring_account_parameter = {
	.get = zcring_account_get_parameter,
};
module_param_cb(memory_bytes, &zcring_account_parameter, NULL, 0444);
MODULE_PARM_DESC(memory_bytes,
		 "bytes of all rings and scenes now, limited by memory_bytes_max; read-only");
