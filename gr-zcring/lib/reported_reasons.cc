/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The reasons that a source has logged, such as why commands were refused. A program that sends the
// same wrong command a thousand times a second gets one line, and a second mistake gets another.
#include "reported_reasons.h"

#include <cctype>
#include <cstring>

namespace gr {
namespace zcring {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

bool is_part_of_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The end of the number whose first digit is at \p at: past its fraction and its exponent.
std::size_t end_of_number(const std::string& text, std::size_t at)
{
    const auto digit_at = [&](std::size_t n) { return n < text.size() && is_digit(text[n]); };
    while (digit_at(at) || (at < text.size() && text[at] == '.' && digit_at(at + 1)))
        at++;
    if (at < text.size() && text[at] == 'e') {
        const std::size_t sign = at + 1 < text.size() && std::strchr("+-", text[at + 1]) ? 1 : 0;
        if (digit_at(at + 1 + sign))
            for (at += 1 + sign; digit_at(at);)
                at++;
    }
    return at;
}

// Each number becomes "#". A digit within a name, such as "key1", belongs to the name.
std::string without_numbers(const std::string& text)
{
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at]) || (at > 0 && is_part_of_name(text[at - 1]))) {
            result += text[at++];
            continue;
        }
        if (!result.empty() && result.back() == '-')
            result.pop_back();
        result += '#';
        at = end_of_number(text, at);
    }
    return result;
}

} // namespace

reported_reasons::verdict reported_reasons::report(const std::string& text)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    const std::string reason = without_numbers(text.substr(0, bytes_max));
    if (d_reasons.size() == reasons_max || !d_reasons.insert(reason).second)
        return verdict::silent;
    return d_reasons.size() == reasons_max ? verdict::log_the_last : verdict::log;
}

void reported_reasons::clear()
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    d_reasons.clear();
}

} // namespace zcring
} // namespace gr
