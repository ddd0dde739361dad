// SPDX-License-Identifier: GPL-3.0-or-later
//
// Formats numbers, units and tables for the reports of the command.
#include "text.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace app {

namespace {

// The number of columns on a terminal: the continuation bytes of UTF-8 need none.
std::size_t width(const std::string& text)
{
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

} // namespace

std::string grouped(std::uint64_t n)
{
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

std::string counted(std::uint64_t n, const std::string& noun)
{
    return grouped(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string plain(double x, int digits)
{
    std::ostringstream text;
    text.precision(digits);
    text << x;
    return text.str();
}

std::string scaled(double value, const std::string& unit, int digits)
{
    static constexpr const char* prefixes[] = { "m", "", "k", "M", "G", "T" };
    double scale = 1e-3;
    std::size_t i = 0;

    if (value == 0)
        return "0 " + unit;
    while (i + 1 < std::size(prefixes) && std::fabs(value) >= scale * 1000) {
        scale *= 1000;
        i++;
    }
    return plain(value / scale, digits) + " " + prefixes[i] + unit;
}

std::string bytes_text(std::uint64_t bytes)
{
    static constexpr const char* units[] = { "B", "KiB", "MiB", "GiB" };
    std::size_t i = 0;

    while (i + 1 < std::size(units) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        i++;
    }
    return grouped(bytes) + " " + units[i];
}

void table::row(std::string label, std::vector<std::string> cells)
{
    cells.insert(cells.begin(), std::move(label));
    d_rows.push_back(std::move(cells));
}

std::ostream& operator<<(std::ostream& out, const table& t)
{
    std::vector<std::size_t> widths;
    for (const auto& row : t.d_rows)
        for (std::size_t i = 0; i < row.size(); i++) {
            widths.resize(std::max(widths.size(), i + 1));
            widths[i] = std::max(widths[i], width(row[i]));
        }
    for (const auto& row : t.d_rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); i++) {
            const std::string pad(widths[i] - width(row[i]), ' ');
            const bool right = i > 0 && i <= t.d_numeric;
            line += "  " + (right ? pad + row[i] : row[i] + pad);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
    return out;
}

} // namespace app
