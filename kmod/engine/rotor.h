/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rotation of samples, as by a numerically controlled oscillator. */
#ifndef ZCRING_ENGINE_ROTOR_H
#define ZCRING_ENGINE_ROTOR_H

#include "sample.h"

/* Rotates sample k by @phase + k * @step, in 2^-64 of a turn. */
void zcring_rotate(struct zcring_pair *samples, u32 n, u64 phase, u64 step);

#endif /* ZCRING_ENGINE_ROTOR_H */
