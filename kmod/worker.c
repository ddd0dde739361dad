// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker: a timer, which stands for the interrupt of the DMA engine, and a thread, which the
 * interrupt wakes and which runs the DMA engine. For a board with an interrupt of its own, the
 * timer fires once, when the stream starts. A watchdog ends a stream whose DMA engine makes no
 * progress.
 *
 * The handler takes no lock that sleeps, on a kernel with PREEMPT_RT either: it runs in hard
 * interrupt context there, too. The thread takes the device's lock for one step at a time, so that
 * a long turn delays no other caller for more than one step.
 *
 * A turn handles all interrupts that came before the turn began, with the time of the first. An
 * interrupt during a turn causes another turn: fired_ns is taken before progress() looks at the
 * hardware, so that no interrupt is lost for which progress() has looked too early.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kthread.h>
#include <linux/ktime.h>

#include "compat.h"
#include "zcring.h"
#include "zcring_trace.h"

static void zcring_worker_kick(struct zcring_device *zdev, u64 now_ns, u64 late_ns)
{
	struct zcring_worker *worker = &zdev->worker;

	trace_zcring_interrupt(zdev, late_ns);
	/*
	 * Only the first of several interrupts is kept. A failed cmpxchg orders nothing: the
	 * barrier makes sure that the turn for the first interrupt sees what happened before this
	 * one. Pairs with atomic64_xchg() in zcring_worker_step(), which is fully ordered.
	 */
	smp_mb__before_atomic();
	atomic64_cmpxchg(&worker->fired_ns, 0, now_ns);
	rcuwait_wake_up(&worker->kick);
}

void zcring_dma_interrupt(struct zcring_device *zdev)
{
	zcring_worker_kick(zdev, ktime_get_boottime_ns(), 0);
}
EXPORT_SYMBOL_GPL(zcring_dma_interrupt);

static enum hrtimer_restart zcring_worker_interrupt(struct hrtimer *timer)
{
	struct zcring_worker *worker = container_of(timer, struct zcring_worker, timer);
	struct zcring_device *zdev = container_of(worker, struct zcring_device, worker);
	u64 now_ns = ktime_get_boottime_ns();

	zcring_worker_kick(zdev, now_ns, now_ns - ktime_to_ns(hrtimer_get_expires(timer)));
	if (!worker->interval)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, worker->interval); /* relative to the expiry: no drift */
	return HRTIMER_RESTART;
}

/* The first failure counts; the thread ends the stream by it. */
static bool zcring_worker_set_failure(struct zcring_worker *worker, u32 code)
{
	if (atomic_cmpxchg(&worker->failure, 0, code))
		return false;
	rcuwait_wake_up(&worker->kick); /* has a full barrier */
	return true;
}

void zcring_dma_fail(struct zcring_device *zdev, u32 code)
{
	if (!WARN_ON_ONCE(!code))
		zcring_worker_set_failure(&zdev->worker, code);
}
EXPORT_SYMBOL_GPL(zcring_dma_fail);

/* A thread that is behind may not have seen the progress yet: it gets as much time again. */
static enum hrtimer_restart zcring_worker_expire(struct hrtimer *timer)
{
	struct zcring_worker *worker = container_of(timer, struct zcring_worker, watchdog);
	struct zcring_device *zdev = container_of(worker, struct zcring_device, worker);

	if (atomic64_read(&worker->fired_ns)) {
		hrtimer_forward_now(timer, ns_to_ktime(zdev->ops->watchdog_ns));
		return HRTIMER_RESTART;
	}
	zcring_worker_set_failure(worker, ZCRING_FAULT_CODE_WATCHDOG);
	return HRTIMER_NORESTART;
}

/* How long it takes until @mono_ns; 0 if that has passed. */
static u64 zcring_worker_until(u64 mono_ns)
{
	u64 now_ns = ktime_get_boottime_ns();

	return mono_ns > now_ns ? mono_ns - now_ns : 0;
}

/* With the lock held, while the watchdog is off. @later_ns: the first sample comes so much later. */
static void zcring_worker_arm_watchdog(struct zcring_device *zdev, u64 later_ns)
{
	struct zcring_worker *worker = &zdev->worker;

	if (!zdev->ops->watchdog_ns)
		return;
	worker->watched_clock = zdev->stream.telemetry.sample_clock;
	hrtimer_start(&worker->watchdog, ns_to_ktime(zdev->ops->watchdog_ns + later_ns),
		      HRTIMER_MODE_REL_HARD);
}

/*
 * With the lock held, after progress(). A watchdog that has fired just before is withdrawn:
 * cancelling waits for a handler that has found no interrupt but not set the failure yet. A
 * handler that forwards the watchdog must not find it started, either.
 */
static void zcring_worker_rearm_watchdog(struct zcring_device *zdev)
{
	struct zcring_worker *worker = &zdev->worker;

	if (worker->watched_clock == zdev->stream.telemetry.sample_clock)
		return;
	hrtimer_cancel(&worker->watchdog); /* the handler takes no lock */
	atomic_cmpxchg(&worker->failure, ZCRING_FAULT_CODE_WATCHDOG, 0);
	zcring_worker_arm_watchdog(zdev, 0);
}

/*
 * With the lock held: ends the stream if its hardware has failed. Not while the hardware is
 * suspended: the notification asks it for its tuning and its ranges. Resuming wakes the thread for
 * the failure.
 */
static void zcring_worker_handle_failure(struct zcring_device *zdev)
{
	u32 code;

	if (zdev->worker.is_suspended)
		return;
	code = atomic_xchg(&zdev->worker.failure, 0);
	if (!code || zdev->stream.state != ZCRING_STATE_RUNNING)
		return;
	dev_err_ratelimited(
		&zdev->dev,
		"the stream ended: the hardware failed with the code %#x (enum zcring_fault_code); start it again\n",
		code);
	zcring_stream_fail(&zdev->stream, code);
	zcring_device_notify(zdev);
}

