// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/arguments.h>

#include <string>
#include <string_view>
#include <vector>

namespace zcring {

/*!
 * \brief One key of the argument string, as the parser and the help texts use it.
 *
 * The only place where a key, its values, its default and its help are written; all else is
 * made from this table, or compared with it by tests/lib/argument_table_test.cc.
 */
struct argument_row {
    argument_info info;
    //! What an error says that the value must be: "a number from 0.001 to 1e10".
    std::string allowed;
    //! Sets the value of the key. Throws std::invalid_argument by throw_argument_error().
    void (*set)(arguments& a, const argument_row& row, std::string_view value) = nullptr;
    //! For a number: the value that is set, if any, and its range.
    std::optional<double> (*number)(const arguments& a) = nullptr;
    double low = 0;
    double high = 0;
    std::vector<std::string> words = {}; //!< for a key with a fixed set of values
};

const std::vector<argument_row>& argument_rows();

//! The keys, as in "device, emulator, format".
std::string argument_keys();

//! As in "0.001" and "1e10": a power of ten from 1e10 on is written short.
std::string number_text(double x);

//! Throws std::invalid_argument: the value of the key must be \p allowed.
[[noreturn]] void
throw_argument_error(std::string_view key, std::string_view value, const std::string& allowed);

} // namespace zcring
