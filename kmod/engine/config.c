// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration of a device (config.h). Every field is checked before a configuration is used;
 * driver, emulator and engine rely on that.
 */
#include "config.h"
#include "control.h"
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

void zcring_ranges_default(struct zcring_ranges *ranges)
{
	const struct zcring_ranges all = {
		.rate_min_num = 1,
		.rate_min_den = 1000,
		.rate_max_num = ZCRING_RATE_HZ_MAX,
		.rate_max_den = 1,
		.channels_max = ZCRING_CHANNELS_MAX,
		.formats = 1U << ZCRING_FORMAT_SC8 | 1U << ZCRING_FORMAT_SC16 |
			   1U << ZCRING_FORMAT_FC32,
		.commands_max = ZCRING_COMMANDS_MAX,
		.freq_min_uhz = -ZCRING_FREQ_UHZ_MAX,
		.freq_max_uhz = ZCRING_FREQ_UHZ_MAX,
		.bandwidth_max_uhz = ZCRING_FREQ_UHZ_MAX,
		.gain_min_mb = ZCRING_GAIN_MB_MIN,
		.gain_max_mb = ZCRING_GAIN_MB_MAX,
		.gain_step_mb = 1,
		.noise_min_mb = ZCRING_NOISE_MB_MIN,
		.noise_max_mb = ZCRING_NOISE_MB_MAX,
		.ring_bytes_max = ZCRING_RING_BYTES_MAX,
		.interval_min_ns = ZCRING_INTERVAL_NS_MIN,
		.interval_max_ns = ZCRING_INTERVAL_NS_MAX,
	};

	*ranges = all;
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
