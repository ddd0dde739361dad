// SPDX-License-Identifier: GPL-3.0-or-later
//
// Every child must end: by itself within its lifetime, after it was told to stop, or when it is
// killed. A child that does not is a finding, with the place in the kernel where it waits; so is an
// exit status other than 0 or SIGKILL.
#include "child_processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "support/deadline.h"
#include "text_files.h"

namespace fuzz {
namespace {

// Children of this process, and orphans that it has adopted.
std::vector<pid_t> children()
{
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string stat = read_all(entry.path() / "stat");
        char state = 0;
        int parent = 0;
        const std::size_t name_end = stat.rfind(')');
        if (name_end != std::string::npos &&
            std::sscanf(stat.c_str() + name_end, ") %c %d", &state, &parent) == 2 &&
            parent == getpid())
            found.push_back(std::stoi(entry.path().filename()));
    }
    return found;
}

} // namespace

pid_t child_processes::spawn(const std::function<void()>& body, std::chrono::seconds lifetime)
{
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        _exit(0);
    }
    d_deadlines[child] = std::chrono::steady_clock::now() + lifetime;
    return child;
}

void child_processes::reap()
{
    int status = 0;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        d_deadlines.erase(child);
        if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
            d_shared.report_finding("a process ended with the status %#x", status);
    }
}

bool child_processes::check_deadlines()
{
    for (const auto& [child, deadline] : d_deadlines)
        if (std::chrono::steady_clock::now() > deadline) {
            const std::string folder = "/proc/" + std::to_string(child);
            d_shared.report_finding("process %d has not ended within its lifetime; it waits in %s",
                                    child,
                                    read_text(folder + "/wchan").c_str());
            return false;
        }
    return true;
}

void child_processes::wait_for_all()
{
    zcring_test::eventually(
        [this] {
            reap();
            return d_deadlines.empty();
        },
        process_limit,
        std::chrono::milliseconds(10));
    for (const auto& [child, unused] : d_deadlines)
        d_shared.report_finding("process %d does not end:\n%s",
                                child,
                                read_all("/proc/" + std::to_string(child) + "/stack").c_str());
}

void child_processes::kill_all()
{
    std::vector<pid_t> left;
    zcring_test::eventually(
        [&] {
            reap();
            left = children();
            for (const pid_t child : left)
                kill(child, SIGKILL);
            return left.empty();
        },
        process_limit,
        std::chrono::milliseconds(10));
    for (const pid_t child : left)
        d_shared.report_finding("process %d cannot be killed:\n%s",
                                child,
                                read_all("/proc/" + std::to_string(child) + "/stack").c_str());
}

} // namespace fuzz
