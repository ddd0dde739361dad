/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ZCRING_LOOPS_BEST_H
#define ZCRING_LOOPS_BEST_H

#include "loops.h"

/*
 * The loops for one instruction set, for tests: 0 is the compiler's own, 1 the kernel's, which have no
 * floating point, 2 AVX2, 3 AVX-512. The compiler's own where the processor lacks the instructions;
 * NULL for a number without loops.
 */
const struct zcring_loops* zcring_loops_of(unsigned which);

#endif /* ZCRING_LOOPS_BEST_H */
