// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the user reads: what was called, what came back, what should have.

#include "report.h"

#include <cstdio>
#include <iostream>
#include <sstream>

namespace soapy_check {

namespace {

const char* word_of(outcome result)
{
    switch (result) {
    case outcome::ok:
        return "ok";
    case outcome::skipped:
        return "skipped";
    default:
        return "FAILED";
    }
}

void print_failure(const trial& tried, const verdict& end)
{
    std::printf("         called    %s\n", end.called.c_str());
    std::printf("         returned  %s\n", end.returned.c_str());
    std::printf("         source    %s\n", tried.checked.source);
    std::istringstream log(end.log);
    for (std::string line; std::getline(log, line);)
        std::printf("         printed   %s\n", line.c_str());
}

} // namespace

report::report(const std::string& arguments, bool json) : d_json(json)
{
    d_document["device"] = arguments;
    d_document["rules"] = nlohmann::ordered_json::array();
}

void report::record(const trial& tried, const verdict& end)
{
    d_counts[static_cast<int>(end.result)]++;
    nlohmann::ordered_json entry = { { "rule", tried.name },
                                     { "result", word_of(end.result) },
                                     { "statement", tried.checked.statement },
                                     { "source", tried.checked.source },
                                     { "seconds", end.seconds } };
    if (end.result == outcome::failed) {
        entry["called"] = end.called;
        entry["returned"] = end.returned;
        entry["printed"] = end.log;
    } else if (end.result == outcome::skipped) {
        entry["why"] = end.returned;
    }
    d_document["rules"].push_back(entry);
}

void report::add(const trial& tried, const verdict& end)
{
    record(tried, end);
    if (d_json)
        return;
    std::printf("%-8s %-24s %s\n",
                word_of(end.result),
                tried.name.c_str(),
                end.result == outcome::skipped ? end.returned.c_str() : tried.checked.statement);
    if (end.result == outcome::failed)
        print_failure(tried, end);
    std::fflush(stdout);
}

void report::skip(const std::vector<trial>& trials, direction dir)
{
    verdict none;
    none.result = outcome::skipped;
    none.returned = "the device has no " + text_of(dir) + " channel";
    for (const trial& each : trials)
        record(each, none);
    if (!d_json && !trials.empty())
        std::printf("%-8s %-24s %s (%zu rules)\n",
                    word_of(none.result),
                    dir == rx ? "rx.*" : "tx.*",
                    none.returned.c_str(),
                    trials.size());
}

bool report::finish()
{
    const int ok = d_counts[static_cast<int>(outcome::ok)];
    const int failures = d_counts[static_cast<int>(outcome::failed)];
    const int left_out = d_counts[static_cast<int>(outcome::skipped)];
    if (d_json) {
        d_document["ok"] = ok;
        d_document["failed"] = failures;
        d_document["skipped"] = left_out;
        using json = nlohmann::ordered_json;
        std::cout << d_document.dump(2, ' ', false, json::error_handler_t::replace) << std::endl;
    } else {
        std::printf("%d rules: %d ok, %d failed, %d skipped\n",
                    ok + failures + left_out,
                    ok,
                    failures,
                    left_out);
    }
    return failures == 0;
}

void list_rules()
{
    for (const trial& each : all_trials())
        std::printf("%-24s %s\n%-24s source: %s\n",
                    each.name.c_str(),
                    each.checked.statement,
                    "",
                    each.checked.source);
}

} // namespace soapy_check
