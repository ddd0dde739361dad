// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine as compiled for the kernel, with the kernel's helpers and without the compiler's
 * library, against values that were computed elsewhere. The tests in user space check everything
 * else.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "../engine/antenna.h"
#include "../engine/arith.h"
#include "../engine/clock.h"
#include "../engine/config.h"

#define ZCRING_WIDE(_high, _low) ((__uint128_t)(_high) << 64 | (_low))

static void zcring_engine_test_divides_128_bits(struct kunit *test)
{
	__uint128_t tenth = zcring_divide(ZCRING_WIDE(1ULL << 63, 0), 10);

	KUNIT_EXPECT_EQ(test, (u64)(tenth >> 64), 0x0cccccccccccccccULL);
	KUNIT_EXPECT_EQ(test, (u64)tenth, 0xccccccccccccccccULL);
	KUNIT_EXPECT_EQ(test, (u64)zcring_divide(ZCRING_WIDE(1ULL << 63, 0), ZCRING_WIDE(3, 1)),
			0x2aaaaaaaaaaaaaaaULL);
}

static void zcring_engine_test_computes_fractions_to_the_last_bit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zcring_fraction(7, 8), 0xe000000000000000ULL);
	KUNIT_EXPECT_EQ(test, zcring_fraction(10, 3), 0x5555555555555555ULL);
	KUNIT_EXPECT_EQ(test, zcring_fraction(ZCRING_WIDE(1ULL << 63, 0), ZCRING_WIDE(3, 1)),
			0x9c71c71c71c71c71ULL);
}

static void zcring_engine_test_converts_millibels(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, zcring_gain_factor(-6000), 4194ULL);
	KUNIT_EXPECT_EQ(test, zcring_gain_factor(0), 4194304ULL);
	KUNIT_EXPECT_EQ(test, zcring_gain_factor(1), 4199136ULL);
}

