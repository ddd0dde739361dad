/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The channel filter: a low-pass for each decimation and each width of the band. */
#ifndef ZCRING_ENGINE_FILTER_H
#define ZCRING_ENGINE_FILTER_H

#include "loops.h"

#define ZCRING_DECIMATION_MAX 64U

/* Taps on each side of the middle one, for each input sample of an output sample. */
#define ZCRING_FILTER_REACH 19U

/*
 * A low-pass that passes @width of the input's band, in 2^-63 of the input rate: 2^63 / 20 /
 * @decimation to 2^63. With @width the rate after @decimation, it is flat to 0.004 dB up to 0.4 of
 * that rate, within 0.05 dB up to 0.45, 50 dB down from 0.55 on, and 65 dB from 0.6 on.
 */
void zcring_taps_design(struct zcring_taps *taps, u32 decimation, u64 width);

#endif /* ZCRING_ENGINE_FILTER_H */
