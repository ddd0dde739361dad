/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loops over samples: conversion, gain, rotation, filter, noise.
 *
 * loops.c is plain C, compiled once for each instruction set. The kernel has those without floating
 * point, and on x86 those for AVX2. All of them give the same bits.
 *
 * A "value" is I or Q of a sample in fixed point: full scale is ZCRING_UNITY, and values are
 * clipped at ZCRING_CLIP, 8 times full scale. n samples are 2 n values, I and Q in turn.
 */
#ifndef ZCRING_ENGINE_LOOPS_H
#define ZCRING_ENGINE_LOOPS_H

#include "env.h"
#include "zcring/abi.h"

#define ZCRING_UNITY (1 << 27)
#define ZCRING_CLIP  (1 << 30)

/* Entries of a table of rotors; the tables of one tuning are used in turn. */
#define ZCRING_ROTORS 256U

/**
 * struct zcring_gain - a factor
 * @mantissa: 2^14 to 2^15 - 1
 * @exponent: the factor is @mantissa * 2^(@exponent - 15)
 */
struct zcring_gain {
	s32 mantissa;
	s32 exponent;
};

#define ZCRING_GAIN_IS_UNITY(gain) ((gain)->mantissa == 1 << 14 && (gain)->exponent == 1)

/**
 * struct zcring_rotors - rotation by a constant step: entry k of the table, then the block's rotor
 * @i: cosines in 2^-15
 * @q: sines in 2^-15
 */
struct zcring_rotors {
	s32 i[ZCRING_ROTORS];
	s32 q[ZCRING_ROTORS];
};

/* One rotor, in 2^-15. */
struct zcring_rotor {
	s32 i;
	s32 q;
};

/**
 * struct zcring_taps - a symmetric low-pass with one tap in the middle
 * @count: number of taps, odd
 * @padded: @count rounded up to a multiple of 16; the taps after @count are 0
 * @high: the taps in 2^-15
 * @low: what is left of them, in 2^-19, -8 to 7; only if @has_low
 */
#define ZCRING_TAPS_MAX 2448U
struct zcring_taps {
	u32 count;
	u32 padded;
	bool has_low;
	s16 high[ZCRING_TAPS_MAX];
	s16 low[ZCRING_TAPS_MAX];
};

/**
 * struct zcring_window - inputs of the filter, in 2^-14 of full scale, as the loops store them
 * @i: I, where the loops are vectorised
 * @q: Q, likewise
 * @packed: both in one word, Q * 2^32 + I, where they are not: one product filters both
 */
#define ZCRING_WINDOW 8192U
struct zcring_window {
	union {
		struct {
			s16 i[ZCRING_WINDOW + 16];
			s16 q[ZCRING_WINDOW + 16];
		};
		s64 packed[ZCRING_WINDOW];
	};
};

/**
 * struct zcring_loops - the loops for one instruction set
 * @name: of the instruction set
 * @convert: copies @n samples from one format to another with a gain; clips at full scale. True if
 *           a value lies outside of the format before it is rounded
 * @load: samples to values, with a gain
 * @store: values to samples, rounded to nearest. Returns as @convert does
 * @silence: puts @n zero samples into a window
 * @mix: rotates @n samples, and puts them into a window
 * @filter: @n outputs of @taps, each @step inputs further, as values, I and Q apart
 * @turn: rotates values
 * @amplify: applies a gain to values in place, and puts I and Q in turn
 * @add_noise: adds to @n values sums of four runs out of a table, with the signs of two further
 *             runs, times @level, whose exponent is at most 15
 */
struct zcring_loops {
	const char *name;
	bool (*convert)(u32 from_format, const u8 *from, u32 to_format, u8 *to, u32 n,
			const struct zcring_gain *gain);
	void (*load)(u32 format, const u8 *from, s32 *to, u32 n, const struct zcring_gain *gain);
	bool (*store)(u32 format, const s32 *from, u8 *to, u32 n);
	void (*silence)(struct zcring_window *window, u32 at, u32 n);
	void (*mix)(u32 format, const u8 *from, struct zcring_window *window, u32 at, u32 n,
		    const struct zcring_rotors *rotors, u32 first, struct zcring_rotor block);
	void (*filter)(const struct zcring_taps *taps, const struct zcring_window *window, u32 at,
		       u32 step, s32 *to_i, s32 *to_q, u32 n);
	void (*turn)(s32 *i, s32 *q, u32 n, const struct zcring_rotors *rotors, u32 first,
		     struct zcring_rotor block);
	void (*amplify)(s32 *i, s32 *q, s32 *to, u32 n, const struct zcring_gain *gain);
	void (*add_noise)(s32 *values, u32 n, const s16 *const runs[6],
			  const struct zcring_gain *level);
};

/* The fastest loops that this machine can run. */
const struct zcring_loops *zcring_loops_best(void);

#endif /* ZCRING_ENGINE_LOOPS_H */
