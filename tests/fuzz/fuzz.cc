// SPDX-License-Identifier: GPL-3.0-or-later
//
// driver_fuzz: hostile user space, in a bounded and seeded dose. Attackers of several roles
// come and go, and are killed now and then; root pulls the plug; an observer and a bystander
// (witness.h) look on. What the kernel says to it, and whether memory is lost, is for whoever
// runs this to look at (tools/test-hostile, tools/vm, tools/debug-kernel).
//
// Exit status: 0; 1 when something was found; 77 without a device, or not as root.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "attacker.h"
#include "witness.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;
using time_point = std::chrono::steady_clock::time_point;

constexpr auto patience = 120s; // for a process to die, or to get on; emulation is slow
constexpr auto for_ever = std::chrono::seconds(std::chrono::hours(24));
constexpr unsigned attackers_at_a_time = 3;
constexpr char parameters[] = "/sys/module/zcring/parameters/";
constexpr char debugfs[] = "/sys/kernel/debug/zcring/";

struct arguments {
    std::uint64_t seed = 1;
    std::uint64_t operations = 1000000;
    std::string path = "/dev/zcring0";
};

bool write_text(const std::string& path, const std::string& text)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool success = write(fd, text.data(), text.size()) > 0;
    close(fd);
    return success;
}

std::string read_all(const std::string& path)
{
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

// Of this process, orphans that it has got among them.
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

std::string read_text(const std::string& path)
{
    std::ifstream in(path);
    std::string text;
    std::getline(in, text);
    return text;
}

// Root's part: devices go and come, and injected faults and attributes change, all the time.
[[noreturn]] void
make_trouble(shared_state& shared, const std::vector<std::string>& names, std::uint64_t seed)
{
    constexpr const char* kinds[] = { "/stall_ns", "/drop_samples", "/clock_jump_ns" };
    constexpr const char* attributes[] = { "frequency", "gain_mb",      "scene",
                                           "state",     "sample_clock", "format" };
    constexpr const char* values[] = { "100000000", "-1", "tone", "counter", "noise", "x", "" };
    random_numbers random(seed);
    while (!shared.stop) {
        const std::string& name = names[random.below(names.size())];
        const std::string number = name.substr(std::strlen("zcring"));
        if (random.one_in(100)) {
            shared.count(op_plug, write_text(std::string(debugfs) + "unplug", number));
            usleep(random.below(3000));
            shared.count(op_plug, write_text(std::string(debugfs) + "plug", number));
        } else if (random.one_in(2)) {
            const auto amount = static_cast<std::int64_t>(random.one_in(2) ? random.below(10000000)
                                                                           : random.nasty());
            shared.count(
                op_inject,
                write_text(debugfs + name + kinds[random.below(3)], std::to_string(amount)));
        } else {
            const std::string file =
                "/sys/class/zcring/" + name + "/" + attributes[random.below(6)];
            shared.count(op_sysfs,
                         random.one_in(2) ? write_text(file, values[random.below(7)])
                                          : !read_text(file).empty());
        }
        usleep(random.below(2000));
    }
    for (const auto& name : names) {
        write_text(std::string(debugfs) + "plug", name.substr(std::strlen("zcring")));
        if (access(("/dev/" + name).c_str(), F_OK) != 0)
            shared.found("%s does not come back", name.c_str());
    }
    _exit(0);
}

// Nobody, with nothing in hand, reaches nothing.
[[noreturn]] void try_as_nobody(shared_state& shared, const std::vector<std::string>& names)
{
    if (!become_nobody())
        shared.found("cannot become nobody");
    for (const auto& name : names) {
        for (const int flags : { O_RDONLY, O_WRONLY, O_RDWR, O_PATH | O_DIRECTORY })
            if (shared.count(op_open, open(("/dev/" + name).c_str(), flags | O_CLOEXEC) >= 0))
                shared.found("nobody opened %s", name.c_str());
        for (const char* attribute : { "frequency", "gain_mb", "scene", "state" })
            if (shared.count(op_sysfs,
                             write_text("/sys/class/zcring/" + name + "/" + attribute, "noise")))
                shared.found("nobody wrote %s of %s", attribute, name.c_str());
        for (const char* kind : { "/stall_ns", "/drop_samples", "/clock_jump_ns" })
            if (shared.count(op_inject, write_text(debugfs + name + kind, "1")))
                shared.found("nobody caused %s of %s", kind + 1, name.c_str());
    }
    for (const char* file : { "plug", "unplug" })
        if (shared.count(op_plug, write_text(std::string(debugfs) + file, "0")))
            shared.found("nobody could %s a device", file);
    if (write_text(std::string(parameters) + "memory_bytes_max", "1"))
        shared.found("nobody changed a parameter");
    _exit(0);
}

// The processes, and what is left of them.
class nursery
{
public:
    explicit nursery(shared_state& shared) : d_shared(shared) {}

    // @lifetime: how long it may take to end by itself.
    pid_t spawn(const std::function<void()>& body, std::chrono::seconds lifetime = patience * 5)
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
    // Takes in who has ended, orphans of attackers among them.
    void reap()
    {
        int status = 0;
        for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
            d_deadlines.erase(child);
            if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
                d_shared.found("a process ended with the status %#x", status);
        }
    }
    bool has(pid_t child) const { return d_deadlines.count(child) != 0; }
    bool check_deadlines()
    {
        for (const auto& [child, deadline] : d_deadlines)
            if (std::chrono::steady_clock::now() > deadline) {
                const std::string folder = "/proc/" + std::to_string(child);
                d_shared.found(
                    "process %d hangs in %s", child, read_text(folder + "/wchan").c_str());
                return false;
            }
        return true;
    }
    // Whoever was told to stop, or was killed, ends by itself.
    void wait_for_all()
    {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        for (reap(); !d_deadlines.empty() && std::chrono::steady_clock::now() < deadline; reap())
            std::this_thread::sleep_for(10ms);
        for (const auto& [child, unused] : d_deadlines)
            d_shared.found("process %d does not end:\n%s",
                           child,
                           read_all("/proc/" + std::to_string(child) + "/stack").c_str());
    }
    // Has nobody left, orphans among them, after a while.
    void kill_all()
    {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::vector<pid_t> left;
        do {
            reap();
            left = children();
            if (left.empty())
                return;
            for (const pid_t child : left)
                kill(child, SIGKILL);
            std::this_thread::sleep_for(10ms);
        } while (std::chrono::steady_clock::now() < deadline);
        for (const pid_t child : left)
            d_shared.found("process %d cannot be killed:\n%s",
                           child,
                           read_all("/proc/" + std::to_string(child) + "/stack").c_str());
    }

private:
    shared_state& d_shared;
    std::map<pid_t, time_point> d_deadlines;
};

