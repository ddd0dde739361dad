// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sysfs attributes of a device: state, counters, configuration, tuning and scene.
 *
 * A configuration needs a stopped stream and belongs to the consumer: while there is a consumer,
 * writing such an attribute fails with EBUSY; so does writing the scene while there is a feeder.
 * Tuning is allowed for every user who can write the attribute. Reading does not wait for the
 * device's lock: a value is from a consistent snapshot (snapshot.c).
 */
#include <linux/gcd.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sysfs.h>

#include "sysfs_text.h"
#include "zcring.h"

static struct zcring_device *zcring_sysfs_device(struct device *dev)
{
	return container_of(dev, struct zcring_device, dev);
}

ZCRING_NAMES(zcring_sysfs_states, ZCRING_STATE_STOPPED, "stopped", "running", "fault", "gone");
ZCRING_NAMES(zcring_sysfs_faults, ZCRING_FAULT_NONE, "none", "tail_past_head", "tail_went_back",
	     "hardware");
ZCRING_NAMES(zcring_sysfs_formats, ZCRING_FORMAT_SC8, "sc8", "sc16", "fc32");
ZCRING_NAMES(zcring_sysfs_scenes, ZCRING_SCENE_TONE, "tone", "noise", "counter", "memory", "feed");

static int zcring_sysfs_lock(struct device *dev)
{
	return zcring_device_lock(zcring_sysfs_device(dev));
}

static void zcring_sysfs_unlock(struct device *dev)
{
	mutex_unlock(&zcring_sysfs_device(dev)->lock);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return zcring_sysfs_show_name(to, &zcring_sysfs_states,
				      zcring_load(&zcring_sysfs_device(dev)->stream.state));
}
static DEVICE_ATTR_RO(state);

static ssize_t fault_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return zcring_sysfs_show_name(to, &zcring_sysfs_faults,
				      zcring_load(&zcring_sysfs_device(dev)->stream.fault));
}
static DEVICE_ATTR_RO(fault);

static ssize_t model_show(struct device *dev, struct device_attribute *attr, char *to)
{
	return sysfs_emit(to, "%s\n", zcring_sysfs_device(dev)->ops->model);
}
static DEVICE_ATTR_RO(model);

#define ZCRING_COUNTER_ATTR(_name)                                                               \
	static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *to) \
	{                                                                                        \
		struct zcring_telemetry telemetry;                                               \
		int err = zcring_snapshot_get_telemetry(zcring_sysfs_device(dev), &telemetry);   \
                                                                                                 \
		return err ?: sysfs_emit(to, "%llu\n", telemetry._name);                         \
	}                                                                                        \
	static DEVICE_ATTR_RO(_name)

ZCRING_COUNTER_ATTR(sample_clock);
ZCRING_COUNTER_ATTR(produced_bytes);
ZCRING_COUNTER_ATTR(consumed_bytes);
ZCRING_COUNTER_ATTR(overflow_bytes);
ZCRING_COUNTER_ATTR(overflow_count);
ZCRING_COUNTER_ATTR(lost_samples);
ZCRING_COUNTER_ATTR(bursts);
ZCRING_COUNTER_ATTR(clipped_samples);
ZCRING_COUNTER_ATTR(feed_underflow_samples);
ZCRING_COUNTER_ATTR(feed_underflow_count);

static int zcring_sysfs_get_config(struct device *dev, struct zcring_config *config)
{
	struct zcring_snapshot now;
	int err;

	err = zcring_snapshot_read(zcring_sysfs_device(dev), &now);
	if (!err)
		*config = now.config;
	return err;
}

/*
 * Begins the change of one value. io_lock is held until zcring_sysfs_end_config(), so that no other
 * change comes between reading the configuration and setting it.
 */
static int zcring_sysfs_begin_config(struct device *dev, struct zcring_config *config)
{
	struct zcring_device *zdev = zcring_sysfs_device(dev);
	int err;

	err = zcring_consumer_lock_io(zdev, NULL);
	if (err)
		return err;
	err = zcring_sysfs_get_config(dev, config);
	if (err)
		mutex_unlock(&zdev->io_lock);
	return err;
}

