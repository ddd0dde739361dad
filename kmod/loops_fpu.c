// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loops over samples, compiled for AVX2. They are called between kernel_fpu_begin() and
 * kernel_fpu_end() only (loops_best.c).
 */
#define ZCRING_LOOPS	      zcring_loops_avx2
#define ZCRING_LOOPS_NAME     "avx2"
#define ZCRING_LOOPS_WITH_FPU 1

#include "engine/loops.c"