class session
{
public:
    session(shared_state& shared, const arguments& asked, unsigned devices)
        : d_shared(shared), d_asked(asked), d_random(asked.seed), d_nursery(shared)
    {
        const std::string stem =
            asked.path.substr(0, asked.path.find_last_not_of("0123456789") + 1);
        for (unsigned i = 0; i < devices; i++)
            d_paths.push_back(devices > 1 ? stem + std::to_string(i) : asked.path);
    }

    void run()
    {
        std::vector<std::string> attacked;
        for (std::size_t i = 0; i < d_paths.size(); i++)
            if (!is_bystander(i))
                attacked.push_back(d_paths[i].substr(std::strlen("/dev/")));
        d_nursery.spawn([&] { observe(d_shared, d_paths); }, for_ever);
        if (d_paths.size() > 1) {
            d_nursery.spawn([&] { stand_by(d_shared, d_paths[1]); }, for_ever);
            while (!d_shared.ready)
                std::this_thread::sleep_for(1ms);
        }
        d_nursery.spawn([&] { try_as_nobody(d_shared, attacked); });
        d_nursery.spawn([&] { make_trouble(d_shared, attacked, d_asked.seed); }, for_ever);
        std::uint64_t reported = 0;
        std::vector<pid_t> attackers(attackers_at_a_time);
        while (d_shared.total() < d_asked.operations && !d_shared.findings &&
               d_nursery.check_deadlines()) {
            d_nursery.reap();
            for (auto& attacker : attackers)
                if (!d_nursery.has(attacker))
                    attacker = spawn_attacker();
            std::this_thread::sleep_for(20ms);
            if (const auto total = d_shared.total(); total >= reported + 100000) {
                std::printf("driver_fuzz: %llu operations\n",
                            static_cast<unsigned long long>(total));
                reported = total;
            }
            if (d_random.one_in(50)) // in the middle of whatever it does
                kill(-attackers[d_random.below(attackers.size())], SIGKILL);
        }
        d_shared.stop = true;
        std::this_thread::sleep_for(100ms);
        for (const pid_t attacker : attackers)
            kill(-attacker, SIGKILL);
        d_nursery.wait_for_all();
        d_nursery.kill_all();
    }

private:
    bool is_bystander(std::size_t device) const { return d_paths.size() > 1 && device == 1; }

