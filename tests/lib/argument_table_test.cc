// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of the argument string is right, and every document that repeats it has the same
// keys, values and defaults: a difference fails with the name of the file and of the key.
#include <zcring/arguments.h>

#include "argument_table.h"
#include "emulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

using zcring::argument_info;
using zcring::argument_table;

// A document that repeats the table, from the text begin up to the text end.
struct document {
    const char* name;
    const char* path;
    const char* begin;
    const char* end;
    bool is_of_block; // which has parameters in place of some keys, and of the default format
};

constexpr document documents[] = {
    { "device_h", "lib/include/zcring/device.h", "Opened by an argument", "Ownership:", false },
    { "reference", "docs/reference.md", "| key | values |", "\n\n", false },
    { "manual", "docs/zcring.1", ".SH ARGUMENTS", ".SH EXIT STATUS", false },
    { "source_h",
      "gr-zcring/include/gnuradio/zcring/source.h",
      "\\param args",
      "\\param type",
      true },
    { "companion", "grc/zcring_source.block.yml", "    Device Arguments\n", "Example:", true },
};

class ArgumentDocument : public testing::TestWithParam<document>
{
};

std::string read_file(const std::string& path)
{
    std::ifstream in(path);
    EXPECT_TRUE(in) << path;
    return { std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>() };
}

std::string replace(const std::string& text, const char* pattern, const char* by)
{
    return std::regex_replace(text, std::regex(pattern), by);
}

// The lines of the table without the markup of C++ comments, Markdown, YAML and man pages.
std::string table_of(const document& d)
{
    const std::string text = read_file(std::string(ZCRING_SOURCE_DIR) + "/" + d.path);
    const auto begin = text.find(d.begin);
    const auto end = text.find(d.end, begin);
    EXPECT_NE(begin, std::string::npos) << d.path << " has no \"" << d.begin << '"';
    EXPECT_NE(end, std::string::npos) << d.path << " has no \"" << d.end << "\" behind it";
    if (begin == std::string::npos || end == std::string::npos)
        return {};
    std::string table = text.substr(begin, end - begin);
    table = replace(table, "\n\\.TP\n\\.B[I]? ([^\n]*)\n", "\n$1 ");
    table = replace(table, "= PATH", "=PATH");
    table = replace(table, "\\\\-", "-");
    table = replace(table, "\n +\\* ", "\n");
    table = replace(table, "\n *- ", "\n");
    return replace(table, "[`|]", " ");
}

std::vector<argument_info> expected_rows(const document& d)
{
    static const std::set<std::string> parameters_of_block = { "channels", "rate", "freq", "gain" };
    std::vector<argument_info> rows;
    for (argument_info row : argument_table()) {
        if (d.is_of_block && parameters_of_block.count(row.key))
            continue;
        if (d.is_of_block && row.key == "format")
            row.default_value = "the type of the items";
        rows.push_back(row);
    }
    return rows;
}

// The table on one line, with single spaces, and "1 to 8 1" for "1 to 8 (default 1)".
std::string in_one_line(const std::string& table)
{
    std::string line = replace(table, "\\s+", " ");
    line = replace(line, "\\(default ([^)]*)\\)", "$1");
    return replace(line, "= ?", "= ");
}

std::string entry_of(const argument_info& row)
{
    if (row.values.empty())
        return " " + row.key;
    return " " + row.key + "= " + row.values +
           (row.default_value.empty() ? "" : " " + row.default_value);
}

TEST_P(ArgumentDocument, HasEveryKeyWithItsValuesAndDefault)
{
    const std::string line = in_one_line(table_of(GetParam()));
    for (const argument_info& row : expected_rows(GetParam())) {
        const auto at = line.find(entry_of(row));
        const bool is_there =
            at != std::string::npos && !std::isalnum(line[at + entry_of(row).size()]);
        EXPECT_TRUE(is_there) << GetParam().path << ": " << row.key << ": there is no \""
                              << entry_of(row).substr(1) << "\", as the argument table has it";
    }
}

