// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chooses the loops over samples: those for AVX2 where the processor has it, else those without
 * vectors. Both give the same bits.
 *
 * A loop takes at most one chunk of samples, so that the registers of the FPU, and with them the
 * processor, are taken for some microseconds, and for some tens of them by the filter.
 */
#include <linux/module.h>

#include "engine/loops.h"

extern const struct zcring_loops zcring_loops_plain;

#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>

extern const struct zcring_loops zcring_loops_avx2;

static bool simd = true;
module_param(simd, bool, 0444);
MODULE_PARM_DESC(simd,
		 "compute samples with the vectors of AVX2, if the processor has it (default y)");

static bool zcring_fpu_convert(u32 from_format, const u8 *from, u32 to_format, u8 *to, u32 n,
			       const struct zcring_gain *gain)
{
	bool clipped;

	kernel_fpu_begin();
	clipped = zcring_loops_avx2.convert(from_format, from, to_format, to, n, gain);
	kernel_fpu_end();
	return clipped;
}

static void zcring_fpu_load(u32 format, const u8 *from, s32 *to, u32 n, const struct zcring_gain *gain)
{
	kernel_fpu_begin();
	zcring_loops_avx2.load(format, from, to, n, gain);
	kernel_fpu_end();
}

static bool zcring_fpu_store(u32 format, const s32 *from, u8 *to, u32 n)
{
	bool clipped;

	kernel_fpu_begin();
	clipped = zcring_loops_avx2.store(format, from, to, n);
	kernel_fpu_end();
	return clipped;
}

static void zcring_fpu_silence(struct zcring_window *window, u32 at, u32 n)
{
	kernel_fpu_begin();
	zcring_loops_avx2.silence(window, at, n);
	kernel_fpu_end();
}

static void zcring_fpu_mix(u32 format, const u8 *from, struct zcring_window *window, u32 at, u32 n,
			   const struct zcring_rotors *rotors, u32 first, struct zcring_rotor block)
{
	kernel_fpu_begin();
	zcring_loops_avx2.mix(format, from, window, at, n, rotors, first, block);
	kernel_fpu_end();
}

static void zcring_fpu_filter(const struct zcring_taps *taps, const struct zcring_window *window,
			      u32 at, u32 step, s32 *to_i, s32 *to_q, u32 n)
{
	kernel_fpu_begin();
	zcring_loops_avx2.filter(taps, window, at, step, to_i, to_q, n);
	kernel_fpu_end();
}

static void zcring_fpu_turn(s32 *i, s32 *q, u32 n, const struct zcring_rotors *rotors, u32 first,
			    struct zcring_rotor block)
{
	kernel_fpu_begin();
	zcring_loops_avx2.turn(i, q, n, rotors, first, block);
	kernel_fpu_end();
}

static void zcring_fpu_amplify(s32 *i, s32 *q, s32 *to, u32 n, const struct zcring_gain *gain)
{
	kernel_fpu_begin();
	zcring_loops_avx2.amplify(i, q, to, n, gain);
	kernel_fpu_end();
}

static void zcring_fpu_add_noise(s32 *values, u32 n, const s16 *const runs[6],
				 const struct zcring_gain *level)
{
	kernel_fpu_begin();
	zcring_loops_avx2.add_noise(values, n, runs, level);
	kernel_fpu_end();
}

static const struct zcring_loops zcring_loops_fpu = {
	.name = "avx2",
	.convert = zcring_fpu_convert,
	.load = zcring_fpu_load,
	.store = zcring_fpu_store,
	.silence = zcring_fpu_silence,
	.mix = zcring_fpu_mix,
	.filter = zcring_fpu_filter,
	.turn = zcring_fpu_turn,
	.amplify = zcring_fpu_amplify,
	.add_noise = zcring_fpu_add_noise,
};

static bool zcring_has_avx2(void)
{
	if (!boot_cpu_has(X86_FEATURE_AVX2))
		return false;
#ifndef CONFIG_UML
	if (!cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL))
		return false;
#endif
	return true;
}

const struct zcring_loops *zcring_loops_best(void)
{
	return simd && zcring_has_avx2() ? &zcring_loops_fpu : &zcring_loops_plain;
}
#else
const struct zcring_loops *zcring_loops_best(void)
{
	return &zcring_loops_plain;
}
#endif