    pid_t spawn_attacker()
    {
        role role;
        const std::size_t device = d_random.below(d_paths.size());
        role.path = d_paths[device];
        role.is_foreign = is_bystander(device);
        role.open_flags = d_random.one_in(6) ? O_RDONLY : O_RDWR;
        role.is_nobody = d_random.one_in(3);
        role.is_given_file = role.is_nobody || role.is_foreign || d_random.one_in(4);
        role.threads = 1 + d_random.below(4);
        role.operations = 500 + d_random.below(8000);
        role.seed = d_random.next();
        return d_nursery.spawn([&] { attack(d_shared, role); });
    }

    shared_state& d_shared;
    const arguments& d_asked;
    random_numbers d_random;
    nursery d_nursery;
    std::vector<std::string> d_paths;
};

void report(const shared_state& shared, const arguments& asked, double seconds)
{
    for (unsigned i = 0; i < operations; i++)
        std::printf("%-9s %9llu, %9llu succeeded\n",
                    operation_names[i],
                    static_cast<unsigned long long>(shared.done[i].load()),
                    static_cast<unsigned long long>(shared.succeeded[i].load()));
    std::printf("driver_fuzz: seed %llu, %llu operations in %.0f s, %llu observations, bystander "
                "%llu times in order\n",
                static_cast<unsigned long long>(asked.seed),
                static_cast<unsigned long long>(shared.total()),
                seconds,
                static_cast<unsigned long long>(shared.observed.load()),
                static_cast<unsigned long long>(shared.verified.load()));
    for (std::uint32_t i = 0; i < shared.findings && i < 32; i++)
        std::printf("driver_fuzz: FOUND: %s\n", shared.texts[i]);
}

// A driver that is dead withstands everything. Small doses may miss it by chance, and so may a lone
// device that is slow.
void judge_effect(shared_state& shared, unsigned devices)
{
    if (shared.findings || devices == 1)
        return;
    if (!shared.verified)
        shared.found("the bystander had no stream to look at");
    for (unsigned i = 0; i < operations && shared.total() >= 100000; i++)
        if (!shared.succeeded[i] && i != op_wild_ioctl && i != op_force_write)
            shared.found("no %s has succeeded", operation_names[i]);
}

int fuzz_all(const arguments& asked)
{
    if (access(asked.path.c_str(), F_OK) != 0 || geteuid() != 0 || access(debugfs, F_OK) != 0) {
        std::fprintf(
            stderr, "driver_fuzz: skipped: needs root, debugfs, and %s\n", asked.path.c_str());
        return 77;
    }
    void* const page = mmap(
        nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 1;
    auto& shared = *new (page) shared_state{};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const std::string number = read_text(std::string(parameters) + "devices");
    const auto devices = static_cast<unsigned>(std::strtoul(number.c_str(), nullptr, 10));
    const std::string memory = read_text(std::string(parameters) + "memory_bytes_max");
    write_text(std::string(parameters) + "memory_bytes_max", std::to_string(64 << 20));

    const auto started = std::chrono::steady_clock::now();
    session(shared, asked, devices).run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    judge_effect(shared, devices);
    write_text(std::string(parameters) + "memory_bytes_max", memory);
    report(shared, asked, took.count());
    return shared.findings ? 1 : 0;
}

} // namespace
} // namespace fuzz

int main(int argc, char** argv)
{
    fuzz::arguments asked;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        const char* const value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--seed" && *value)
            asked.seed = std::strtoull(value, nullptr, 0);
        else if (name == "--operations" && *value)
            asked.operations = std::strtoull(value, nullptr, 0);
        else if (name == "--device" && *value)
            asked.path = value;
        else {
            std::fprintf(stderr,
                         "usage: driver_fuzz [--seed N] [--operations N] [--device PATH]\n");
            return 64;
        }
    }
    return fuzz::fuzz_all(asked);
}