/* Ends the change: the result of a store, which is @count or an error. */
static ssize_t zcring_sysfs_end_config(struct device *dev, const struct zcring_config *config,
				       size_t count)
{
	struct zcring_device *zdev = zcring_sysfs_device(dev);
	int err = zcring_device_configure_locked(zdev, NULL, config);

	mutex_unlock(&zdev->io_lock);
	return err ?: count;
}

static ssize_t sample_rate_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_config config;
	int err = zcring_sysfs_get_config(dev, &config);

	if (err)
		return err;
	return zcring_sysfs_show_hz(to, mul_u64_u64_div_u64(config.rate_num, ZCRING_UHZ_PER_HZ,
							    config.rate_den));
}

static ssize_t sample_rate_store(struct device *dev, struct device_attribute *attr,
				 const char *from, size_t count)
{
	struct zcring_config config;
	u64 common;
	s64 uhz;
	int err;

	err = zcring_sysfs_parse_hz(from, &uhz);
	if (err)
		return err;
	if (uhz <= 0)
		return -EINVAL;
	err = zcring_sysfs_begin_config(dev, &config);
	if (err)
		return err;
	common = gcd(uhz, ZCRING_UHZ_PER_HZ);
	config.rate_num = uhz / common;
	config.rate_den = ZCRING_UHZ_PER_HZ / common;
	return zcring_sysfs_end_config(dev, &config, count);
}
static DEVICE_ATTR_RW(sample_rate);

/* A field of struct zcring_config in multiples of a unit; a value that overflows is refused. */
#define ZCRING_NUMBER_ATTR(_name, _field, _unit)                                                 \
	static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *to) \
	{                                                                                        \
		struct zcring_config config;                                                     \
		int err = zcring_sysfs_get_config(dev, &config);                                 \
                                                                                                 \
		return err ?: sysfs_emit(to, "%llu\n", (u64)config._field / (_unit));            \
	}                                                                                        \
                                                                                                 \
	static ssize_t _name##_store(struct device *dev, struct device_attribute *attr,          \
				     const char *from, size_t count)                             \
	{                                                                                        \
		struct zcring_config config;                                                     \
		typeof(config._field) field;                                                     \
		u64 value;                                                                       \
		int err = kstrtou64(from, 0, &value);                                            \
                                                                                                 \
		if (err)                                                                         \
			return err;                                                              \
		field = value * (_unit);                                                         \
		if (field / (_unit) != value)                                                    \
			return -EINVAL;                                                          \
		err = zcring_sysfs_begin_config(dev, &config);                                   \
		if (err)                                                                         \
			return err;                                                              \
		config._field = field;                                                           \
		return zcring_sysfs_end_config(dev, &config, count);                             \
	}                                                                                        \
	static DEVICE_ATTR_RW(_name)

ZCRING_NUMBER_ATTR(interval_us, interval_ns, NSEC_PER_USEC);
ZCRING_NUMBER_ATTR(ring_bytes, ring_bytes, 1);
ZCRING_NUMBER_ATTR(channels, channels, 1);

static ssize_t format_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_config config;
	int err = zcring_sysfs_get_config(dev, &config);

	return err ?: zcring_sysfs_show_name(to, &zcring_sysfs_formats, config.format);
}

static ssize_t format_store(struct device *dev, struct device_attribute *attr, const char *from,
			    size_t count)
{
	struct zcring_config config;
	u32 format;
	int err = zcring_sysfs_parse_name(from, &zcring_sysfs_formats, &format) ?:
			  zcring_sysfs_begin_config(dev, &config);

	if (err)
		return err;
	config.format = format;
	return zcring_sysfs_end_config(dev, &config, count);
}
static DEVICE_ATTR_RW(format);

static int zcring_sysfs_get_tuning(struct device *dev, struct zcring_tuning *tuning)
{
	return zcring_snapshot_get_tuning(zcring_sysfs_device(dev), tuning);
}

/* Tunes all channels at the next sample. */
static ssize_t zcring_sysfs_control(struct device *dev, struct zcring_control *control, size_t count)
{
	struct zcring_device *zdev = zcring_sysfs_device(dev);
	int err;

	err = zcring_sysfs_lock(dev);
	if (err)
		return err;
	control->channels = (1U << zdev->config.channels) - 1;
	err = zcring_device_control(zdev, control);
	zcring_sysfs_unlock(dev);
	return err ?: count;
}

