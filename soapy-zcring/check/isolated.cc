// SPDX-License-Identifier: GPL-3.0-or-later
//
// A rule in a process of its own: the process is started, watched through shared memory and a pidfd,
// and ended if it stays in a call. What the module prints goes to a file without a name.

#include "isolated.h"

#include "device.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <regex>
#include <system_error>

namespace soapy_check {

namespace {

constexpr int poll_ms = 50;
constexpr off_t log_bytes = 600; // of the end of what the module printed

[[noreturn]] void become_trial(const std::string& trial, const options& wanted, int fd, int log)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO); // the report is the parent's
    std::vector<std::string> words = { "zcring-check-soapy",
                                       wanted.arguments,
                                       "--seconds=" + std::to_string(wanted.seconds),
                                       "--patience=" + std::to_string(wanted.patience),
                                       "--rate=" + std::to_string(wanted.rate),
                                       "--trial=" + trial,
                                       "--progress=" + std::to_string(fd) };
    if (!wanted.stream_arguments.empty()) // an empty value would take the next word
        words.push_back("--stream-args=" + wanted.stream_arguments);
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    execv("/proc/self/exe", argv.data());
    _exit(127);
}

/*! The call that has lasted too long, if there is one. */
const call_slot* overdue_call(const progress& told, double patience)
{
    for (const call_slot& slot : told.slots) {
        const std::int64_t since = slot.since_ns;
        if (since != 0 && now_ns() - since > static_cast<std::int64_t>(patience * 1e9))
            return &slot;
    }
    return nullptr;
}

/*! The calls that the threads of a process that is gone were in. */
std::string calls_of_the_dead(const progress& told)
{
    std::string calls;
    for (const call_slot& slot : told.slots)
        if (slot.since_ns != 0)
            calls += (calls.empty() ? "" : " beside ") + std::string(slot.text);
    return calls.empty() ? "(between two calls)" : calls;
}

/*! Removes the colours of SoapySDR's messages. */
std::string without_colours(const std::string& text)
{
    static const std::regex colour("\x1b\\[[0-9;]*m");
    return std::regex_replace(text, colour, "");
}

/*! The last lines that the module printed. */
std::string end_of(int log)
{
    const off_t size = lseek(log, 0, SEEK_END);
    std::string text(static_cast<size_t>(std::clamp<off_t>(size, 0, log_bytes)), '\0');
    const ssize_t got = pread(log, text.data(), text.size(), std::max<off_t>(0, size - log_bytes));
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, got)));
    if (size > log_bytes) // begins with a whole line
        text.erase(0, text.find('\n') + 1);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return without_colours(text);
}

/*! Waits for the end of \p child, or ends it; returns why it was ended, or nothing. */
std::string wait_or_kill(
    pid_t child, const progress& told, const options& wanted, double limit, std::string& called)
{
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (pidfd < 0)
        throw std::system_error(errno, std::system_category(), "watch a rule");
    pollfd ended{ pidfd, POLLIN, 0 };
    const std::int64_t begin = now_ns();
    std::string why;
    while (poll(&ended, 1, poll_ms) <= 0) {
        if (const call_slot* const slot = overdue_call(told, wanted.patience)) {
            called = slot->text;
            why = "nothing: it has not returned for " + text_of(wanted.patience) + " s";
        } else if (now_ns() - begin > static_cast<std::int64_t>(limit * 1e9)) {
            called = calls_of_the_dead(told);
            why = "no end: the rule was not done within " + text_of(limit) + " s";
        }
        if (!why.empty()) {
            kill(child, SIGKILL);
            break;
        }
    }
    close(pidfd);
    return why;
}

/*! What the child wrote, or how it ended. */
verdict read_verdict(const progress& told, int status, std::string why, std::string called)
{
    verdict end;
    end.result = told.result;
    end.called = told.called;
    end.returned = told.text;
    for (const direction dir : { tx, rx })
        end.channels[dir] = told.channels[dir];
    if (end.result == outcome::failed)
        return end; // a failure explains the crash that follows it
    if (why.empty() && WIFSIGNALED(status)) {
        called = calls_of_the_dead(told);
        why = std::string("the end of the process: ") + strsignal(WTERMSIG(status));
    } else if (why.empty() && (WEXITSTATUS(status) != 0 || end.result == outcome::none)) {
        called = calls_of_the_dead(told);
        why = "the end of the process with status " + std::to_string(WEXITSTATUS(status));
    }
    if (!why.empty()) {
        end.result = outcome::failed;
        end.called = called;
        end.returned = why;
    }
    return end;
}

/*! Tries the rule, and tells how it ended. */
void try_rule(const trial& tried, const options& wanted, progress& told)
{
    const auto tell = [&](outcome result, const std::string& called, const std::string& text) {
        copy_text(told.called, called);
        copy_text(told.text, text);
        told.result = result;
    };
    try {
        tried.checked.check(wanted, tried.dir);
        tell(outcome::ok, "", "");
    } catch (const failed& failure) {
        tell(outcome::failed, failure.called, failure.returned);
    } catch (const skipped& reason) {
        tell(outcome::skipped, "", reason.why);
    }
}

void tell_channels(const options& wanted, progress& told)
{
    const device dev(wanted);
    for (const direction dir : { tx, rx })
        told.channels[dir] = static_cast<int>(CALL(dev, getNumChannels, dir));
}

} // namespace

verdict run_isolated(const std::string& name, const options& wanted, double limit, bool verbose)
{
    const int fd = create_progress();
    progress& told = map_progress(fd);
    const int log = verbose ? -1 : memfd_create("log", MFD_CLOEXEC);
    const std::int64_t begin = now_ns();
    const pid_t child = fork();
    if (child < 0)
        throw std::system_error(errno, std::system_category(), "start a rule");
    if (child == 0)
        become_trial(name, wanted, fd, log);
    std::string called;
    const std::string why = wait_or_kill(child, told, wanted, limit, called);
    int status = 0;
    waitpid(child, &status, 0);

    verdict end = read_verdict(told, status, why, called);
    end.seconds = static_cast<double>(now_ns() - begin) / 1e9;
    if (log >= 0) {
        end.log = end_of(log);
        close(log);
    }
    munmap(&told, sizeof(told));
    close(fd);
    return end;
}

int run_trial(const std::string& name, const options& wanted, int fd)
{
    progress& told = map_progress(fd);
    tell_calls_to(told);
    if (name == count_channels) {
        try {
            tell_channels(wanted, told);
            told.result = outcome::ok;
        } catch (const failed& failure) {
            copy_text(told.called, failure.called);
            copy_text(told.text, failure.returned);
            told.result = outcome::failed;
        }
    } else {
        const std::vector<trial> trials = all_trials();
        const auto found = std::find_if(
            trials.begin(), trials.end(), [&](const trial& each) { return each.name == name; });
        if (found == trials.end())
            return 2;
        try_rule(*found, wanted, told);
    }
    tell_call("the end of the process"); // where destructors of the module may crash or hang
    return 0;
}

} // namespace soapy_check
