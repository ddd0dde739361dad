// SPDX-License-Identifier: GPL-3.0-or-later
//
// A memory cgroup of this process alone, in which the kernel counts and limits its memory.
#ifndef ZCRING_TESTS_DRIVER_MEMORY_GROUP_H
#define ZCRING_TESTS_DRIVER_MEMORY_GROUP_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdint>
#include <sstream>
#include <string>

namespace driver {

// This process is moved into the new group, and at the end back to its own. The hierarchy (cgroup v2)
// is mounted at no path, so that no other process sees the mount.
class memory_group
{
public:
    memory_group() : d_mount(mount()), d_former(former()), d_name("zcring-test-" + pid())
    {
        if (!has_controller())
            return;
        d_works = write("cgroup.subtree_control", "+memory") &&
                  mkdirat(d_mount, d_name.c_str(), 0700) == 0 && write(own("cgroup.procs"), pid());
    }
    ~memory_group()
    {
        if (d_works) {
            EXPECT_TRUE(write(d_former, pid()));
        }
        unlinkat(d_mount, d_name.c_str(), AT_REMOVEDIR);
        ::close(d_mount);
    }
    memory_group(const memory_group&) = delete;
    memory_group& operator=(const memory_group&) = delete;

    // Whether the kernel has a memory controller, and cgroup v2 has it.
    bool has_controller() const
    {
        return (" " + read("cgroup.controllers")).find(" memory") != std::string::npos;
    }
    bool works() const { return d_works; }
    // Bytes of this process, those of the kernel on its behalf included.
    std::uint64_t bytes() const { return std::stoull(read(own("memory.current"))); }
    bool limit(std::uint64_t bytes) const
    {
        return write(own("memory.max"), std::to_string(bytes));
    }
    // How many of its processes the OOM killer has killed.
    std::uint64_t killed() const
    {
        std::istringstream events(read(own("memory.events")));
        std::string name;
        for (std::uint64_t count; events >> name >> count;)
            if (name == "oom_kill")
                return count;
        ADD_FAILURE() << "memory.events has no oom_kill";
        return 0;
    }

private:
    static int mount()
    {
        const int context = static_cast<int>(syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC));
        syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
        const int fd = static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
        ::close(context);
        return fd;
    }
    // The file cgroup.procs of the group in which this process was: "0::/PATH" in its own file.
    static std::string former()
    {
        std::istringstream groups(read(AT_FDCWD, "/proc/self/cgroup"));
        for (std::string line; std::getline(groups, line);)
            if (line.rfind("0::/", 0) == 0)
                return "./" + line.substr(4) + "/cgroup.procs";
        return "cgroup.procs";
    }
    static std::string pid() { return std::to_string(getpid()); }
    std::string own(const std::string& file) const { return d_name + "/" + file; }

    static std::string read(int folder, const std::string& file)
    {
        const int fd = openat(folder, file.c_str(), O_RDONLY | O_CLOEXEC);
        char text[4096] = "";
        if (fd < 0 || ::read(fd, text, sizeof(text) - 1) < 0)
            text[0] = 0;
        ::close(fd);
        return text;
    }
    std::string read(const std::string& file) const { return read(d_mount, file); }
    bool write(const std::string& file, const std::string& value) const
    {
        const int fd = openat(d_mount, file.c_str(), O_WRONLY | O_CLOEXEC);
        const bool done = fd >= 0 && ::write(fd, value.data(), value.size()) > 0;
        ::close(fd);
        return done;
    }

    const int d_mount;
    const std::string d_former;
    const std::string d_name;
    bool d_works = false;
};

} // namespace driver

#endif