TEST_P(ArgumentDocument, HasNoOtherKey)
{
    const std::string table = table_of(GetParam());
    const std::regex key("\n *([a-z_]+)=(?![a-z,])");
    for (auto it = std::sregex_iterator(table.begin(), table.end(), key);
         it != std::sregex_iterator();
         ++it) {
        const std::string name = (*it)[1];
        const auto& rows = argument_table();
        EXPECT_TRUE(std::any_of(
            rows.begin(), rows.end(), [&](const argument_info& row) { return row.key == name; }))
            << GetParam().path << ": " << name << "= is not in the argument table";
    }
}

INSTANTIATE_TEST_SUITE_P(Of, ArgumentDocument, testing::ValuesIn(documents), [](const auto& test) {
    return std::string(test.param.name);
});

TEST(ArgumentTable, HasTheDefaultsOfTheEmulator)
{
    std::string text;
    for (const argument_info& row : argument_table())
        if (!row.default_value.empty())
            text += row.key + "=" + row.default_value + ",";
    const zcring::arguments a = zcring::parse_arguments(text);
    const zcring::emulator e(zcring::pacing::real);
    const zcring_config config = e.config();
    EXPECT_EQ(a.format, zcring::format::sc16);
    EXPECT_EQ(config.format, static_cast<std::uint32_t>(ZCRING_FORMAT_SC16));
    EXPECT_EQ(a.channels, config.channels);
    EXPECT_EQ(a.rate, static_cast<double>(config.rate_num) / static_cast<double>(config.rate_den));
    EXPECT_EQ(*a.freq * 1e6, static_cast<double>(e.tuning().channel[0].freq_uhz));
    EXPECT_EQ(*a.gain * 100, e.tuning().channel[0].gain_mb);
    EXPECT_EQ(*a.noise * 100, e.tuning().noise_mb);
    EXPECT_EQ(a.ring_bytes, config.ring_bytes);
    EXPECT_EQ(*a.interval_us * 1000, config.interval_ns);
    EXPECT_EQ(a.scene, "tone");
    EXPECT_EQ(a.start, 0);
    EXPECT_EQ(a.stop, std::nullopt);
    EXPECT_EQ(a.loop, zcring::looping::yes);
    EXPECT_EQ(a.dma, zcring::dma_mode::copy);
    EXPECT_EQ(config.dma, static_cast<std::uint32_t>(ZCRING_DMA_COPY));
    EXPECT_EQ(a.pace, zcring::pacing::real);
    EXPECT_EQ(a.seed, config.seed);
}

TEST(ArgumentTable, HasEachKeyOnce)
{
    std::set<std::string> keys;
    for (const argument_info& row : argument_table())
        EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_EQ(keys.size(), 20u);
}

TEST(ArgumentTable, IsPrintedInLinesThatFit)
{
    const std::string text = zcring::argument_text(argument_table(), 4, 72);
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        EXPECT_LE(end - begin, 72u);
        EXPECT_EQ(text.substr(begin, 4), "    ");
        begin = end + 1;
    }
    EXPECT_EQ(begin, text.size());
    const std::string line = in_one_line(text);
    for (const argument_info& row : argument_table())
        EXPECT_NE(line.find(entry_of(row)), std::string::npos) << row.key;
}

TEST(ArgumentTable, WritesNumbersAsPeopleDo)
{
    EXPECT_EQ(zcring::number_text(1e10), "1e10");
    EXPECT_EQ(zcring::number_text(-1e12), "-1e12");
    EXPECT_EQ(zcring::number_text(1.1e10), "11000000000");
    EXPECT_EQ(zcring::number_text(1073741824), "1073741824");
    EXPECT_EQ(zcring::number_text(0.001), "0.001");
    EXPECT_EQ(zcring::number_text(0), "0");
    EXPECT_EQ(zcring::number_text(-60), "-60");
    EXPECT_EQ(zcring::number_text(-std::numeric_limits<double>::infinity()), "-inf");
}

} // namespace
