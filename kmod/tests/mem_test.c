// SPDX-License-Identifier: GPL-2.0-or-later
/* Areas and rings: allocation, sizes, failures that leave nothing behind, and attaching to a stream. */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../engine/ring.h"
#include "../mem.h"

/* The ring of descriptors takes 1 MiB with any geometry. */
static const struct zcring_memory zcring_mem_test_any = { .node = NUMA_NO_NODE };

static const struct zcring_config zcring_mem_test_config = {
	.format = ZCRING_FORMAT_SC16,
	.channels = 8,
	.ring_bytes = SZ_64K,
};

/* Fills @object with rubbish: the code under test must neither use nor keep it. */
static void zcring_mem_test_fill(void *object, size_t bytes)
{
	memset(object, 0x5a, bytes);
}

static bool zcring_mem_test_is_blank(const void *object, size_t bytes)
{
	return !memchr_inv(object, 0, bytes);
}

/* As after SIGKILL. No lock is needed: a kernel thread gets no signals. */
static void zcring_mem_test_kill(void)
{
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
}

static void zcring_mem_test_revive(void)
{
	sigdelset(&current->pending.signal, SIGKILL);
	clear_tsk_thread_flag(current, TIF_SIGPENDING);
}

static void zcring_mem_test_check_area(struct kunit *test, unsigned long pages)
{
	struct zcring_area area;
	unsigned long i;

	zcring_mem_test_fill(&area, sizeof(area));
	KUNIT_ASSERT_EQ(test, zcring_area_alloc(&area, (u64)pages << PAGE_SHIFT), 0);
	KUNIT_EXPECT_EQ(test, area.count, pages);
	KUNIT_EXPECT_EQ(test, zcring_area_bytes(&area), (u64)pages << PAGE_SHIFT);
	KUNIT_EXPECT_NULL(test, area.dma);
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(area.address, pages << PAGE_SHIFT));
	for (i = 0; i < pages; i++)
		*(unsigned long *)page_address(area.pages[i]) = i + 1;
	/* Each page has kept its number: the pages are distinct and mapped in order. */
	for (i = 0; i < pages; i++) {
		KUNIT_EXPECT_EQ(test, *(unsigned long *)(area.address + i * PAGE_SIZE), i + 1);
		KUNIT_EXPECT_EQ(test, page_count(area.pages[i]), 1);
	}
	zcring_area_free(&area);
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&area, sizeof(area)));
}

static void zcring_mem_test_one_page(struct kunit *test)
{
	zcring_mem_test_check_area(test, 1);
}

/* Counts that are no multiple of a chunk, and one in which the largest chunk is less than a half. */
static void zcring_mem_test_odd_page_counts(struct kunit *test)
{
	zcring_mem_test_check_area(test, 3);
	zcring_mem_test_check_area(test, 511);
	zcring_mem_test_check_area(test, 1027);
}

static void zcring_mem_test_absurd_sizes_fail_and_leave_nothing(struct kunit *test)
{
	static const u64 sizes[] = { 1ULL << 42, 1ULL << 62, ~0ULL };
	struct zcring_area area;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		zcring_mem_test_fill(&area, sizeof(area));
		KUNIT_EXPECT_EQ(test, zcring_area_alloc(&area, sizes[i]), -ENOMEM);
		KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&area, sizeof(area)));
	}
}

static void zcring_mem_test_killed_task_gets_no_memory(struct kunit *test)
{
	struct zcring_area area;
	struct zcring_ring ring;
	int area_err, ring_err;

	zcring_mem_test_fill(&area, sizeof(area));
	zcring_mem_test_fill(&ring, sizeof(ring));
	zcring_mem_test_kill();
	area_err = zcring_area_alloc(&area, SZ_1M);
	ring_err = zcring_ring_alloc(&ring, &zcring_mem_test_config, &zcring_mem_test_any);
	zcring_mem_test_revive();
	KUNIT_EXPECT_EQ(test, area_err, -EINTR);
	KUNIT_EXPECT_EQ(test, ring_err, -EINTR);
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&area, sizeof(area)));
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&ring, sizeof(ring)));
}

static void zcring_mem_test_free_of_an_empty_area_does_nothing(struct kunit *test)
{
	struct zcring_area area = {};
	struct zcring_ring ring = {};

	zcring_area_free(&area);
	zcring_ring_free(&ring);
	zcring_ring_unmap_dma(&ring);
	KUNIT_ASSERT_EQ(test,
			zcring_ring_alloc(&ring, &zcring_mem_test_config, &zcring_mem_test_any), 0);
	zcring_ring_unmap_dma(&ring);
	zcring_ring_free(&ring);
	zcring_ring_free(&ring);
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&ring, sizeof(ring)));
}

