/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rotors: unit vectors of a given phase, as a numerically controlled oscillator makes them. */
#ifndef ZCRING_ENGINE_ROTOR_H
#define ZCRING_ENGINE_ROTOR_H

#include "loops.h"

/* e^(j 2 pi phase / 2^64) in 2^-30. */
struct zcring_rotor zcring_unit_vector(u64 phase);

/* The same in 2^-15, rounded. */
struct zcring_rotor zcring_rotor_at(u64 phase);

/* Entry k: rotation by k * @step, in 2^-64 of a turn. */
void zcring_rotors_fill(struct zcring_rotors *rotors, u64 step);

#endif /* ZCRING_ENGINE_ROTOR_H */