static ssize_t frequency_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_tuning tuning;
	int err = zcring_sysfs_get_tuning(dev, &tuning);

	return err ?: zcring_sysfs_show_hz(to, tuning.channel[0].freq_uhz);
}

static ssize_t frequency_store(struct device *dev, struct device_attribute *attr, const char *from,
			       size_t count)
{
	struct zcring_control control = { .what = ZCRING_CONTROL_FREQ };
	int err = zcring_sysfs_parse_hz(from, &control.freq_uhz);

	return err ?: zcring_sysfs_control(dev, &control, count);
}
static DEVICE_ATTR_RW(frequency);

static ssize_t gain_mb_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_tuning tuning;
	int err = zcring_sysfs_get_tuning(dev, &tuning);

	return err ?: sysfs_emit(to, "%d\n", tuning.channel[0].gain_mb);
}

static ssize_t gain_mb_store(struct device *dev, struct device_attribute *attr, const char *from,
			     size_t count)
{
	struct zcring_control control = { .what = ZCRING_CONTROL_GAIN };
	int err = kstrtos32(from, 0, &control.gain_mb);

	return err ?: zcring_sysfs_control(dev, &control, count);
}
static DEVICE_ATTR_RW(gain_mb);

static ssize_t noise_mb_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_tuning tuning;
	int err = zcring_sysfs_get_tuning(dev, &tuning);

	return err ?: zcring_sysfs_show_noise(to, tuning.noise_mb);
}

static ssize_t noise_mb_store(struct device *dev, struct device_attribute *attr, const char *from,
			      size_t count)
{
	struct zcring_control control = { .what = ZCRING_CONTROL_NOISE };
	int err = zcring_sysfs_parse_noise(from, &control.noise_mb);

	return err ?: zcring_sysfs_control(dev, &control, count);
}
static DEVICE_ATTR_RW(noise_mb);

static ssize_t scene_show(struct device *dev, struct device_attribute *attr, char *to)
{
	struct zcring_snapshot now;
	int err = zcring_snapshot_read(zcring_sysfs_device(dev), &now);

	return err ?: zcring_sysfs_show_name(to, &zcring_sysfs_scenes, now.scene_kind);
}

/* Keeps the frequency of the scene before. A recording cannot be set here: it needs write(). */
static ssize_t scene_store(struct device *dev, struct device_attribute *attr, const char *from,
			   size_t count)
{
	struct zcring_scene scene = {};
	int err = zcring_sysfs_parse_name(from, &zcring_sysfs_scenes, &scene.kind) ?:
			  zcring_sysfs_lock(dev);

	if (err)
		return err;
	scene.freq_uhz = zcring_sysfs_device(dev)->antenna.scene.freq_uhz;
	zcring_sysfs_unlock(dev);
	err = zcring_scene_set(zcring_sysfs_device(dev), NULL, &scene);
	return err ?: count;
}
static DEVICE_ATTR_RW(scene);

static struct attribute *zcring_sysfs_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_fault.attr,
	&dev_attr_model.attr,
	&dev_attr_sample_clock.attr,
	&dev_attr_produced_bytes.attr,
	&dev_attr_consumed_bytes.attr,
	&dev_attr_overflow_bytes.attr,
	&dev_attr_overflow_count.attr,
	&dev_attr_lost_samples.attr,
	&dev_attr_bursts.attr,
	&dev_attr_clipped_samples.attr,
	&dev_attr_feed_underflow_samples.attr,
	&dev_attr_feed_underflow_count.attr,
	&dev_attr_sample_rate.attr,
	&dev_attr_interval_us.attr,
	&dev_attr_ring_bytes.attr,
	&dev_attr_channels.attr,
	&dev_attr_format.attr,
	&dev_attr_frequency.attr,
	&dev_attr_gain_mb.attr,
	&dev_attr_noise_mb.attr,
	&dev_attr_scene.attr,
	NULL,
};

static const struct attribute_group zcring_sysfs_group = {
	.attrs = zcring_sysfs_attrs,
};

const struct attribute_group *zcring_sysfs_groups[] = { &zcring_sysfs_group, NULL };
