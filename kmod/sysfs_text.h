/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of sysfs attributes as text: names of enumerations, hertz, and the level of noise. */
#ifndef ZCRING_SYSFS_TEXT_H
#define ZCRING_SYSFS_TEXT_H

#include <linux/kernel.h>
#include <linux/types.h>

#define ZCRING_UHZ_PER_HZ 1000000ULL

/**
 * struct zcring_names - the names of consecutive numbers
 * @first: the first number
 * @count: how many there are
 * @name: the name of each
 */
struct zcring_names {
	u32 first;
	u32 count;
	const char *const *name;
};

#define ZCRING_NAMES(_variable, _first, ...)                                                 \
	static const char *const _variable##_name[] = { __VA_ARGS__ };                       \
	static const struct zcring_names _variable = { _first, ARRAY_SIZE(_variable##_name), \
						       _variable##_name }

/* Writes the name of @value and a newline to @to, a page; "unknown" for a number without a name. */
ssize_t zcring_sysfs_show_name(char *to, const struct zcring_names *names, u32 value);

/* 0, or -EINVAL for a text that is none of @names. */
int zcring_sysfs_parse_name(const char *from, const struct zcring_names *names, u32 *value);

/* Writes @uhz in hertz and a newline to @to, a page. */
ssize_t zcring_sysfs_show_hz(char *to, s64 uhz);

/* 0, -EINVAL for a text that is no number, -ERANGE beyond +-ZCRING_FREQ_UHZ_MAX. */
int zcring_sysfs_parse_hz(const char *from, s64 *uhz);

/* Writes @noise_mb, or "none" for ZCRING_NOISE_NONE, and a newline to @to, a page. */
ssize_t zcring_sysfs_show_noise(char *to, s32 noise_mb);

/* 0, -EINVAL for a text that is neither a number nor "none", -ERANGE beyond 32 bits. */
int zcring_sysfs_parse_noise(const char *from, s32 *noise_mb);

#endif /* ZCRING_SYSFS_TEXT_H */
