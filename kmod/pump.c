// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The timer is the DMA engine's interrupt, and does what an interrupt handler should: it
 * wakes a thread, which does the work. For a board with interrupts of its own, it only says
 * when the stream starts.
 */
#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kthread.h>
#include <linux/ktime.h>

#include "compat.h"
#include "zcring.h"
#include "zcring_trace.h"

static void zcring_pump_kick(struct zcring_device *zdev, u64 now_ns, u64 late_ns)
{
	struct zcring_pump *pump = &zdev->pump;

	trace_zcring_interrupt(zdev, late_ns);
	WRITE_ONCE(pump->fired_ns, now_ns);
	/* Fully ordered, as test_and_clear_bit() is: who sees it due sees fired_ns. */
	test_and_set_bit(0, &pump->due);
	wake_up(&pump->kick);
}

void zcring_dma_interrupt(struct zcring_device *zdev)
{
	zcring_pump_kick(zdev, ktime_get_ns(), 0);
}
EXPORT_SYMBOL_GPL(zcring_dma_interrupt);

static enum hrtimer_restart zcring_pump_interrupt(struct hrtimer *timer)
{
	struct zcring_pump *pump = container_of(timer, struct zcring_pump, timer);
	struct zcring_device *zdev = container_of(pump, struct zcring_device, pump);
	u64 now_ns = ktime_get_ns();

	zcring_pump_kick(zdev, now_ns, now_ns - ktime_to_ns(hrtimer_get_expires(timer)));
	if (!pump->interval)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, pump->interval); /* from when it was due: no drift */
	return HRTIMER_RESTART;
}

/* With the lock held, between the steps of a turn, any call may come, even a new start. */
static bool zcring_pump_step(struct zcring_device *zdev, u64 *now_ns, u64 *fired_ns)
{
	u64 fired_last_ns = READ_ONCE(zdev->pump.fired_ns);
	bool more;

	if (!fired_last_ns || zdev->stream.state != ZCRING_STATE_RUNNING)
		return false;
	if (!*now_ns) {
		*fired_ns = fired_last_ns;
		*now_ns = ktime_get_ns();
		trace_zcring_progress(zdev, *now_ns - *fired_ns);
	}
	more = zdev->ops->progress(zdev->dma, *now_ns, *fired_ns);
	zcring_device_settle(zdev);
	return more;
}

/* All that is due at one moment, however long it takes; nobody waits longer than a step. */
static void zcring_pump_turn(struct zcring_device *zdev)
{
	u64 fired_ns = 0;
	u64 now_ns = 0;
	bool more;

	do {
		mutex_lock(&zdev->lock);
		more = zcring_pump_step(zdev, &now_ns, &fired_ns);
		mutex_unlock(&zdev->lock);
		cond_resched();
	} while (more && !kthread_should_stop());
}

static int zcring_pump_run(void *data)
{
	struct zcring_device *zdev = data;
	struct zcring_pump *pump = &zdev->pump;

	while (!kthread_should_stop()) {
		wait_event_idle(pump->kick, test_bit(0, &pump->due) || kthread_should_stop());
		if (test_and_clear_bit(0, &pump->due))
			zcring_pump_turn(zdev);
	}
	return 0;
}

int zcring_pump_create(struct zcring_device *zdev)
{
	struct zcring_pump *pump = &zdev->pump;
	struct task_struct *thread;

	init_waitqueue_head(&pump->kick);
	hrtimer_setup(&pump->timer, zcring_pump_interrupt, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	thread = kthread_run(zcring_pump_run, zdev, "%s", dev_name(&zdev->dev));
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	pump->thread = thread;
	return 0;
}

/* The stream does not run any more, or never did. */
void zcring_pump_destroy(struct zcring_device *zdev)
{
	hrtimer_cancel(&zdev->pump.timer);
	kthread_stop(zdev->pump.thread);
}

void zcring_pump_start(struct zcring_device *zdev, u64 mono_ns)
{
	struct zcring_pump *pump = &zdev->pump;
	u64 interval_ns = zdev->ops->has_interrupt ? 0 : zdev->config.interval_ns;

	WRITE_ONCE(pump->fired_ns, 0); /* a turn that the stream before has left finds nothing */
	pump->interval = ns_to_ktime(interval_ns);
	hrtimer_start(&pump->timer, ns_to_ktime(mono_ns + interval_ns), HRTIMER_MODE_ABS);
}

/* Waits for a running handler, which takes no lock. */
void zcring_pump_stop(struct zcring_device *zdev)
{
	hrtimer_cancel(&zdev->pump.timer);
}
