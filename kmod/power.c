// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Suspend and resume of the devices, as operations of their type. The power management core calls
 * them for a device while all tasks of user space are frozen: before it suspends the board, which
 * is the parent of the device, and after it has resumed the board.
 *
 * While a machine sleeps, an ADC delivers nothing. The samples of that time are lost, and the
 * stream continues with one gap, because the clock that paces it goes on (CLOCK_BOOTTIME). A
 * stream whose hardware does not come back ends by a fault, so that its reader wakes.
 *
 * The worker's thread is not freezable: DMA goes on while tasks are frozen, until the device
 * itself is suspended. From then on the thread makes no call of the DMA engine.
 */
#include <linux/ktime.h>
#include <linux/pm.h>

#include "zcring.h"

void zcring_power_suspend(struct zcring_device *zdev)
{
	mutex_lock(&zdev->lock);
	zcring_worker_suspend(zdev);
	if (zdev->ops->suspend && zdev->stream.state != ZCRING_STATE_GONE)
		zdev->ops->suspend(zdev->dma, ktime_get_boottime_ns());
	zcring_device_notify(zdev);
	mutex_unlock(&zdev->lock);
}

void zcring_power_resume(struct zcring_device *zdev)
{
	int err = -EOPNOTSUPP;

	mutex_lock(&zdev->lock);
	if (zdev->stream.state == ZCRING_STATE_GONE)
		goto out_resume_worker;
	if (zdev->ops->resume)
		err = zdev->ops->resume(zdev->dma, ktime_get_boottime_ns());
	if (err && zdev->stream.state == ZCRING_STATE_RUNNING) {
		dev_err(&zdev->dev,
			"the stream ended: the hardware did not resume (%pe); start the stream again\n",
			ERR_PTR(err));
		zcring_stream_fail(&zdev->stream, ZCRING_FAULT_CODE_NOT_RESUMED);
	}
out_resume_worker:
	zcring_worker_resume(zdev);
	zcring_device_notify(zdev);
	mutex_unlock(&zdev->lock);
}

static int zcring_power_suspend_device(struct device *dev)
{
	zcring_power_suspend(container_of(dev, struct zcring_device, dev));
	return 0;
}

static int zcring_power_resume_device(struct device *dev)
{
	zcring_power_resume(container_of(dev, struct zcring_device, dev));
	return 0;
}

DEFINE_SIMPLE_DEV_PM_OPS(zcring_power_ops, zcring_power_suspend_device, zcring_power_resume_device);
