// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server's socket, with clients in this process.
#include "raw_client.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace {

using namespace zcring_test;
using zcring::unique_fd;
using zcring::server::limits;

TEST(Server, GivesAClientAReceiver)
{
    const running_server server;
    raw_client c(server.path);
    ASSERT_TRUE(c.is_connected());
    ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
    const unique_fd pipe = std::move(c.fd);
    ASSERT_TRUE(pipe);
    zcring_info info{};
    ASSERT_EQ(c.call(ZCRING_IOC_GET_INFO, info), 0);
    EXPECT_EQ(info.role, ZCRING_ROLE_RADIO);

    zcring_region region{};
    ASSERT_EQ(c.region(ZCRING_META, region), 0);
    ASSERT_TRUE(c.fd);
    const zcring::mapping page(c.fd.get(), 0, region.length, false);
    server.ports.port(0)->memory(ZCRING_META)[8] = std::byte{ 42 };
    EXPECT_EQ(static_cast<const std::byte*>(page.get())[8], std::byte{ 42 });

    ASSERT_EQ(server.ports.port(0)->wake(), 1);
    char byte = 1;
    EXPECT_EQ(read(pipe.get(), &byte, 1), 1);
    EXPECT_EQ(c.call(ZCRING_IOC_STOP), 0);
}

