/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a valid configuration, and the one to begin with. */
#ifndef ZCRING_ENGINE_CONFIG_H
#define ZCRING_ENGINE_CONFIG_H

#include "env.h"
#include "zcring/abi.h"

/* Settings of a device that nobody has configured yet. */
void zcring_config_default(struct zcring_config *config);

/* 0 or -EINVAL. @page_bytes is the machine's. */
int zcring_config_check(const struct zcring_config *config, u64 page_bytes);

/* A rational rate from 1 sample in 1000 s to ZCRING_RATE_HZ_MAX. */
bool zcring_rate_is_valid(u64 num, u64 den);

/* Reserved fields have to be. */
static inline bool zcring_all_zero(const u64 *words, u32 count)
{
	while (count--)
		if (*words++)
			return false;
	return true;
}

#endif /* ZCRING_ENGINE_CONFIG_H */
