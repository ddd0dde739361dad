/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A part of loops.c: the window and the filter where they are not: one product filters I and Q.
 *
 * With inputs of at most 2^14.5 and taps whose sizes add up to less than 67000, no sum of a filter
 * overflows 32 bits.
 */
#ifndef ZCRING_ENGINE_LOOPS_PACKED_H
#define ZCRING_ENGINE_LOOPS_PACKED_H

static void loops_silence(struct zcring_window *window, u32 at, u32 n)
{
	memset(window->packed + at, 0, n * sizeof(*window->packed));
}

LOOPS_INLINE void loops_mix_as(u32 format, const u8 *from, struct zcring_window *window, u32 at,
			       u32 n, const s32 *table_i, const s32 *table_q,
			       struct zcring_rotor block)
{
	s16 i, q;
	u32 k;

	for (k = 0; k < n; k++) {
		loops_mix_one(format, from, k, table_i[k], table_q[k], block, &i, &q);
		window->packed[at + k] = q * (1LL << 32) + i;
	}
}

/* The two sums of a packed one. */
LOOPS_INLINE void loops_unpack(s64 packed, s32 *i, s32 *q)
{
	*i = (s32)packed;
	*q = (s32)((packed - *i) >> 32);
}

/* Two samples that have the same tap are added before the product. */
LOOPS_INLINE void loops_filter_one(const struct zcring_taps *taps, bool has_low, const s64 *in,
				   s32 *to_i, s32 *to_q)
{
	u32 reach = taps->count / 2;
	s64 high = in[reach] * taps->high[reach];
	s64 low = has_low ? in[reach] * taps->low[reach] : 0;
	s32 high_i, high_q, low_i, low_q;
	u32 k;

	for (k = 0; k < reach; k++) {
		s64 both = in[k] + in[2 * reach - k];

		high += both * taps->high[k];
		if (has_low)
			low += both * taps->low[k];
	}
	loops_unpack(high, &high_i, &high_q);
	loops_unpack(low, &low_i, &low_q);
	*to_i = (s32)(((s64)high_i * 16 + low_i + (1 << 5)) >> 6);
	*to_q = (s32)(((s64)high_q * 16 + low_q + (1 << 5)) >> 6);
}

/* The same without lower parts, for two outputs: each tap is loaded once. */
LOOPS_INLINE void loops_filter_two(const struct zcring_taps *taps, const s64 *in, u32 step,
				   s32 *to_i, s32 *to_q)
{
	u32 reach = taps->count / 2;
	const s64 *up = in, *down = in + 2 * reach;
	s64 first = in[reach] * taps->high[reach];
	s64 second = in[step + reach] * taps->high[reach];
	s32 i, q;
	u32 k;

	for (k = 0; k < reach; k++, up++, down--) {
		s64 tap = taps->high[k];

		first += (*up + *down) * tap;
		second += (up[step] + down[step]) * tap;
	}
	loops_unpack(first, &i, &q);
	to_i[0] = (s32)(((s64)i * 16 + (1 << 5)) >> 6);
	to_q[0] = (s32)(((s64)q * 16 + (1 << 5)) >> 6);
	loops_unpack(second, &i, &q);
	to_i[1] = (s32)(((s64)i * 16 + (1 << 5)) >> 6);
	to_q[1] = (s32)(((s64)q * 16 + (1 << 5)) >> 6);
}

static void loops_filter(const struct zcring_taps *taps, const struct zcring_window *window, u32 at,
			 u32 step, s32 *to_i, s32 *to_q, u32 n)
{
	const s64 *in = window->packed + at;

	if (taps->has_low)
		for (; n; n--, in += step)
			loops_filter_one(taps, true, in, to_i++, to_q++);
	for (; n >= 2; n -= 2, in += 2 * step, to_i += 2, to_q += 2)
		loops_filter_two(taps, in, step, to_i, to_q);
	if (n)
		loops_filter_one(taps, false, in, to_i, to_q);
}

#endif /* ZCRING_ENGINE_LOOPS_PACKED_H */
