// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A rule, and the list of all rules.
 */
#ifndef ZCRING_SOAPY_CHECK_RULE_H
#define ZCRING_SOAPY_CHECK_RULE_H

#include "watch.h"

#include <SoapySDR/Types.hpp>
#include <string>
#include <vector>

namespace soapy_check {

/*! What the user asked for. */
struct options {
    std::string arguments;        //!< of the device, in SoapySDR's markup
    std::string stream_arguments; //!< of every stream, beside those of a rule
    double seconds = 1;   //!< how long a rule streams, and a third of how long one stops reading
    double patience = 10; //!< seconds after which a call hangs, or samples stay away
    double rate = 0;      //!< samples per second for rules that stream; 0: the device's own
};

/*! Which channels a rule is about. */
enum class scope {
    device,  //!< none; tried once
    channel, //!< those of each direction; tried for RX and for TX
    receive, //!< those for RX
    transmit //!< those for TX
};

/*! One sentence of the contract between a module and the programs that call it. */
struct rule {
    const char* name;      //!< without the direction
    scope about;           //!< which channels
    const char* statement; //!< what holds
    const char* source;    //!< which part of the API says so, or which program relies on it
    void (*check)(const options&, direction); //!< throws failed, threw or skipped
};

/*! The rules of each file, in the order in which they are tried. */
std::vector<rule> device_rules();
std::vector<rule> argument_rules();
std::vector<rule> clock_rules();
std::vector<rule> tuning_rules();
std::vector<rule> gain_rules();
std::vector<rule> setup_rules();
std::vector<rule> activity_rules();
std::vector<rule> read_rules();
std::vector<rule> time_rules();
std::vector<rule> overflow_rules();
std::vector<rule> direct_rules();
std::vector<rule> write_rules();
std::vector<rule> thread_rules();
std::vector<rule> program_rules();

/*! All of them. */
std::vector<rule> all_rules();

/*! A rule for one direction, with the name that the user sees: rx.mtu. */
struct trial {
    rule checked;
    direction dir;
    std::string name;
};

/*! Every rule for every direction that it is about. */
std::vector<trial> all_trials();

} // namespace soapy_check

#endif
