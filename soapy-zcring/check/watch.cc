// SPDX-License-Identifier: GPL-3.0-or-later
//
// The calls of the module, told to the watcher. Each thread has a slot for its whole life.

#include "watch.h"

#include <cstdio>
#include <stdexcept>

namespace soapy_check {

namespace {

progress* told_to = nullptr;
std::atomic<unsigned> threads{ 0 };

call_slot& slot_of_this_thread()
{
    thread_local const unsigned index = threads++;
    if (index >= std::size(told_to->slots))
        throw std::logic_error("more threads call the module than have a slot");
    return told_to->slots[index];
}

} // namespace

void tell_calls_to(progress& memory) { told_to = &memory; }

void tell_call(const std::string& text)
{
    call_slot& slot = slot_of_this_thread();
    copy_text(slot.text, text);
    slot.since_ns = now_ns();
}

told_call::told_call(const std::string& text) { tell_call(text); }

told_call::~told_call() { slot_of_this_thread().since_ns = 0; }

std::string text_of(direction dir) { return dir == rx ? "RX" : "TX"; }

std::string text_of(double value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.12g", value);
    return text;
}

std::string text_of(const std::string& value) { return '"' + value + '"'; }

std::string text_of(const char* value) { return text_of(std::string(value)); }

std::string text_of(const SoapySDR::Kwargs& value)
{
    return "{" + SoapySDR::KwargsToString(value) + "}";
}

std::string text_of(const std::vector<size_t>& channels)
{
    std::string text;
    for (const size_t channel : channels)
        text += (text.empty() ? "" : ", ") + std::to_string(channel);
    return "{" + text + "}";
}

} // namespace soapy_check
