/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One receiver of the engine, as the benchmark calls it. engine.c is compiled once for each way in
 * which the engine is built; each time it defines one struct bench_engine.
 */
#ifndef ZCRING_BENCH_ENGINE_H
#define ZCRING_BENCH_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_NO_NOISE INT32_MIN

/**
 * struct bench_tuning - a scene and a receiver
 * @kind: enum zcring_scene_kind
 * @scene_format: format of @samples
 * @samples: the scene; NULL for a built-in one
 * @count: number of samples
 * @rate: rate of the scene, Hz
 * @ring_format: format of the received samples
 * @decimation: samples of the scene for each received sample
 * @offset_hz: the receiver's frequency, from the centre of the scene
 * @gain_mb: gain in millibels
 * @noise_mb: noise before the ADC in millibels of full scale, or BENCH_NO_NOISE
 */
struct bench_tuning {
    uint32_t kind;
    uint32_t scene_format;
    const void* samples;
    uint64_t count;
    uint64_t rate;
    uint32_t ring_format;
    uint32_t decimation;
    int64_t offset_hz;
    int32_t gain_mb;
    int32_t noise_mb;
};

/**
 * struct bench_engine - one build of the engine
 * @bytes: size of a receiver, which the caller allocates and zeroes
 * @open: tunes a receiver; 0, or -1 if this engine lacks what @tuning asks for
 * @loops: name of the instruction set of the loops
 * @receive: receives @n samples from @sample_clock on
 */
struct bench_engine {
    size_t bytes;
    int (*open)(void* receiver, const struct bench_tuning* tuning);
    const char* (*loops)(const void* receiver);
    void (*receive)(void* receiver, uint64_t sample_clock, void* out, uint64_t n);
};

#endif /* ZCRING_BENCH_ENGINE_H */
