// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of sysfs attributes as text: enumerations by name, frequencies and rates in hertz,
 * the level of the noise in millibels.
 *
 * Hertz have up to six decimals, so that every number of microhertz is printed and parsed exactly.
 * A text that is not wholly a value is refused.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "sysfs_text.h"
#include "zcring/abi.h"

ssize_t zcring_sysfs_show_name(char *to, const struct zcring_names *names, u32 value)
{
	u32 index = value - names->first;

	return sysfs_emit(to, "%s\n", index < names->count ? names->name[index] : "unknown");
}

int zcring_sysfs_parse_name(const char *from, const struct zcring_names *names, u32 *value)
{
	u32 i;

	for (i = 0; i < names->count; i++) {
		if (!sysfs_streq(from, names->name[i]))
			continue;
		*value = names->first + i;
		return 0;
	}
	return -EINVAL;
}

ssize_t zcring_sysfs_show_hz(char *to, s64 uhz)
{
	u64 size = abs(uhz);
	u64 fraction = size % ZCRING_UHZ_PER_HZ;
	const char *sign = uhz < 0 ? "-" : "";

	if (!fraction)
		return sysfs_emit(to, "%s%llu\n", sign, size / ZCRING_UHZ_PER_HZ);
	return sysfs_emit(to, "%s%llu.%06llu\n", sign, size / ZCRING_UHZ_PER_HZ, fraction);
}

int zcring_sysfs_parse_hz(const char *from, s64 *uhz)
{
	bool negative = *from == '-';
	u64 size = 0;
	int decimals = -1;

	from += negative;
	if (!isdigit(*from))
		return -EINVAL;
	for (; isdigit(*from) || (*from == '.' && decimals < 0); from++) {
		if (decimals >= 0 && ++decimals > 6)
			return -EINVAL;
		if (*from == '.') {
			decimals = 0;
			continue;
		}
		size = size * 10 + (*from - '0');
		if (size > ZCRING_FREQ_UHZ_MAX)
			return -ERANGE;
	}
	if (*from && !sysfs_streq(from, ""))
		return -EINVAL;
	for (decimals = max(decimals, 0); decimals < 6; decimals++) {
		size *= 10;
		if (size > ZCRING_FREQ_UHZ_MAX)
			return -ERANGE;
	}
	*uhz = negative ? -(s64)size : (s64)size;
	return 0;
}

ssize_t zcring_sysfs_show_noise(char *to, s32 noise_mb)
{
	if (noise_mb == ZCRING_NOISE_NONE)
		return sysfs_emit(to, "none\n");
	return sysfs_emit(to, "%d\n", noise_mb);
}

int zcring_sysfs_parse_noise(const char *from, s32 *noise_mb)
{
	int err;

	if (sysfs_streq(from, "none")) {
		*noise_mb = ZCRING_NOISE_NONE;
		return 0;
	}
	err = kstrtos32(from, 0, noise_mb);
	if (err)
		return err;
	return *noise_mb == ZCRING_NOISE_NONE ? -EINVAL : 0; /* has a name */
}
