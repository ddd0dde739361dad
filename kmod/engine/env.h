/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two worlds of the engine, the kernel and user space: only this file depends on the world
 * that it is compiled for.
 *
 * Each world supplies the names below, and the engine uses no others:
 *   u8 u16 u32 u64 s8 s16 s32 s64, bool   integers
 *   __uint128_t                           add, subtract, compare, shift by a constant, and the
 *                                         product of two u64; the engine never lets the
 *                                         compiler divide it
 *   EINVAL ERANGE ENODATA ENOSPC EOPNOTSUPP EBUSY ENODEV ESTALE EAGAIN   positive error numbers
 *   NULL memcpy memset
 *   min max min_t                         of two values of one type; min_t converts both first
 *   zcring_load, zcring_store             one whole access, without ordering
 *   zcring_load_acquire, zcring_store_release
 *   zcring_fence_release, zcring_fence_acquire, zcring_fence_full
 *   zcring_relax                          called in long loops, so that other tasks can run
 *   ZCRING_FEEDS_ARE_SHARED               1: many receivers may hear a feed (shared_feed.h); else 0
 */
#ifndef ZCRING_ENGINE_ENV_H
#define ZCRING_ENGINE_ENV_H

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "zcring needs a little-endian machine: samples are little-endian in every ring"
#endif

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#ifndef CONFIG_64BIT
#error "zcring needs a 64-bit kernel"
#endif

#define zcring_load(p)		   READ_ONCE(*(p))
#define zcring_store(p, v)	   WRITE_ONCE(*(p), v)
#define zcring_load_acquire(p)	   smp_load_acquire(p) /* ring.h: pairs */
#define zcring_store_release(p, v) smp_store_release(p, v) /* ring.h: pairs */
#define zcring_fence_release()	   smp_wmb() /* ring.h: pairs */
#define zcring_fence_acquire()	   smp_rmb() /* ring.h: pairs */
#define zcring_fence_full()	   smp_mb() /* ring.h: pairs */
#define zcring_relax()		   cond_resched()
#define ZCRING_FEEDS_ARE_SHARED	   0

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; /* as in the kernel on every machine */
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

#ifndef __cplusplus
/* Each argument is evaluated once: another thread may change its value meanwhile. */
#define min(a, b)                              \
	(__extension__({                       \
		__typeof__(a) min_a = (a);     \
		__typeof__(b) min_b = (b);     \
		min_a < min_b ? min_a : min_b; \
	}))
#define max(a, b)                              \
	(__extension__({                       \
		__typeof__(a) max_a = (a);     \
		__typeof__(b) max_b = (b);     \
		max_a > max_b ? max_a : max_b; \
	}))
#define min_t(type, a, b) min((type)(a), (type)(b))
#endif

#define zcring_load(p)		   __atomic_load_n(p, __ATOMIC_RELAXED)
#define zcring_store(p, v)	   __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define zcring_load_acquire(p)	   __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define zcring_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define zcring_fence_release()	   __atomic_thread_fence(__ATOMIC_RELEASE)
#define zcring_fence_acquire()	   __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define zcring_fence_full()	   __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define zcring_relax()		   ((void)0)
#define ZCRING_FEEDS_ARE_SHARED	   1

#endif /* __KERNEL__ */

#endif /* ZCRING_ENGINE_ENV_H */
