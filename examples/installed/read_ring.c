/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a million samples of /dev/zcring0 with the ABI header alone, and tells how many were lost.
 *
 * The kernel writes samples, descriptors and head; this program writes the tail. The samples of one
 * burst lie in one piece, since the ring is mapped twice in a row. Loads of the producer's indices
 * are acquires, and the store of the tail is a release: <zcring/abi.h> says why.
 *
 *     cc -std=gnu11 read_ring.c $(pkg-config --cflags zcring) -o read_ring
 */
#include <zcring/abi.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICE "/dev/zcring0"

static _Noreturn void fail(const char* what)
{
    fprintf(stderr, "read_ring: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int open_device(void)
{
    int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == ENOENT)
        fprintf(stderr, "read_ring: no " DEVICE ": load the driver first (modprobe zcring)\n");
    else if (errno == EACCES)
        fprintf(stderr,
                "read_ring: " DEVICE ": permission denied: join its group (ls -l " DEVICE ")\n");
    else
        fail(DEVICE);
    exit(EXIT_FAILURE);
}

static void* map(int fd, __u32 kind)
{
    struct zcring_region region = { .region = kind };
    void* memory;

    if (ioctl(fd, ZCRING_IOC_GET_REGION, &region))
        fail("ZCRING_IOC_GET_REGION");
    memory = mmap(NULL,
                  region.map_length,
                  region.writable ? PROT_READ | PROT_WRITE : PROT_READ,
                  MAP_SHARED,
                  fd,
                  (off_t)region.offset);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

static __u64 load(const __u64* shared)
{
    return atomic_load_explicit((const _Atomic __u64*)shared, memory_order_acquire);
}

static void store(__u64* shared, __u64 value)
{
    atomic_store_explicit((_Atomic __u64*)shared, value, memory_order_release);
}

/* Sleeps until any sample beyond the tail is there. */
static void wait_for_burst(int fd, struct zcring_consumer* consumer, __u64 tail)
{
    struct pollfd wanted = { .fd = fd, .events = POLLIN };

    store(&consumer->watermark, tail + 1);
    if (poll(&wanted, 1, 1000) < 0)
        fail("poll");
    if (!(wanted.revents & POLLIN)) {
        fprintf(stderr, "read_ring: no samples within a second, or the stream ended\n");
        exit(EXIT_FAILURE);
    }
}

/* The samples of a burst: here, only their sum of bytes is taken. */
static unsigned int use(const unsigned char* samples, size_t bytes)
{
    unsigned int sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum += samples[i];
    return sum;
}

int main(void)
{
    int fd = open_device();
    struct zcring_info info;
    struct zcring_start start = { 0 };
    __u64 tail = 0, lost = 0;
    unsigned int sum = 0;

    if (ioctl(fd, ZCRING_IOC_GET_INFO, &info))
        fail("ZCRING_IOC_GET_INFO");
    if (info.abi_version != ZCRING_ABI_VERSION || !(info.features & ZCRING_FEATURE_DOUBLE_MAP)) {
        fprintf(stderr, "read_ring: ABI version %u, or no double mapping\n", info.abi_version);
        return EXIT_FAILURE;
    }

    const struct zcring_meta* meta = map(fd, ZCRING_META);
    struct zcring_consumer* consumer = map(fd, ZCRING_CONSUMER);
    const unsigned char* bursts = map(fd, ZCRING_BURSTS);
    const unsigned char* samples = map(fd, ZCRING_DATA); /* of channel 0 */

    if (ioctl(fd, ZCRING_IOC_START, &start))
        fail("ZCRING_IOC_START");
    /* A new stream begins at sample 0 and at descriptor 0. */
    for (__u64 next = 0; tail < 1000000;) {
        while (load(&meta->head) == tail)
            wait_for_burst(fd, consumer, tail);
        for (__u64 end = load(&meta->burst_head); next < end; next++) {
            const struct zcring_burst* burst =
                (const void*)(bursts + (next & (info.burst_slots - 1)) * info.burst_bytes);
            size_t place = (size_t)(burst->index & (info.ring_samples - 1)) * info.sample_bytes;

            if (load(&meta->head) < burst->index + burst->samples)
                break; /* the head follows its descriptor */
            if (burst->lost)
                printf("gap: %llu samples lost before sample %llu\n", burst->lost, burst->index);
            lost += burst->lost;
            sum += use(samples + place, burst->samples * info.sample_bytes);
            tail = burst->index + burst->samples;
            store(&consumer->tail, tail); /* the burst may be overwritten from here on */
        }
    }
    ioctl(fd, ZCRING_IOC_STOP);
    printf("%llu samples of " DEVICE " (%s) read, %llu lost; sum of bytes %u\n",
           tail,
           info.model,
           lost,
           sum);
    return EXIT_SUCCESS;
}
