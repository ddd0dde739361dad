// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration of a device (config.h). Every field is checked before a configuration is used;
 * driver, emulator and engine rely on that.
 */
#include "config.h"
#include "sample.h"

bool zcring_rate_is_valid(u64 num, u64 den)
{
	return den && den <= ZCRING_RATE_DEN_MAX && num && (__uint128_t)num * 1000 >= den &&
	       num <= (__uint128_t)den * ZCRING_RATE_HZ_MAX;
}

void zcring_config_default(struct zcring_config *config)
{
	memset(config, 0, sizeof(*config));
	config->format = ZCRING_FORMAT_SC16;
	config->channels = 1;
	config->ring_bytes = 8ULL << 20;
	config->interval_ns = 50000000;
	config->rate_num = 1000000;
	config->rate_den = 1;
	config->dma = ZCRING_DMA_COPY;
}

int zcring_config_check(const struct zcring_config *config, u64 page_bytes)
{
	if (!zcring_sample_bytes(config->format))
		return -EINVAL;
	if (config->channels < 1 || config->channels > ZCRING_CHANNELS_MAX)
		return -EINVAL;
	if (config->ring_bytes < ZCRING_RING_BYTES_MIN || config->ring_bytes < page_bytes ||
	    config->ring_bytes > ZCRING_RING_BYTES_MAX ||
	    config->ring_bytes & (config->ring_bytes - 1))
		return -EINVAL;
	if (config->interval_ns < ZCRING_INTERVAL_NS_MIN ||
	    config->interval_ns > ZCRING_INTERVAL_NS_MAX)
		return -EINVAL;
	if (!zcring_rate_is_valid(config->rate_num, config->rate_den))
		return -EINVAL;
	if (config->dma > ZCRING_DMA_RESIDENT || config->flags)
		return -EINVAL;
	return zcring_all_zero(config->reserved, 4) ? 0 : -EINVAL;
}
