// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hostile client may try with what a server gives it: the server goes on, for everybody else.
#include "raw_client.h"
#include "wake_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <vector>

namespace {

using namespace zcring_test;
using zcring::unique_fd;
using zcring::server::late_closer;
using zcring::server::limits;
using zcring::server::listener;
using zcring::server::memory_charge;
using zcring::server::memory_ledger;
using zcring::server::shared_memory;

constexpr uid_t nobody = 65534;

std::string path_of(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// Runs an attack in a child, which is another user if this one is root; its exit status.
int status_of(const std::function<int()>& attack)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(getuid() == 0 && setresuid(nobody, nobody, nobody) != 0 ? 99 : attack());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

// A connection of TCP whose close() waits for its peer, which reads nothing.
class lingering_socket final
{
public:
    lingering_socket()
    {
        const unique_fd server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof(address);
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        bind(server.get(), any, length);
        listen(server.get(), 1);
        getsockname(server.get(), any, &length);
        d_fd = unique_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        d_is_ready = connect(d_fd.get(), any, length) == 0;
        d_peer = unique_fd(accept(server.get(), nullptr, nullptr));
        const std::vector<char> bytes(65536);
        while (send(d_fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0)
            d_is_full = true;
        const linger forever = { 1, 3600 };
        setsockopt(d_fd.get(), SOL_SOCKET, SO_LINGER, &forever, sizeof(forever));
    }

    bool is_ready() const { return d_is_ready && d_is_full && d_peer; }
    unique_fd take() { return std::move(d_fd); }
    int get() const { return d_fd.get(); }
    //! Lets close() return.
    void end() { d_peer = unique_fd(); }

private:
    unique_fd d_fd;
    unique_fd d_peer;
    bool d_is_ready = false;
    bool d_is_full = false;
};

TEST(Attack, OfAnotherUserOpensNoMemoryAnew)
{
    if (getuid() != 0)
        GTEST_SKIP() << "needs root, to become another user";
    const shared_memory read_only("test", 4096, 1, false);
    const shared_memory writable("test", 4096, 1, true);
    const unique_fd first(read_only.fd_for_client());
    const unique_fd second(writable.fd_for_client());
    EXPECT_EQ(status_of([&] {
                  for (const int fd : { first.get(), second.get() })
                      for (const int flags : { O_RDONLY, O_RDWR, O_WRONLY })
                          if (open(path_of(fd).c_str(), flags) >= 0 || errno != EACCES)
                              return 1;
                  if (fchmod(first.get(), 0777) == 0 || errno != EPERM)
                      return 2;
                  if (fcntl(second.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0 || errno != EPERM)
                      return 3;
                  if (fcntl(first.get(), F_SETLEASE, F_RDLCK) == 0) // would delay who opens it
                      return 4;
                  return 0;
              }),
              0);
}

TEST(Attack, ByALeaseDelaysNobody)
{
    const shared_memory memory("test", 4096, 1, false);
    const unique_fd first(memory.fd_for_client());
    fcntl(first.get(), F_SETLEASE, F_RDLCK); // which the owner may take
    const unique_fd second(memory.fd_for_client());
    EXPECT_TRUE(second) << "another client still gets the memory";
}

// Descriptors are refused by the kernel where it can, and else they end the connection.
TEST(Attack, BySendingADescriptorKeepsNothing)
{
    const running_server server;
    ASSERT_TRUE(server.is_alive()); // and has the timer of its loop
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 10; i++) {
        lingering_socket lingering;
        ASSERT_TRUE(lingering.is_ready());
        raw_client c(server.path);
        ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
        const int error = c.send(ZCRING_IOC_STOP, nullptr, 0, lingering.get());
        if (error) {
            EXPECT_EQ(error, EPERM);
            EXPECT_EQ(c.call(ZCRING_IOC_STOP), 0);
        } else {
            EXPECT_TRUE(c.is_hung_up());
        }
        lingering.end();
    }
    EXPECT_TRUE(server.is_alive());
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= before; }));
}