TEST(Server, HandlesWhatAClientHadSentBeforeItLeft)
{
    const running_server server;
    raw_client c(server.path);
    ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
    const auto port = server.ports.port(0);
    for (int i = 0; i < 3; i++) // whose answers it does not read
        ASSERT_EQ(c.send(ZCRING_IOC_STOP, nullptr, 0), 0);
    c.hang_up();
    EXPECT_TRUE(eventually([&] { return port->is_closed(); }));
    EXPECT_EQ(port->calls(ZCRING_IOC_STOP), 3U);
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

// A call of another client holds the server up until all of this has happened; further clients ask for
// something meanwhile, so that the loop has more than one order.
TEST(Server, LetsAFeederInAfterOneThatLeftBeforeItsAnswer)
{
    const running_server server;
    raw_client busy(server.path);
    ASSERT_EQ(busy.attach(ZCRING_ROLE_RADIO), 0);
    const auto port = server.ports.port(0);
    std::vector<raw_client> others;
    for (unsigned i = 0; i < 5; i++) {
        raw_client before(server.path);
        ASSERT_EQ(before.attach(ZCRING_ROLE_ANTENNA), 0);
        port->held.shut();
        const unsigned calls = port->calls_begun;
        ASSERT_EQ(busy.send(ZCRING_IOC_STOP, nullptr, 0), 0);
        EXPECT_TRUE(eventually([&] { return port->calls_begun > calls; }));
        for (const raw_client& other : others)
            ASSERT_EQ(other.send(ZCRING_IOC_STOP, nullptr, 0), 0);
        ASSERT_EQ(before.send(ZCRING_IOC_GET_INFO, nullptr, 0), 0);
        before.hang_up();
        raw_client next(server.path);
        zcring_attach role{};
        role.role = ZCRING_ROLE_ANTENNA;
        ASSERT_EQ(next.send(ZCRING_IOC_ATTACH, &role, sizeof(role)), 0);
        port->held.open();
        EXPECT_EQ(next.receive(ZCRING_IOC_ATTACH, nullptr), 0) << i << " others";
        EXPECT_EQ(busy.receive(ZCRING_IOC_STOP, nullptr), 0);
        for (raw_client& other : others)
            EXPECT_EQ(other.receive(ZCRING_IOC_STOP, nullptr), 0);
        next.hang_up();
        others.emplace_back(server.path);
        ASSERT_EQ(others.back().attach(ZCRING_ROLE_RADIO), 0);
        EXPECT_TRUE(eventually([&] { return server.connections() == 1 + others.size(); }));
    }
}

TEST(Server, EndsTheConnectionOfAClientThatSendsNoMessages)
{
    const running_server server;
    for (const std::size_t bytes : { 0, 1, 7, 265, 5000 }) {
        raw_client c(server.path);
        ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
        const std::vector<char> text(bytes + 1, 'x');
        ASSERT_EQ(send(c.socket(), text.data(), bytes, MSG_NOSIGNAL), ssize_t(bytes));
        EXPECT_TRUE(c.is_hung_up()) << bytes;
        EXPECT_TRUE(eventually([&] { return server.ports.receivers() == 0; }));
    }
    EXPECT_TRUE(server.is_alive());
}

TEST(Server, AnswersAWrongLengthWithAnError)
{
    const running_server server;
    raw_client c(server.path);
    ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
    const std::vector<char> zeros(256);
    ASSERT_EQ(c.send(ZCRING_IOC_SET_CONFIG, zeros.data(), 80), 0);
    EXPECT_EQ(c.receive(ZCRING_IOC_SET_CONFIG, nullptr), EINVAL);
    ASSERT_EQ(c.send(_IO('Z', 0x77), nullptr, 0), 0);
    EXPECT_EQ(c.receive(_IO('Z', 0x77), nullptr), ENOTTY);
    EXPECT_EQ(c.call(ZCRING_IOC_STOP), 0);
}

TEST(Server, EndsASilentConnection)
{
    limits l;
    l.attach_timeout = std::chrono::milliseconds(1);
    const running_server server(l);
    raw_client c(server.path);
    EXPECT_TRUE(c.is_hung_up());
}

TEST(Server, KeepsAnAttachedClientThatIsSilent)
{
    limits l;
    l.attach_timeout = std::chrono::milliseconds(500);
    const running_server server(l);
    raw_client attached(server.path);
    ASSERT_EQ(attached.attach(ZCRING_ROLE_RADIO), 0);
    raw_client silent(server.path);
    EXPECT_TRUE(silent.is_hung_up()); // which it is later than the other one would be
    EXPECT_EQ(attached.call(ZCRING_IOC_STOP), 0);
}

TEST(Server, TellsAClientThatIsOneTooMany)
{
    limits l;
    l.user_connections = 2;
    const running_server server(l);
    raw_client first(server.path);
    raw_client second(server.path);
    ASSERT_EQ(first.attach(ZCRING_ROLE_RADIO), 0);
    ASSERT_EQ(second.attach(ZCRING_ROLE_RADIO), 0);
    raw_client third(server.path);
    ASSERT_TRUE(third.is_connected());
    EXPECT_EQ(third.receive(ZCRING_IOC_ATTACH, nullptr), EUSERS);
    EXPECT_TRUE(third.is_hung_up());
    second.hang_up();
    EXPECT_TRUE(eventually([&] { return server.is_alive(); }));
}

// The answers of this client wait in the kernel, then in the server, and its requests in the kernel.
TEST(Server, ReadsNoFurtherFromAClientThatDoesNotReadItsAnswers)
{
    const running_server server;
    raw_client c(server.path);
    ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
    const auto port = server.ports.port(0);
    unsigned sent = 0;
    const auto send_one = [&] {
        zcring::wire_message request;
        const zcring::wire_request header = { ZCRING_IOC_GET_TELEMETRY, 0 };
        std::memcpy(request.bytes, &header, sizeof(header));
        request.length = sizeof(header);
        return zcring::wire_send(c.socket(), request, -1, MSG_DONTWAIT);
    };
    // Until the requests, too, find no more room: the server has stopped reading then. Each of its
    // own answers to another client shows that it has had its turn.
    for (int full = 0; full < 100;) {
        const int error = send_one();
        ASSERT_TRUE(error == 0 || error == EAGAIN) << error;
        sent += error == 0;
        full = error ? full + 1 : 0;
        if (error) {
            ASSERT_TRUE(server.is_alive());
        }
    }
    const unsigned handled = port->calls(ZCRING_IOC_GET_TELEMETRY);
    EXPECT_LT(handled, 64U);
    EXPECT_LT(handled, sent);
    zcring_telemetry counters{};
    for (unsigned i = 0; i < sent; i++) // and none is lost
        ASSERT_EQ(c.receive(ZCRING_IOC_GET_TELEMETRY, &counters), 0);
    EXPECT_EQ(c.call(ZCRING_IOC_STOP), 0);
}

TEST(Server, AnswersOthersWhileALongPrerollIsZeroed)
{
    const running_server server;
    raw_client slow(server.path), other(server.path);
    ASSERT_EQ(slow.attach(ZCRING_ROLE_RADIO), 0);
    ASSERT_EQ(other.attach(ZCRING_ROLE_RADIO), 0);
    const auto port = server.ports.port(0);
    port->starts_slowly = true;
    const zcring_start start{};
    ASSERT_EQ(slow.send(ZCRING_IOC_START, &start, sizeof(start)), 0);
    EXPECT_TRUE(eventually([&] { return port->calls(ZCRING_IOC_START) > 10; }));
    EXPECT_EQ(other.call(ZCRING_IOC_STOP), 0);
    port->starts_slowly = false;
    EXPECT_EQ(slow.receive(ZCRING_IOC_START, nullptr), 0);
    EXPECT_EQ(slow.call(ZCRING_IOC_STOP), 0);
    const unsigned before = port->calls(ZCRING_IOC_START);
    port->starts_slowly = true;
    ASSERT_EQ(slow.send(ZCRING_IOC_START, &start, sizeof(start)), 0);
    EXPECT_TRUE(eventually([&] { return port->calls(ZCRING_IOC_START) > before + 10; }));
    slow.hang_up(); // what it has sent before is still done
    port->starts_slowly = false;
    EXPECT_TRUE(eventually([&] { return port->is_closed(); }));
    EXPECT_TRUE(server.is_alive());
}

TEST(Server, FreesAllThatAKilledClientHad)
{
    const running_server server;
    ASSERT_TRUE(server.is_alive());
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
    const std::size_t before = open_descriptors();
    const std::uint64_t bytes = server.bytes(getuid());
    for (int i = 0; i < 8; i++) {
        int said[2];
        ASSERT_EQ(pipe(said), 0);
        const pid_t child = fork();
        if (child == 0) {
            raw_client c(server.path);
            zcring_region region{};
            for (const auto which : { ZCRING_META, ZCRING_CONSUMER, ZCRING_BURSTS, ZCRING_DATA }) {
                if ((which == ZCRING_META && c.attach(ZCRING_ROLE_RADIO) != 0) ||
                    c.region(which, region) != 0)
                    _exit(1);
                mmap(nullptr, region.length, PROT_READ, MAP_SHARED, c.fd.get(), 0);
            }
            [[maybe_unused]] const ssize_t written = write(said[1], "x", 1);
            for (;;)
                pause();
        }
        close(said[1]);
        char byte = 0;
        EXPECT_EQ(read(said[0], &byte, 1), 1) << "the client has all of its regions";
        close(said[0]);
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
    }
    EXPECT_TRUE(eventually([&] { return server.bytes(getuid()) == bytes; }));
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= before; }));
    EXPECT_EQ(server.ports.receivers(), 0U);
}

TEST(Server, ClosesItsClientsWhenItEnds)
{
    std::string path;
    auto server = std::make_unique<running_server>();
    raw_client c(server->path);
    ASSERT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
    path = server->path;
    server.reset();
    EXPECT_TRUE(c.is_hung_up());
    EXPECT_FALSE(raw_client(path).is_connected());
}

} // namespace
