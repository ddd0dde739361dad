// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One receiver of the engine (engine.h). ZCRING_BENCH_ENGINE is the name of what is defined.
 * With ZCRING_BENCH_BEFORE the engine is that of an older source tree, which had neither noise nor
 * decimation.
 */
#include "antenna.h"
#include "engine.h"

#if defined(ZCRING_LOOPS_WITHOUT_FLOAT) && !defined(ZCRING_BENCH_BEFORE)
/* As in the kernel, there is one kind of loops. */
extern const struct zcring_loops ZCRING_LOOPS;

const struct zcring_loops* zcring_loops_best(void) { return &ZCRING_LOOPS; }
#endif

static void engine_set_scene(struct zcring_antenna* antenna, const struct bench_tuning* tuning)
{
    struct zcring_scene scene = {
        .kind = tuning->kind,
        .format = tuning->scene_format,
        .samples = tuning->count,
        .rate_num = tuning->rate,
        .rate_den = 1,
    };

#ifdef ZCRING_BENCH_BEFORE
    antenna->scene = scene;
    antenna->samples = tuning->samples;
#else
    zcring_antenna_set_scene(antenna, &scene, tuning->samples, NULL);
    antenna->tone_rate_num = tuning->rate;
    antenna->tone_rate_den = 1;
#endif
}

static int engine_open(void* receiver, const struct bench_tuning* tuning)
{
    struct zcring_antenna* antenna = receiver;
    u64 rate = tuning->rate / tuning->decimation;

#ifdef ZCRING_BENCH_BEFORE
    if (tuning->decimation != 1 || tuning->noise_mb != BENCH_NO_NOISE)
        return -1;
#else
    zcring_antenna_init(antenna);
#endif
    engine_set_scene(antenna, tuning);
    antenna->format = tuning->ring_format;
    antenna->tuner[0].freq_uhz = tuning->offset_hz * 1000000;
    antenna->tuner[0].gain_mb = tuning->gain_mb;
#ifndef ZCRING_BENCH_BEFORE
    zcring_antenna_set_noise(antenna, tuning->noise_mb);
    zcring_antenna_set_rate(antenna, rate, 1, 0);
#endif
    zcring_antenna_tune(antenna, 0, rate, 1, 0);
    return 0;
}

static const char* engine_loops(const void* receiver)
{
#ifdef ZCRING_BENCH_BEFORE
    (void)receiver;
    return "before";
#else
    return ((const struct zcring_antenna*)receiver)->loops->name;
#endif
}

static void engine_receive(void* receiver, uint64_t sample_clock, void* out, uint64_t n)
{
    zcring_antenna_receive(receiver, 0, sample_clock, out, n);
}

extern const struct bench_engine ZCRING_BENCH_ENGINE;
__attribute__((visibility("default"))) const struct bench_engine ZCRING_BENCH_ENGINE = {
    .bytes = sizeof(struct zcring_antenna),
    .open = engine_open,
    .loops = engine_loops,
    .receive = engine_receive,
};