static void zcring_mem_test_ring_of_eight_channels(struct kunit *test)
{
	struct zcring_config config = zcring_mem_test_config;
	struct zcring_ring ring;
	u32 c;

	zcring_mem_test_fill(&ring, sizeof(ring));
	KUNIT_ASSERT_EQ(test, zcring_ring_alloc(&ring, &config, &zcring_mem_test_any), 0);
	KUNIT_EXPECT_EQ(test, zcring_area_bytes(&ring.bursts), (u64)SZ_1M);
	KUNIT_EXPECT_EQ(test, zcring_ring_bytes(&ring), (u64)SZ_1M + SZ_512K);
	KUNIT_EXPECT_EQ(test, zcring_config_bytes(&config), (u64)SZ_1M + SZ_512K);
	for (c = 0; c < 8; c++) {
		KUNIT_EXPECT_EQ(test, zcring_area_bytes(&ring.data[c]), (u64)SZ_64K);
		memset(ring.data[c].address, c + 1, SZ_64K);
	}
	for (c = 0; c < 8; c++)
		KUNIT_EXPECT_NULL(test, memchr_inv(ring.data[c].address, c + 1, SZ_64K));
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(ring.burst_ends, 4096 * sizeof(u64)));
	zcring_ring_free(&ring);

	config.channels = 3;
	KUNIT_ASSERT_EQ(test, zcring_ring_alloc(&ring, &config, &zcring_mem_test_any), 0);
	KUNIT_EXPECT_EQ(test, zcring_ring_bytes(&ring), (u64)SZ_1M + 3 * SZ_64K);
	KUNIT_EXPECT_EQ(test, zcring_config_bytes(&config), (u64)SZ_1M + 3 * SZ_64K);
	KUNIT_EXPECT_NULL(test, ring.data[3].pages);
	zcring_ring_free(&ring);
}

/* The memory for the descriptors is allocated before the failure. */
static void zcring_mem_test_ring_that_is_too_large_leaves_nothing(struct kunit *test)
{
	struct zcring_config config = zcring_mem_test_config;
	struct zcring_ring ring;

	config.ring_bytes = 1ULL << 42;
	zcring_mem_test_fill(&ring, sizeof(ring));
	KUNIT_EXPECT_EQ(test, zcring_ring_alloc(&ring, &config, &zcring_mem_test_any), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, zcring_mem_test_is_blank(&ring, sizeof(ring)));
}

static void zcring_mem_test_attach_sets_the_geometry(struct kunit *test)
{
	struct zcring_config config = zcring_mem_test_config;
	struct zcring_consumer *consumer = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct zcring_stream *stream = kunit_kzalloc(test, sizeof(*stream), GFP_KERNEL);
	struct zcring_meta *meta = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct zcring_ring ring;

	KUNIT_ASSERT_TRUE(test, consumer && stream && meta);
	stream->meta = meta;
	stream->consumer = consumer;
	config.channels = 2;
	KUNIT_ASSERT_EQ(test, zcring_ring_alloc(&ring, &config, &zcring_mem_test_any), 0);
	stream->head = 5;
	zcring_ring_attach(&ring, &config, stream);
	KUNIT_EXPECT_EQ(test, stream->ring_samples, 16384ULL);
	KUNIT_EXPECT_EQ(test, stream->sample_bytes, 4U);
	KUNIT_EXPECT_EQ(test, stream->burst_slots, 4096ULL);
	KUNIT_EXPECT_EQ(test, stream->channels, 2U);
	KUNIT_EXPECT_PTR_EQ(test, (void *)stream->data[0], ring.data[0].address);
	KUNIT_EXPECT_PTR_EQ(test, (void *)stream->data[1], ring.data[1].address);
	KUNIT_EXPECT_NULL(test, stream->data[2]);
	KUNIT_EXPECT_PTR_EQ(test, (void *)stream->bursts, ring.bursts.address);
	KUNIT_EXPECT_EQ(test, stream->head, 0ULL);
	KUNIT_EXPECT_EQ(test, meta->magic, ZCRING_MAGIC);
	KUNIT_EXPECT_EQ(test, meta->state, (u32)ZCRING_STATE_STOPPED);

	config.format = ZCRING_FORMAT_FC32;
	zcring_ring_attach(&ring, &config, stream);
	KUNIT_EXPECT_EQ(test, stream->ring_samples, 8192ULL);
	zcring_ring_free(&ring);
}

static struct kunit_case zcring_mem_test_cases[] = {
	KUNIT_CASE(zcring_mem_test_one_page),
	KUNIT_CASE(zcring_mem_test_odd_page_counts),
	KUNIT_CASE(zcring_mem_test_absurd_sizes_fail_and_leave_nothing),
	KUNIT_CASE(zcring_mem_test_killed_task_gets_no_memory),
	KUNIT_CASE(zcring_mem_test_free_of_an_empty_area_does_nothing),
	KUNIT_CASE(zcring_mem_test_ring_of_eight_channels),
	KUNIT_CASE(zcring_mem_test_ring_that_is_too_large_leaves_nothing),
	KUNIT_CASE(zcring_mem_test_attach_sets_the_geometry),
	{}
};

static struct kunit_suite zcring_mem_test_suite = {
	.name = "zcring_mem",
	.test_cases = zcring_mem_test_cases,
};

kunit_test_suite(zcring_mem_test_suite);
