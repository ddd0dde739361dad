/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sample formats, and struct zcring_pair, in which the engine computes. */
#ifndef ZCRING_ENGINE_SAMPLE_H
#define ZCRING_ENGINE_SAMPLE_H

#include "env.h"
#include "zcring/abi.h"

/* Full scale of a struct zcring_pair; values are clipped at 8 times full scale. */
#define ZCRING_UNITY (1 << 27)
#define ZCRING_CLIP  (1 << 30)

struct zcring_pair {
	s32 i;
	s32 q;
};

/* Bytes of one sample; 0 for an unknown format. */
u32 zcring_sample_bytes(u32 format);

/* Reads @n samples of @format. Not-a-number reads as 0. */
void zcring_samples_load(u32 format, const u8 *from, struct zcring_pair *to, u32 n);

/* Writes @n samples in @format, rounded to nearest; integers saturate. */
void zcring_samples_store(u32 format, const struct zcring_pair *from, u8 *to, u32 n);

#endif /* ZCRING_ENGINE_SAMPLE_H */
