/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of a device: its default, and which values are valid. */
#ifndef ZCRING_ENGINE_CONFIG_H
#define ZCRING_ENGINE_CONFIG_H

#include "env.h"
#include "zcring/abi.h"

/* The configuration of a new device. */
void zcring_config_default(struct zcring_config *config);

/* The ranges of the ABI: those of a device without limits of its own. */
void zcring_ranges_default(struct zcring_ranges *ranges);

/* 0 or -EINVAL. @page_bytes: size of the machine's pages. */
int zcring_config_check(const struct zcring_config *config, u64 page_bytes);

/* Whether num / den is a rate from 1 sample in 1000 s to ZCRING_RATE_HZ_MAX. */
bool zcring_rate_is_valid(u64 num, u64 den);

/* Whether @count words are zero, as reserved fields must be. */
static inline bool zcring_all_zero(const u64 *words, u32 count)
{
	while (count--)
		if (*words++)
			return false;
	return true;
}

#endif /* ZCRING_ENGINE_CONFIG_H */
