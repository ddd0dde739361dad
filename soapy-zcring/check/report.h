// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The report: one line for each rule, or JSON.
 */
#ifndef ZCRING_SOAPY_CHECK_REPORT_H
#define ZCRING_SOAPY_CHECK_REPORT_H

#include "isolated.h"

#include <nlohmann/json.hpp>

namespace soapy_check {

class report final
{
public:
    /*! \p json prints everything at the end; otherwise each rule is printed when it is done. */
    report(const std::string& arguments, bool json);

    void add(const trial&, const verdict&);

    /*! Skips rules about a direction without channels: one line for all. */
    void skip(const std::vector<trial>&, direction);

    /*! Prints the summary. Returns whether no rule has failed. */
    bool finish();

private:
    void record(const trial&, const verdict&);

    bool d_json;
    int d_counts[4] = {}; // by outcome
    nlohmann::ordered_json d_document;
};

/*! Prints every rule with its reason. */
void list_rules();

} // namespace soapy_check

#endif
