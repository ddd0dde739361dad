/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The reasons that a source has logged, such as why commands were refused. A program that sends the
// same wrong command a thousand times a second gets one line, and a second mistake gets another.
#include "reported_reasons.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace gr {
namespace zcring {

namespace {

std::string without_numbers(const std::string& text)
{
    std::istringstream words(text);
    std::string result;
    for (std::string word; words >> word;)
        if (std::none_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); }))
            result += word + ' ';
    return result;
}

} // namespace

reported_reasons::verdict reported_reasons::report(const std::string& text)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    if (d_reasons.size() == reasons_max || !d_reasons.insert(without_numbers(text)).second)
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
