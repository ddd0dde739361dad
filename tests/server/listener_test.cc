// SPDX-License-Identifier: GPL-3.0-or-later
//
// The path at which clients arrive: who may use it, and what is there before and after.
#include "listener.h"
#include "raw_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using namespace zcring_test;
using zcring::unique_fd;
using zcring::server::listener;

int error_of_listening(const std::string& path, std::optional<gid_t> group = {})
{
    try {
        const listener made(path, group);
        return 0;
    } catch (const std::system_error& e) {
        EXPECT_NE(std::string(e.what()).find(path.substr(0, path.rfind('/'))), std::string::npos);
        return e.code().value();
    }
}

mode_t mode_of(const std::string& path)
{
    struct stat about = {};
    EXPECT_EQ(lstat(path.c_str(), &about), 0) << path;
    return about.st_mode & 07777;
}

bool exists(const std::string& path)
{
    struct stat about = {};
    return lstat(path.c_str(), &about) == 0;
}

TEST(Listener, IsTheUsersAloneUnlessAGroupIsNamed)
{
    const temporary_folder folder;
    {
        const listener own(folder / "zcring/own", std::nullopt);
        EXPECT_EQ(mode_of(folder / "zcring"), 0700U);
        EXPECT_EQ(mode_of(folder / "zcring/own"), 0600U);
        EXPECT_TRUE(raw_client(own.path()).is_connected());
    }
    EXPECT_FALSE(exists(folder / "zcring/own")) << "removed with its server";
    const listener shared(folder / "shared/one", getgid());
    EXPECT_EQ(mode_of(folder / "shared"), 0750U);
    EXPECT_EQ(mode_of(shared.path()), 0660U);
}

TEST(Listener, RefusesAFolderThatItsGroupCannotEnter)
{
    const temporary_folder folder;
    ASSERT_EQ(error_of_listening(folder / "own/one"), 0) << "makes the folder";
    EXPECT_EQ(error_of_listening(folder / "own/one", getgid()), EACCES);
    ASSERT_EQ(chmod((folder / "own").c_str(), 0750), 0);
    EXPECT_EQ(error_of_listening(folder / "own/one", getgid()), 0);
    if (getuid() == 0) {
        EXPECT_EQ(error_of_listening(folder / "own/one", getgid() + 1), EACCES);
        ASSERT_EQ(chmod((folder / "own").c_str(), 0755), 0);
        EXPECT_EQ(error_of_listening(folder / "own/one", getgid() + 1), 0);
    }
}

TEST(Listener, RefusesThePathOfALivingServer)
{
    const temporary_folder folder;
    const listener first(folder / "one", std::nullopt);
    EXPECT_EQ(error_of_listening(folder / "one"), EADDRINUSE);
    EXPECT_TRUE(raw_client(first.path()).is_connected()) << "the first server keeps it";
    EXPECT_EQ(error_of_listening(folder / "two"), 0);
}

TEST(Listener, ReplacesTheSocketOfADeadServer)
{
    const temporary_folder folder;
    const std::string path = folder / "one";
    const pid_t child = fork();
    if (child == 0) {
        const listener left(path, std::nullopt);
        _exit(0); // without its destructor
    }
    waitpid(child, nullptr, 0);
    ASSERT_TRUE(exists(path));
    ASSERT_FALSE(raw_client(path).is_connected());
    const listener next(path, std::nullopt);
    EXPECT_TRUE(raw_client(path).is_connected());
}

TEST(Listener, KeepsWhatIsNoSocket)
{
    const temporary_folder folder;
    std::ofstream(folder / "file") << "text";
    EXPECT_EQ(error_of_listening(folder / "file"), EEXIST);
    EXPECT_TRUE(exists(folder / "file"));
    EXPECT_EQ(error_of_listening(folder / "file/name"), ENOTDIR);
    EXPECT_EQ(error_of_listening(folder / std::string(200, 'x')), ENAMETOOLONG);
}

TEST(Listener, RefusesAFolderThatOthersMayWriteTo)
{
    const temporary_folder folder;
    ASSERT_EQ(mkdir((folder / "open").c_str(), 0700), 0);
    ASSERT_EQ(chmod((folder / "open").c_str(), 0777), 0);
    EXPECT_EQ(error_of_listening(folder / "open/one"), EPERM);
}

TEST(Listener, LeavesTheSocketOfAnotherServerThere)
{
    const temporary_folder folder;
    const std::string path = folder / "one";
    std::optional<listener> second;
    {
        const listener first(path, std::nullopt);
        ASSERT_EQ(unlink(path.c_str()), 0);
        second.emplace(path, std::nullopt);
    }
    EXPECT_TRUE(raw_client(path).is_connected());
}

// As systemd does it: the socket is descriptor 3, and two variables say so.
int inherit(int type, const std::string& path)
{
    const pid_t child = fork();
    if (child == 0) {
        unique_fd made(socket(AF_UNIX, type, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
        if (bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
            listen(made.get(), 5) != 0 || dup2(made.get(), 3) != 3)
            _exit(10);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
        try {
            const auto taken = listener::inherited();
            const bool is_right = taken && taken->fd() == 3 && taken->path() == path;
            _exit(is_right && !getenv("LISTEN_FDS") && raw_client(path).is_connected() ? 0 : 11);
        } catch (const std::invalid_argument&) {
            _exit(12);
        }
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

TEST(Listener, TakesTheSocketOfAServiceManagerAndLeavesItThere)
{
    const temporary_folder folder;
    EXPECT_FALSE(listener::inherited()) << "nobody has passed one";
    EXPECT_EQ(inherit(SOCK_SEQPACKET, folder / "unit"), 0);
    EXPECT_TRUE(exists(folder / "unit"));
    EXPECT_EQ(inherit(SOCK_STREAM, folder / "stream"), 12);
}

} // namespace
