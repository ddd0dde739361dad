// SPDX-License-Identifier: GPL-3.0-or-later
#include "server_names.h"
#include "support/fake_server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace {

using namespace zcring;
using namespace zcring_test;

class server_names : public testing::Test
{
protected:
    void SetUp() override
    {
        char name[] = "/tmp/zcring-test-XXXXXX";
        ASSERT_TRUE(mkdtemp(name));
        d_base = name;
        if (const char* before = std::getenv("XDG_RUNTIME_DIR"))
            d_before = before;
        setenv("XDG_RUNTIME_DIR", name, 1);
        std::filesystem::create_directory(folder());
    }
    void TearDown() override
    {
        if (d_before.empty())
            unsetenv("XDG_RUNTIME_DIR");
        else
            setenv("XDG_RUNTIME_DIR", d_before.c_str(), 1);
        std::filesystem::remove_all(d_base);
    }

    std::string folder() const { return d_base + "/zcring"; }

    // The servers of this test: there may be others in the folder of the system.
    std::vector<std::string> found_here() const
    {
        std::vector<std::string> names;
        for (const found_server& each : find_servers())
            if (each.path.compare(0, folder().size(), folder()) == 0)
                names.push_back(each.name);
        return names;
    }

    std::string d_base;
    std::string d_before;
};

TEST_F(server_names, are_looked_up_in_the_users_folder_first)
{
    EXPECT_EQ(server_path("air"), folder() + "/air");
    EXPECT_EQ(server_path("/some/where"), "/some/where");
    unsetenv("XDG_RUNTIME_DIR");
    EXPECT_EQ(server_path("air"), "/run/zcring/air");
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    EXPECT_EQ(server_path("air"), "/run/zcring/air") << "the specification ignores it";
}

TEST_F(server_names, have_no_slash_and_begin_with_no_dot)
{
    for (const char* name : { "default", "a", "air-1.test_2" })
        EXPECT_TRUE(is_valid_server_name(name)) << name;
    for (const char* name : { "", ".", "..", ".air", "a/b", "emulator", "a b", "a,b", "\303\244" })
        EXPECT_FALSE(is_valid_server_name(name)) << name;
    EXPECT_TRUE(is_valid_server_name(std::string(64, 'a')));
    EXPECT_FALSE(is_valid_server_name(std::string(65, 'a')));
}

TEST_F(server_names, tell_servers_from_devices)
{
    const fake_server server(folder() + "/air");
    std::ofstream(folder() + "/file");
    EXPECT_TRUE(is_server("air"));
    EXPECT_TRUE(is_server(server.path()));
    EXPECT_TRUE(is_server(folder() + "/not-there-yet"));
    EXPECT_FALSE(is_server(folder() + "/file"));
    EXPECT_FALSE(is_server("/dev/zcring77"));
    EXPECT_FALSE(is_server("/dev/null"));
    EXPECT_FALSE(is_server(""));
}

TEST_F(server_names, are_listed_without_a_connection)
{
    std::ofstream(folder() + "/file");
    const fake_server b(folder() + "/b");
    const fake_server a(folder() + "/a");
    const fake_server hidden(folder() + "/.hidden");
    { // as a server that was killed leaves it
        fake_server dead(folder() + "/c");
        std::filesystem::rename(dead.path(), folder() + "/dead");
    }
    EXPECT_EQ(found_here(), (std::vector<std::string>{ "a", "b" }));
    EXPECT_EQ(a.all_connections(), 0u);
}

} // namespace
