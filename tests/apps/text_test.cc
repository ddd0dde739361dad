// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers, units and tables as the command prints them.
// Each case is one rule of the format, with its limits.
#include "text.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

TEST(Text, numbers_are_grouped_by_thousands)
{
    EXPECT_EQ(app::grouped(0), "0");
    EXPECT_EQ(app::grouped(999), "999");
    EXPECT_EQ(app::grouped(1000), "1,000");
    EXPECT_EQ(app::grouped(std::numeric_limits<std::uint64_t>::max()),
              "18,446,744,073,709,551,615");
}

TEST(Text, one_is_singular)
{
    EXPECT_EQ(app::counted(0, "burst"), "0 bursts");
    EXPECT_EQ(app::counted(1, "burst"), "1 burst");
    EXPECT_EQ(app::counted(1234, "burst"), "1,234 bursts");
}

TEST(Text, a_unit_gets_the_prefix_that_suits)
{
    EXPECT_EQ(app::scaled(0, "Hz"), "0 Hz");
    EXPECT_EQ(app::scaled(1, "Hz"), "1 Hz");
    EXPECT_EQ(app::scaled(0.05, "s"), "50 ms");
    EXPECT_EQ(app::scaled(-433.92e6, "Hz"), "-433.92 MHz");
    EXPECT_EQ(app::scaled(1e12, "Hz"), "1 THz");
    EXPECT_EQ(app::scaled(1e16, "Hz"), "10000 THz");
    EXPECT_EQ(app::scaled(2.04992706841e9, "S/s", 4), "2.05 GS/s");
}

TEST(Text, bytes_have_a_binary_prefix_only_where_it_is_exact)
{
    EXPECT_EQ(app::bytes_text(8388608), "8 MiB");
    EXPECT_EQ(app::bytes_text(8388609), "8,388,609 B");
    EXPECT_EQ(app::bytes_text(1536), "1,536 B");
}

TEST(Text, a_table_has_columns)
{
    app::table t(1);
    t.row("label", { "1", "x" });
    t.row("l", { "1,000" });
    t.row("", { "\u00b5\u00b5", "y" });
    std::ostringstream text;
    text << t;
    EXPECT_EQ(text.str(),
              "  label      1  x\n"
              "  l      1,000\n"
              "            \u00b5\u00b5  y\n");
}
