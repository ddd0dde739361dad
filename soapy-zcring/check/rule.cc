// SPDX-License-Identifier: GPL-3.0-or-later
//
// The list of all rules: those that need no stream first, so that a report begins with what explains
// the rest.

#include "rule.h"

namespace soapy_check {

std::vector<rule> all_rules()
{
    std::vector<rule> all;
    for (const auto part : { device_rules,
                             argument_rules,
                             clock_rules,
                             tuning_rules,
                             gain_rules,
                             setup_rules,
                             activity_rules,
                             read_rules,
                             time_rules,
                             overflow_rules,
                             direct_rules,
                             write_rules,
                             thread_rules,
                             program_rules }) {
        const std::vector<rule> rules = part();
        all.insert(all.end(), rules.begin(), rules.end());
    }
    return all;
}

// Transmitting comes last: what is sent may be what the receive channels hear from then on.
std::vector<trial> all_trials()
{
    const std::vector<rule> rules = all_rules();
    std::vector<trial> trials;
    for (const rule& each : rules) {
        if (each.about == scope::device)
            trials.push_back({ each, rx, std::string("device.") + each.name });
        if (each.about == scope::channel || each.about == scope::receive)
            trials.push_back({ each, rx, std::string("rx.") + each.name });
    }
    for (const rule& each : rules)
        if (each.about == scope::channel || each.about == scope::transmit)
            trials.push_back({ each, tx, std::string("tx.") + each.name });
    return trials;
}

} // namespace soapy_check
