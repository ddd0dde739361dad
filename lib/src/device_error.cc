// SPDX-License-Identifier: GPL-3.0-or-later
//
// The texts of the errors of a device: which device, which step failed, and what the user can do
// about it. The error number alone would not say what to do.
#include "device_error.h"

#include <cerrno>
#include <system_error>

namespace zcring {

namespace {

// What the user can do about the error.
std::string remedy(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return "no such device; load the driver (modprobe zcring) or use the emulator";
    case EACCES:
    case EPERM:
        return "permission denied; log in at the machine itself, or become a member of the "
               "group that owns the device";
    case EBUSY:
        return "in use by another program, or mapped; close that program, or open another device";
    case ENODATA:
        return "the scene is not complete; load all of its samples";
    case ERANGE:
        return "the recording does not have this rate; set one of its rates, or open the device "
               "again with this rate";
    case EOPNOTSUPP:
        return "the device does not support this; dma=resident needs a scene that repeats within "
               "the ring (scene=tone, scene=counter with format=sc8), and a board supports only "
               "the formats, scenes and commands of its own";
    case ENOSPC:
        return "too many timed commands wait; send fewer of them ahead of time";
    case ENOMEM:
        return "not enough memory; set a smaller ring_bytes";
    case ENODEV:
        return "the device is gone";
    case ENOTTY:
        return "not a zcring device, or its driver has another version; install driver and library "
               "of one version";
    default:
        return std::system_category().message(error);
    }
}

std::string antenna_remedy(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return "no such antenna; load the driver (modprobe zcring), or start a server (zcring "
               "serve)";
    case EBUSY:
        return "another program feeds this antenna; close that program, or open the device "
               "without scene=";
    case EACCES:
    case EPERM:
        return "permission denied; log in at the machine itself, become a member of the group "
               "that owns the antenna, or open the device without scene=";
    case ENOMEM:
        return "not enough memory; set a smaller ring_bytes, a smaller buffer of the feed, or a "
               "part of the recording by start= and stop=";
    case ENODATA:
        return "no live feed is on the air; begin one";
    case ENOSPC:
        return "the live feed has ended; begin another one";
    case ERANGE:
        return "a receiver streams, and the rate of the scene is not 1 to 64 times the receiver's; "
               "stop the receiver, or set another rate";
    case EOPNOTSUPP:
        return "a board has no antenna that takes scenes; use a simulated device";
    case ENODEV:
        return "the antenna is gone";
    case ENOTTY:
        return "not a zcring antenna, or its driver has another version; install driver and "
               "library of one version";
    default:
        return remedy(error);
    }
}

std::string server_remedy(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED:
        return "no such server; start it (zcring serve NAME), or see which ones run (zcring info)";
    case EACCES:
    case EPERM:
        return "permission denied; run as the user of the server, or become a member of the group "
               "that the server was started with (zcring serve --group GROUP)";
    case EBUSY:
        return "the server has no more room; close another program that uses the server";
    case EMFILE:
    case EUSERS:
    case EDQUOT:
        return "too much for one user of the server; close another program that uses the server, "
               "or set a smaller ring_bytes or rate";
    case EINVAL:
        return "a value is out of the server's range; a server has bursts of at least 1 ms "
               "(interval_us=1000)";
    case ENODEV:
        return "the server or its receiver is gone";
    case ENXIO:
        return "the server has no such receiver; see which ones it has (zcring info)";
    case EAGAIN:
    case ETIMEDOUT:
        return "the server does not answer; restart it";
    case EPROTO:
    case EPROTOTYPE:
    case ENOTTY:
        return "not a zcring server, or one of another version; start zcring serve of the version "
               "of this library";
    case ENAMETOOLONG:
        return "the path of the socket is too long; choose a shorter name or path";
    default:
        return remedy(error);
    }
}

std::string injection_remedy(int error)
{
    switch (error) {
    case ENOENT:
    case EACCES:
    case EPERM:
        return "mount debugfs (mount -t debugfs none /sys/kernel/debug), and run as root";
    case EINVAL:
        return "no stream runs; start one";
    case ERANGE:
        return "out of range: a stall lasts 0 s to a day, up to 2^48 samples are dropped, and "
               "no time is before 1970";
    case EEXIST:
        return "the device is plugged in already";
    default:
        return remedy(error);
    }
}

} // namespace

void throw_injection_error(int error, const std::string& path)
{
    throw std::system_error(error, std::system_category(), path + ": " + injection_remedy(error));
}

void throw_antenna_error(int error, const std::string& path, const char* what)
{
    throw std::system_error(
        error, std::system_category(), path + ": " + what + ": " + antenna_remedy(error));
}

// A socket without a listener is that of a server which is gone, and may be back.
void throw_server_error(int error, const std::string& name, const char* what)
{
    throw std::system_error(error == ECONNREFUSED ? ENOENT : error,
                            std::system_category(),
                            name + ": " + what + ": " + server_remedy(error));
}

void throw_device_error(int error, const std::string& path, const char* what)
{
    throw std::system_error(
        error, std::system_category(), path + ": " + what + ": " + remedy(error));
}

} // namespace zcring
