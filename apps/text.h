// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief Numbers and tables for people.
 */
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace app {

//! 1234567 is "1,234,567".
std::string grouped(std::uint64_t n);

//! "1 burst", "2 bursts".
std::string counted(std::uint64_t n, const std::string& noun);

//! The number with as many digits as it needs, and at most \p digits.
std::string plain(double x, int digits = 12);

//! The number with a fitting prefix of its unit: 2.4e6, "S/s" is "2.4 MS/s".
std::string scaled(double value, const std::string& unit, int digits = 12);

//! 8388608 is "8 MiB".
std::string bytes_text(std::uint64_t bytes);

//! Rows of a label and cells, in columns; indented. The first \p numeric columns of cells are
//! aligned to the right.
class table final
{
public:
    explicit table(std::size_t numeric = 0) : d_numeric(numeric) {}
    void row(std::string label, std::vector<std::string> cells);
    friend std::ostream& operator<<(std::ostream& out, const table& t);

private:
    std::size_t d_numeric;
    std::vector<std::vector<std::string>> d_rows; //!< the label first
};

} // namespace app
