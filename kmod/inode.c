// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The inode of a device, in a file system that cannot be mounted. All files of the device share its
 * address_space, whichever node they were opened by, so that the mappings of a ring are found and
 * removed from page tables (orphans.c).
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "zcring.h"

#define ZCRING_INODE_MAGIC 0x7a637269 /* "zcri" */

static struct vfsmount *zcring_inode_mount; /* constant while the module is loaded */

static int zcring_inode_init_context(struct fs_context *context)
{
	return init_pseudo(context, ZCRING_INODE_MAGIC) ? 0 : -ENOMEM;
}

/* Without an owner: the module's own mount must not keep the module. */
static struct file_system_type zcring_inode_fs = {
	.name = "zcring",
	.init_fs_context = zcring_inode_init_context,
	.kill_sb = kill_anon_super,
};

int zcring_inode_init(void)
{
	struct vfsmount *mount = kern_mount(&zcring_inode_fs);

	if (IS_ERR(mount))
		return PTR_ERR(mount);
	zcring_inode_mount = mount;
	return 0;
}

void zcring_inode_exit(void)
{
	kern_unmount(zcring_inode_mount);
}

struct inode *zcring_inode_alloc(void)
{
	return alloc_anon_inode(zcring_inode_mount->mnt_sb);
}