// Sent before the server has taken the socket of a service manager, and asked for no descriptors.
TEST(Attack, BySendingALingeringSocketDelaysNobody)
{
    const temporary_folder folder;
    const std::string path = folder / "unit";
    unique_fd made(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(listen(made.get(), 5), 0);

    lingering_socket lingering;
    ASSERT_TRUE(lingering.is_ready());
    raw_client hostile(path);
    ASSERT_EQ(hostile.send(ZCRING_IOC_STOP, nullptr, 0, lingering.get()), 0);
    lingering.take(); // the message has the last descriptor
    raw_client well_behaved(path);

    fake_ports ports;
    zcring::server::server server(ports, listener(std::move(made)), limits{});
    std::thread loop([&] { server.run(); });
    EXPECT_TRUE(hostile.is_hung_up());
    EXPECT_EQ(well_behaved.attach(ZCRING_ROLE_RADIO), 0);
    lingering.end();
    server.stop();
    loop.join();
}

TEST(LateCloser, ReturnsWhileADescriptorLingers)
{
    lingering_socket lingering;
    ASSERT_TRUE(lingering.is_ready());
    late_closer closer;
    closer.close(lingering.take(), nobody);
    EXPECT_EQ(closer.waiting(nobody), 1U) << "close() has waited for a peer that never reads";
    closer.close(unique_fd(dup(0)), geteuid());
    EXPECT_TRUE(eventually([&] { return closer.waiting(geteuid()) == 0; })) << "another user";
    EXPECT_EQ(closer.waiting(nobody), 1U);
    lingering.end();
    EXPECT_TRUE(eventually([&] { return closer.waiting(nobody) == 0; }));
}

// The client's end of the pipe shares nothing with the server's but the bytes.
TEST(Attack, OnThePipeMakesNoWakeUpWait)
{
    const zcring::server::wake_pipe pipe;
    const unique_fd end(fcntl(pipe.read_end(), F_DUPFD_CLOEXEC, 0));
    fcntl(end.get(), F_SETFL, 0); // its reads block from now on
    fcntl(end.get(), F_SETPIPE_SZ, 4096);
    const unique_fd again(open(path_of(end.get()).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::vector<char> bytes(65536);
    while (again &&
           write(again.get(), bytes.data(), bytes.size()) > 0) // fills it, as its owner can
        continue;
    auto woken = std::async(std::launch::async, [&] {
        for (int i = 0; i < 100000; i++)
            pipe.wake();
    });
    EXPECT_EQ(woken.wait_for(time_limit), std::future_status::ready);
    char byte = 0;
    EXPECT_EQ(read(end.get(), &byte, 1), 1);
}

TEST(Attack, ByManySilentConnectionsKeepsNobodyOut)
{
    limits l;
    l.user_connections = 4;
    const running_server server(l);
    std::vector<raw_client> silent;
    for (int i = 0; i < 40; i++)
        silent.emplace_back(server.path);
    EXPECT_TRUE(eventually([&] { return server.connections() == 4; }));
    silent.clear();
    EXPECT_TRUE(eventually([&] { return server.is_alive(); }));
}

TEST(Attack, ByRoleChangesAndKilledConnectionsEndsNothing)
{
    const running_server server;
    raw_client survivor(server.path);
    ASSERT_EQ(survivor.attach(ZCRING_ROLE_RADIO), 0);
    for (std::uint32_t i = 0; i < 300; i++) {
        raw_client c(server.path);
        c.attach(i % 5);
        zcring_region region{};
        c.region(i % 7, region);
        c.attach((i + 1) % 5);
        if (i % 2)
            c.send(ZCRING_IOC_GET_TELEMETRY, nullptr, 0); // leaves without the answer
    }
    EXPECT_EQ(survivor.call(ZCRING_IOC_STOP), 0);
    survivor.hang_up();
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
    EXPECT_EQ(server.ports.receivers(), 0U);
}

} // namespace