/* With the lock held. Between two steps of a turn any call may come, even a new start. */
static bool zcring_worker_step(struct zcring_device *zdev, u64 *now_ns)
{
	struct zcring_worker *worker = &zdev->worker;
	bool more;

	if (!*now_ns)
		worker->turn_ns = atomic64_xchg(&worker->fired_ns, 0);
	if (!worker->turn_ns || zdev->stream.state != ZCRING_STATE_RUNNING || worker->is_suspended)
		return false;
	if (!*now_ns) {
		*now_ns = ktime_get_boottime_ns();
		trace_zcring_progress(zdev, *now_ns - worker->turn_ns);
	}
	more = zdev->ops->progress(zdev->dma, *now_ns, worker->turn_ns);
	zcring_worker_rearm_watchdog(zdev);
	zcring_worker_handle_failure(zdev);
	zcring_device_notify(zdev);
	return more;
}

/* Takes all samples that are due at one time, in steps; between two steps others get the lock. */
static void zcring_worker_turn(struct zcring_device *zdev)
{
	u64 now_ns = 0;
	bool more;

	do {
		mutex_lock(&zdev->lock);
		more = zcring_worker_step(zdev, &now_ns);
		mutex_unlock(&zdev->lock);
		zcring_device_give_way(zdev);
	} while (more && !kthread_should_stop());
}

static void zcring_worker_fail(struct zcring_device *zdev)
{
	mutex_lock(&zdev->lock);
	zcring_worker_handle_failure(zdev);
	mutex_unlock(&zdev->lock);
}

static bool zcring_worker_is_due(struct zcring_worker *worker)
{
	return atomic64_read(&worker->fired_ns) ||
	       (atomic_read(&worker->failure) && !READ_ONCE(worker->is_suspended));
}

static int zcring_worker_run(void *data)
{
	struct zcring_device *zdev = data;
	struct zcring_worker *worker = &zdev->worker;

	while (!kthread_should_stop()) {
		rcuwait_wait_event(&worker->kick,
				   zcring_worker_is_due(worker) || kthread_should_stop(), TASK_IDLE);
		if (atomic64_read(&worker->fired_ns))
			zcring_worker_turn(zdev);
		if (atomic_read(&worker->failure))
			zcring_worker_fail(zdev);
	}
	return 0;
}

int zcring_worker_init(struct zcring_device *zdev)
{
	struct zcring_worker *worker = &zdev->worker;
	struct task_struct *thread;

	rcuwait_init(&worker->kick);
	hrtimer_setup(&worker->timer, zcring_worker_interrupt, CLOCK_BOOTTIME, HRTIMER_MODE_ABS_HARD);
	hrtimer_setup(&worker->watchdog, zcring_worker_expire, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	thread = kthread_run(zcring_worker_run, zdev, "%s", dev_name(&zdev->dev));
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	worker->thread = thread;
	return 0;
}

/* The stream does not run any more, or never ran. */
void zcring_worker_exit(struct zcring_device *zdev)
{
	hrtimer_cancel(&zdev->worker.timer);
	hrtimer_cancel(&zdev->worker.watchdog);
	kthread_stop(zdev->worker.thread);
}

void zcring_worker_prepare(struct zcring_device *zdev)
{
	if (zdev->stream.state != ZCRING_STATE_RUNNING)
		atomic_set(&zdev->worker.failure, 0);
}

void zcring_worker_start(struct zcring_device *zdev, u64 mono_ns)
{
	struct zcring_worker *worker = &zdev->worker;
	u64 interval_ns = zdev->ops->has_interrupt ? 0 : zdev->config.interval_ns;

	/* An interrupt, or an unfinished turn, of the stream before finds nothing. */
	atomic64_set(&worker->fired_ns, 0);
	worker->turn_ns = 0;
	worker->interval = ns_to_ktime(interval_ns);
	hrtimer_start(&worker->timer, ns_to_ktime(mono_ns + interval_ns), HRTIMER_MODE_ABS_HARD);
	zcring_worker_arm_watchdog(zdev, zcring_worker_until(mono_ns));
}

/* Waits for a running handler; no handler takes a lock. */
void zcring_worker_stop(struct zcring_device *zdev)
{
	hrtimer_cancel(&zdev->worker.timer);
	hrtimer_cancel(&zdev->worker.watchdog);
}

void zcring_worker_suspend(struct zcring_device *zdev)
{
	struct zcring_worker *worker = &zdev->worker;

	WRITE_ONCE(worker->is_suspended, true);
	worker->was_armed = hrtimer_cancel(&worker->timer);
	hrtimer_cancel(&worker->watchdog);
}

/* A time that has passed meanwhile is due at once, and so is a failure. */
void zcring_worker_resume(struct zcring_device *zdev)
{
	struct zcring_worker *worker = &zdev->worker;
	u64 due_ns = 0;

	WRITE_ONCE(worker->is_suspended, false);
	rcuwait_wake_up(&worker->kick); /* for a failure; has a full barrier */
	if (zdev->stream.state != ZCRING_STATE_RUNNING)
		return;
	if (worker->was_armed) {
		due_ns = ktime_to_ns(hrtimer_get_expires(&worker->timer));
		hrtimer_start_expires(&worker->timer, HRTIMER_MODE_ABS_HARD);
	} else {
		zcring_worker_kick(zdev, ktime_get_boottime_ns(), 0);
	}
	zcring_worker_arm_watchdog(zdev, zcring_worker_until(due_ns));
}
