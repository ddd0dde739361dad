// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Calls of the module, each told to the watcher before it is made.
 *
 * Threading: any thread may call; at most eight threads in the life of the process.
 */
#ifndef ZCRING_SOAPY_CHECK_WATCH_H
#define ZCRING_SOAPY_CHECK_WATCH_H

#include "progress.h"
#include "verdict.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Device.hpp>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace soapy_check {

/*! The direction of a channel. Converts to the int of the API, but prints as RX or TX. */
enum direction : int { tx = SOAPY_SDR_TX, rx = SOAPY_SDR_RX };

/*! Where the calls are told from now on. Must outlive the process. */
void tell_calls_to(progress&);

/*! Tells that the calling thread is in the call \p text, from now on. */
void tell_call(const std::string& text);

/*! Tells that the calling thread is in the call \p text, until it is destroyed. */
class told_call final
{
public:
    explicit told_call(const std::string& text);
    ~told_call();
    told_call(const told_call&) = delete;
    told_call& operator=(const told_call&) = delete;
};

/*! An argument that is printed by its name: one that the call sets, or memory. */
struct named {
    const char* name;
};
inline constexpr named a_stream{ "stream" };
inline constexpr named some_buffers{ "buffs" };

/*! An argument, as it is printed. */
inline std::string text_of(named argument) { return argument.name; }
std::string text_of(direction);
std::string text_of(double);
std::string text_of(const char*);
std::string text_of(const std::string&);
std::string text_of(const SoapySDR::Kwargs&);
std::string text_of(const std::vector<size_t>&);
inline std::string text_of(SoapySDR::Stream*) { return "stream"; }
inline std::string text_of(bool value) { return value ? "true" : "false"; }
template <class T>
std::enable_if_t<std::is_integral_v<T>, std::string> text_of(T value)
{
    return std::to_string(value);
}
template <class T>
std::string text_of(T* const*)
{
    return "buffs";
}
inline std::string text_of(const void**) { return "buffs"; }
inline std::string text_of(void**) { return "buffs"; }

template <class... Arguments>
std::string text_of_call(const std::string& name, const Arguments&... arguments)
{
    std::string text;
    ((text += (text.empty() ? "" : ", ") + text_of(arguments)), ...);
    return name + "(" + text + ")";
}

/*! Makes a call of the module. Throws threw in place of what the module throws. */
template <class Function>
auto watch(const std::string& text, Function function)
{
    const told_call told(text);
    try {
        return function();
    } catch (const std::exception& error) {
        throw threw(text, error.what());
    } catch (...) {
        throw threw(text, "of a type that is no std::exception");
    }
}

/*!
 * \brief Calls a method of a device as it is written: CALL(device, setAntenna, rx, 0, "").
 *
 * A macro, because the text of the call comes from its name and arguments, and because a pointer to
 * an overloaded method needs a cast.
 */
#define CALL(device, method, ...)                                             \
    ::soapy_check::watch(::soapy_check::text_of_call(#method, ##__VA_ARGS__), \
                         [&] { return (device)->method(__VA_ARGS__); })

/*! The exception that \p calls ended with, if they did. */
template <class Function>
std::optional<threw> exception_of(Function calls)
{
    try {
        calls();
    } catch (const threw& exception) {
        return exception;
    }
    return std::nullopt;
}

} // namespace soapy_check

#endif
