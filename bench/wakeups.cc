// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the kernel takes to wake sleeping processes by pipes, as a server wakes its receivers: the
// least that short bursts can cost.
//
//   zcring-bench-wakeups PROCESSES HZ SECONDS
//
// Prints the wake-ups, and the seconds and CPU seconds of the process that writes the pipes.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::system_category(), what);
}

timespec now(clockid_t clock)
{
    timespec t{};
    clock_gettime(clock, &t);
    return t;
}

double seconds(const timespec& t)
{
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// Sleeps until the pipe has a byte, for ever.
[[noreturn]] void sleeper(int pipe)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        pollfd fd = { pipe, POLLIN, 0 };
        char bytes[64];
        if (poll(&fd, 1, -1) < 0 || read(pipe, bytes, sizeof(bytes)) < 0)
            _exit(1);
    }
}

class sleepers final
{
public:
    explicit sleepers(int count)
    {
        for (int i = 0; i < count; i++) {
            int ends[2];
            if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
                fail("pipe2");
            d_processes.push_back(fork());
            if (d_processes.back() < 0)
                fail("fork");
            if (!d_processes.back())
                sleeper(ends[0]);
            d_pipes.push_back(ends[1]);
        }
    }
    ~sleepers()
    {
        for (const pid_t process : d_processes) {
            kill(process, SIGKILL);
            waitpid(process, nullptr, 0);
        }
    }
    sleepers(const sleepers&) = delete;
    sleepers& operator=(const sleepers&) = delete;

    // A pipe that is full is readable.
    void wake() const
    {
        const char byte = 0;
        for (const int pipe : d_pipes)
            if (write(pipe, &byte, 1) < 0 && errno != EAGAIN)
                fail("write");
    }
    std::size_t count() const { return d_pipes.size(); }

private:
    std::vector<pid_t> d_processes;
    std::vector<int> d_pipes;
};

void run(const sleepers& all, double hz, double duration)
{
    prctl(PR_SET_TIMERSLACK, 1);
    const auto period = static_cast<long>(1e9 / hz);
    timespec next = now(CLOCK_MONOTONIC);
    const double begin = seconds(next), cpu = seconds(now(CLOCK_PROCESS_CPUTIME_ID));
    std::size_t wakeups = 0;
    while (seconds(now(CLOCK_MONOTONIC)) - begin < duration) {
        next.tv_nsec += period;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
        all.wake();
        wakeups += all.count();
    }
    std::printf("{\"wakeups\": %zu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
                wakeups,
                seconds(now(CLOCK_MONOTONIC)) - begin,
                seconds(now(CLOCK_PROCESS_CPUTIME_ID)) - cpu);
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s PROCESSES HZ SECONDS\n", argv[0]);
        return 64;
    }
    run(sleepers(std::atoi(argv[1])), std::atof(argv[2]), std::atof(argv[3]));
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
}
