// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules about activating, deactivating and closing a stream, in every order that programs use.

#include "device.h"

namespace soapy_check {

namespace {

/*! A result of (de)activateStream() that is no success, but in order. */
void demand_known(int result, const std::string& call)
{
    demand(result == 0 || is_error_code(result), call, text_of_result(result));
}

void deactivate_may_come_first(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    const int result = CALL(dev, deactivateStream, flow);
    demand_known(result, "deactivateStream(stream) before activateStream()");
    flow.activate();
    flow.prove();
}

void activate_may_come_twice(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    flow.activate();
    flow.prove();
    const int result = CALL(dev, activateStream, flow);
    demand_known(result, "activateStream(stream) for the second time");
    flow.prove();
    flow.deactivate();
    flow.activate();
    flow.prove();
}

void deactivate_may_come_twice(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    flow.activate();
    flow.prove();
    flow.deactivate();
    const int result = CALL(dev, deactivateStream, flow);
    demand_known(result, "deactivateStream(stream) for the second time");
    flow.activate();
    flow.prove();
}

void streams_restart(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    for (int turn = 0; turn < 5; turn++) {
        flow.activate();
        flow.prove();
        flow.deactivate();
    }
}

void streams_are_set_up_again(const options& wanted, direction dir)
{
    device dev(wanted);
    for (int turn = 0; turn < 5; turn++) {
        stream flow(dev, dir);
        flow.activate();
        flow.prove();
        flow.deactivate();
        flow.close();
    }
}

void idle_streams_close(const options& wanted, direction dir)
{
    device dev(wanted);
    for (int turn = 0; turn < 3; turn++)
        stream(dev, dir).close();
    stream flow(dev, dir);
    flow.activate();
    flow.prove();
}

void active_streams_close(const options& wanted, direction dir)
{
    device dev(wanted);
    for (int turn = 0; turn < 3; turn++) {
        stream flow(dev, dir);
        flow.activate();
        flow.prove();
        flow.close();
    }
}

void devices_with_open_streams_are_unmade(const options& wanted, direction dir)
{
    for (int turn = 0; turn < 2; turn++) {
        device dev(wanted);
        stream flow(dev, dir);
        flow.activate();
        flow.prove();
        flow.abandon();
        dev.unmake();
    }
}

void rates_change_in_between(const options& wanted, direction dir)
{
    device dev(wanted);
    stream flow(dev, dir);
    const double rate = CALL(dev, getSampleRate, dir, size_t(0));
    flow.activate();
    flow.prove();
    flow.deactivate();
    CALL(dev, setSampleRate, dir, size_t(0), rate);
    flow.activate();
    flow.prove();
    const double now = CALL(dev, getSampleRate, dir, size_t(0));
    demand(now == rate, text_of_call("setSampleRate", dir, size_t(0), rate), text_of(now));
}

} // namespace

std::vector<rule> activity_rules()
{
    return {
        { "deactivate-first",
          scope::channel,
          "deactivateStream() may come before activateStream()",
          "CubicSDR deactivates before it sets the first rate",
          deactivate_may_come_first },
        { "activate-twice",
          scope::channel,
          "a second activateStream() does not stop the stream",
          "Device.hpp, activateStream()",
          activate_may_come_twice },
        { "deactivate-twice",
          scope::channel,
          "a second deactivateStream() does no harm",
          "uhd-soapysdr deactivates on the command and when the stream ends",
          deactivate_may_come_twice },
        { "restart",
          scope::channel,
          "a stream can be activated again and again",
          "Device.hpp, activateStream(), deactivateStream()",
          streams_restart },
        { "setup-again",
          scope::channel,
          "a stream can be set up again and again",
          "Device.hpp, closeStream(); gr-soapy sets up at each start",
          streams_are_set_up_again },
        { "close-idle",
          scope::channel,
          "a stream that was never active can be closed",
          "Device.hpp, closeStream()",
          idle_streams_close },
        { "close-active",
          scope::channel,
          "a stream can be closed while it is active",
          "welle-cli never deactivates",
          active_streams_close },
        { "unmake-open",
          scope::channel,
          "a device can be unmade while a stream is active",
          "rtl_433 never closes its stream",
          devices_with_open_streams_are_unmade },
        { "rate-restart",
          scope::channel,
          "the rate can be set between two activations",
          "CubicSDR",
          rates_change_in_between },
    };
}

} // namespace soapy_check
