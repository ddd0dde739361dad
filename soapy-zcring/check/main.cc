// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring-check-soapy: checks any SoapySDR module against the API's documentation and against the
// programs that use it. Each rule runs in a process of its own (isolated.h).

#include "isolated.h"
#include "report.h"

#include <CLI/CLI.hpp>
#include <fnmatch.h>
#include <algorithm>
#include <cstdio>
#include <exception>

namespace {

using namespace soapy_check;

constexpr int status_failed = 1;
constexpr int status_wrong = 2;
constexpr double rule_limit_seconds = 120; // plus what its streams take

struct choice {
    std::vector<std::string> only, skip;
    std::string direction;
};

bool matches(const std::vector<std::string>& patterns, const std::string& name)
{
    for (const std::string& pattern : patterns)
        if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0)
            return true;
    return false;
}

bool is_chosen(const choice& chosen, const trial& each)
{
    const bool about_direction = each.checked.about != scope::device;
    if (about_direction && chosen.direction == "RX" && each.dir != rx)
        return false;
    if (about_direction && chosen.direction == "TX" && each.dir != tx)
        return false;
    return (chosen.only.empty() || matches(chosen.only, each.name)) &&
           !matches(chosen.skip, each.name);
}

/*! Moves the rules about a direction without channels from \p trials to the report. */
void skip_without_channels(std::vector<trial>& trials,
                           direction dir,
                           const verdict& counted,
                           report& results)
{
    if (counted.channels[dir] > 0)
        return;
    const auto about_others = [dir](const trial& each) {
        return each.checked.about == scope::device || each.dir != dir;
    };
    const auto first = std::stable_partition(trials.begin(), trials.end(), about_others);
    results.skip({ first, trials.end() }, dir);
    trials.erase(first, trials.end());
}

/*! Checks the chosen rules. Returns the exit status. */
int check(const options& wanted, const choice& chosen, bool json, bool verbose)
{
    std::vector<trial> trials;
    for (const trial& each : all_trials())
        if (is_chosen(chosen, each))
            trials.push_back(each);
    if (trials.empty()) {
        std::fputs("zcring-check-soapy: no rule has such a name; --list prints all\n", stderr);
        return status_wrong;
    }

    const double limit = rule_limit_seconds + 10 * wanted.seconds + wanted.patience;
    const verdict counted = run_isolated(count_channels, wanted, limit, verbose);
    if (counted.result == outcome::failed) {
        if (!counted.log.empty())
            std::fprintf(stderr, "%s\n", counted.log.c_str());
        std::fprintf(stderr,
                     "zcring-check-soapy: no device: %s returned %s; SoapySDRUtil --find lists "
                     "devices\n",
                     counted.called.c_str(),
                     counted.returned.c_str());
        return status_wrong;
    }
    report results(wanted.arguments, json);
    for (const direction dir : { rx, tx })
        skip_without_channels(trials, dir, counted, results);
    for (const trial& each : trials)
        results.add(each, run_isolated(each.name, wanted, limit, verbose));
    return results.finish() ? 0 : status_failed;
}

} // namespace

int main(int argc, char** argv)
try {
    options wanted;
    choice chosen;
    bool list = false, json = false, verbose = false;
    std::string trial_name;
    int progress_fd = -1;

    CLI::App app{ "Checks a SoapySDR module against the API and the programs that use it." };
    app.set_version_flag("--version", ZCRING_VERSION);
    app.add_option("ARGS", wanted.arguments, "the device, as in driver=zcring,scene=counter");
    app.add_flag("--list", list, "print all rules with their sources");
    app.add_option("--only", chosen.only, "check only rules of this name; * and ? are wildcards")
        ->allow_extra_args(false);
    app.add_option("--skip", chosen.skip, "leave out rules of this name")->allow_extra_args(false);
    app.add_option("--direction", chosen.direction, "check only channels of this direction")
        ->check(CLI::IsMember({ "RX", "TX" }, CLI::ignore_case));
    app.add_option("--stream-args", wanted.stream_arguments, "arguments for every stream");
    app.add_option("--seconds", wanted.seconds, "how long a rule streams [1]")
        ->check(CLI::Range(0.01, 3600.0));
    app.add_option("--patience", wanted.patience, "seconds after which a call hangs [10]")
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--rate", wanted.rate, "samples per second while streaming [the device's]")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--json", json, "print the report as JSON");
    app.add_flag("--verbose", verbose, "show what the module prints, on stderr");
    app.add_option("--trial", trial_name)->group("");
    app.add_option("--progress", progress_fd)->group("");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : status_wrong;
    }
    if (list) {
        list_rules();
        return 0;
    }
    if (wanted.arguments.empty()) {
        std::fputs("zcring-check-soapy: no device: name it, as in driver=zcring\n", stderr);
        return status_wrong;
    }
    if (!trial_name.empty())
        return run_trial(trial_name, wanted, progress_fd);
    return check(wanted, chosen, json, verbose);
} catch (const std::exception& error) {
    std::fprintf(stderr, "zcring-check-soapy: %s\n", error.what());
    return status_wrong;
}
