/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What real hardware does on bad days only, on demand. */
#ifndef ZCRING_ENGINE_INJECTION_H
#define ZCRING_ENGINE_INJECTION_H

#define ZCRING_STALL_NS_MAX	86400000000000LL
#define ZCRING_DROP_SAMPLES_MAX (1LL << 48)

/**
 * enum zcring_injection - what goes wrong, and the unit of how much
 * @ZCRING_INJECT_STALL: ns from now on in which the DMA engine delivers nothing; then all
 *                       that the ADC took comes at once. A second one takes the first's
 *                       place; 0 ends it. Stops no samples that are taken at free pace
 * @ZCRING_INJECT_DROP: samples, the next ones, that are lost besides those already to be
 * @ZCRING_INJECT_JUMP: ns that the time of day jumps by, at the next sample
 */
enum zcring_injection {
	ZCRING_INJECT_STALL,
	ZCRING_INJECT_DROP,
	ZCRING_INJECT_JUMP,
};

#endif /* ZCRING_ENGINE_INJECTION_H */