/* The rate of LTE, and one without a finite decimal: neither may drift within a year. */
static void zcring_engine_test_counts_for_a_year(struct kunit *test)
{
	const u64 year_ns = 31536000 * ZCRING_NS_PER_S;
	const struct zcring_clock lte = { .rate_num = 61440000, .rate_den = 1 };
	const struct zcring_clock third = { .rate_num = 1000000, .rate_den = 3 };
	struct zcring_clock late = third;
	u64 found;

	KUNIT_EXPECT_EQ(test, zcring_clock_at(&lte, year_ns), 1937571840000000ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_time(&lte, 1937571840000000ULL), year_ns);
	KUNIT_EXPECT_EQ(test, zcring_clock_at(&third, year_ns), 10512000000000ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_at(&third, year_ns - 1), 10511999999999ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_time(&third, 10512000000001ULL), year_ns + 3000);
	late.epoch_time_ns = 1700000000 * ZCRING_NS_PER_S;
	KUNIT_EXPECT_EQ(test, zcring_clock_time(&late, 7), 1700000000000021000ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_find(&late, 1700000000000021000ULL, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 7ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_find(&late, 1700000000000021001ULL, &found), 0);
	KUNIT_EXPECT_EQ(test, found, 8ULL);
}

/* Samples 16.28 ns apart. */
static void zcring_engine_test_keeps_fractions_of_a_nanosecond(struct kunit *test)
{
	struct zcring_clock lte = { .rate_num = 61440000, .rate_den = 1 };
	u64 sample;

	for (sample = 1; sample <= 4; sample++)
		zcring_clock_rebase(&lte, sample);
	KUNIT_EXPECT_EQ(test, lte.epoch_mono_ns, 65ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_at(&lte, 81), 4ULL);
	KUNIT_EXPECT_EQ(test, zcring_clock_at(&lte, 82), 5ULL);
}

/* The kernel converts without a floating-point unit. */
static void zcring_engine_test_writes_every_format(struct kunit *test)
{
	static const s32 values[] = { ZCRING_UNITY / 2, -ZCRING_UNITY, ZCRING_UNITY * 2, 0 };
	static const s8 sc8[] = { 64, -128, 127, 0 };
	static const s16 sc16[] = { 16384, -32768, 32767, 0 };
	static const u32 fc32[] = { 0x3f000000, 0xbf800000, 0x3f800000, 0 };
	static const s32 clipped[] = { ZCRING_UNITY / 2, -ZCRING_UNITY, ZCRING_UNITY, 0 };
	const struct zcring_gain unity = { .mantissa = 1 << 14, .exponent = 1 };
	const struct zcring_loops *loops = zcring_loops_best();
	s32 back[4] = {};
	u8 out[16];

	KUNIT_EXPECT_TRUE(test, loops->store(ZCRING_FORMAT_SC8, values, out, 2));
	KUNIT_EXPECT_EQ(test, memcmp(out, sc8, sizeof(sc8)), 0);
	KUNIT_EXPECT_TRUE(test, loops->store(ZCRING_FORMAT_SC16, values, out, 2));
	KUNIT_EXPECT_EQ(test, memcmp(out, sc16, sizeof(sc16)), 0);
	KUNIT_EXPECT_TRUE(test, loops->store(ZCRING_FORMAT_FC32, values, out, 2));
	KUNIT_EXPECT_EQ(test, memcmp(out, fc32, sizeof(fc32)), 0);
	loops->load(ZCRING_FORMAT_FC32, out, back, 2, &unity);
	KUNIT_EXPECT_EQ(test, memcmp(back, clipped, sizeof(clipped)), 0);
}

/* FNV-1a of @samples samples, received a tenth of the band off a recording, with noise. */
static u64 zcring_engine_test_hash(struct zcring_antenna *antenna, const s16 *recording,
				   u32 decimation, u8 *out, u32 samples)
{
	const struct zcring_scene scene = { .kind = ZCRING_SCENE_MEMORY,
					    .format = ZCRING_FORMAT_SC16,
					    .samples = 512,
					    .rate_num = 1000000,
					    .rate_den = 1 };
	u32 bytes = samples * zcring_sample_bytes(ZCRING_FORMAT_FC32);
	u64 hash = 0xcbf29ce484222325ULL;
	u32 k;

	zcring_antenna_init(antenna);
	zcring_antenna_set_scene(antenna, &scene, recording, NULL);
	zcring_antenna_set_rate(antenna, 1000000, decimation, 0);
	zcring_antenna_set_noise(antenna, -4000);
	antenna->format = ZCRING_FORMAT_FC32;
	antenna->tuner[0].freq_uhz = 100000000000LL / decimation;
	antenna->tuner[0].gain_mb = 250;
	zcring_antenna_tune(antenna, 0, 1000000, decimation, 0);
	zcring_antenna_receive(antenna, 0, 0, out, samples);
	for (k = 0; k < bytes; k++)
		hash = (hash ^ out[k]) * 0x100000001b3ULL;
	return hash;
}

/* Tuner, filter, gain, noise and ADC give the bits that the library's vectors give. */
static void zcring_engine_test_receives_a_recording(struct kunit *test)
{
	struct zcring_antenna *antenna = kvzalloc(sizeof(*antenna), GFP_KERNEL);
	s16 *recording = kunit_kzalloc(test, 1024 * sizeof(*recording), GFP_KERNEL);
	u8 *out = kunit_kzalloc(test, 256 * 8, GFP_KERNEL);
	u32 k;

	if (antenna && recording && out) {
		for (k = 0; k < 1024; k++)
			recording[k] = (s16)((k * 2654435761U) >> 17) - 16384;
		KUNIT_EXPECT_EQ(test, zcring_engine_test_hash(antenna, recording, 1, out, 256),
				0xc4b9d8fea961c881ULL);
		KUNIT_EXPECT_EQ(test, zcring_engine_test_hash(antenna, recording, 8, out, 256),
				0x09f6e8c018327058ULL);
	} else {
		KUNIT_FAIL(test, "no memory");
	}
	kvfree(antenna);
}

static struct kunit_case zcring_engine_test_cases[] = {
	KUNIT_CASE(zcring_engine_test_divides_128_bits),
	KUNIT_CASE(zcring_engine_test_computes_fractions_to_the_last_bit),
	KUNIT_CASE(zcring_engine_test_converts_millibels),
	KUNIT_CASE(zcring_engine_test_counts_for_a_year),
	KUNIT_CASE(zcring_engine_test_keeps_fractions_of_a_nanosecond),
	KUNIT_CASE(zcring_engine_test_writes_every_format),
	KUNIT_CASE(zcring_engine_test_receives_a_recording),
	{}
};

static struct kunit_suite zcring_engine_test_suite = {
	.name = "zcring_engine",
	.test_cases = zcring_engine_test_cases,
};

kunit_test_suite(zcring_engine_test_suite);
