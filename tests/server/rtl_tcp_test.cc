// SPDX-License-Identifier: GPL-3.0-or-later
//
// Clients of rtl_tcp over TCP. Each one has an emulator, with real pace, as a dongle has.
#include "rtl_tcp.h"

#include "lib/support.h"
#include "rtl_tone.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <cmath>
#include <mutex>

namespace {

using namespace zcring;
using namespace zcring::server;
using namespace zcring_test;

// The lines that a server has logged.
class lines final
{
public:
    void add(const std::string& line)
    {
        const std::lock_guard lock(d_mutex);
        d_lines.push_back(line);
    }
    std::size_t count(const std::string& part) const
    {
        const std::lock_guard lock(d_mutex);
        std::size_t n = 0;
        for (const std::string& line : d_lines)
            n += line.find(part) != std::string::npos;
        return n;
    }

private:
    mutable std::mutex d_mutex;
    std::vector<std::string> d_lines;
};

// A client. Waits for bytes no longer than the tests' deadline.
class client final
{
public:
    explicit client(std::uint16_t port, int receive_bytes = 0)
        : d_fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (receive_bytes)
            setsockopt(d_fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
        const auto* to = reinterpret_cast<const sockaddr*>(&address);
        EXPECT_EQ(connect(d_fd.get(), to, sizeof(address)), 0) << strerror(errno);
    }

    void close() { d_fd = unique_fd(); }

    // Returns fewer bytes than \p bytes only if the server has closed the connection.
    rtl_bytes read(std::size_t bytes)
    {
        rtl_bytes all(bytes);
        std::size_t got = 0;
        while (got < bytes) {
            pollfd p{ d_fd.get(), POLLIN, 0 };
            if (poll(&p, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0) {
                ADD_FAILURE() << "no samples in time";
                break;
            }
            const ssize_t n = recv(d_fd.get(), all.data() + got, bytes - got, 0);
            if (n <= 0)
                break;
            got += static_cast<std::size_t>(n);
        }
        all.resize(got);
        return all;
    }
    void expect_header()
    {
        const auto header = rtl_header();
        EXPECT_EQ(read(header.size()), rtl_bytes(header.begin(), header.end()));
    }
    // Whether the connection ends, after samples that were on their way.
    bool ends()
    {
        while (!read(4096).empty())
            continue;
        return !testing::Test::HasFailure();
    }

    void send_bytes(const rtl_bytes& bytes)
    {
        const auto n = send(d_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        EXPECT_EQ(n, static_cast<ssize_t>(bytes.size()));
    }
    void set(std::uint8_t opcode, std::uint32_t value)
    {
        rtl_bytes bytes{ opcode };
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<std::uint8_t>(value >> shift));
        send_bytes(bytes);
    }
    // Reads until the tone of \p cycles a sample is there, with this amplitude.
    bool hears(double cycles, double amplitude)
    {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        constexpr std::size_t samples = 4096;
        while (std::chrono::steady_clock::now() < deadline) {
            const rtl_bytes bytes = read(2 * samples);
            if (bytes.size() < 2 * samples)
                return false;
            if (std::abs(std::abs(tone_in(bytes, cycles, 0, samples)) - amplitude) < 0.01)
                return true;
        }
        return false;
    }

private:
    unique_fd d_fd;
};

// A server on a free port of the loopback.
class RtlTcp : public testing::Test
{
protected:
    void serve(const std::string& arguments)
    {
        const auto log = [this](const std::string& line) { d_log.add(line); };
        d_server.emplace(parse_rtl_address("0"), arguments, log);
    }
    std::uint16_t port() const { return d_server->port(); }
    bool logs(const std::string& part, std::size_t times = 1)
    {
        return eventually([&] { return d_log.count(part) == times; });
    }
    bool has_clients(std::size_t n)
    {
        return eventually([&] { return d_server->clients() == n; });
    }

    lines d_log;
    std::optional<rtl_tcp> d_server;
};

// The built-in tone stands at 100.125 MHz.
constexpr const char* tone = "emulator,rate=1e6,freq=1e8,noise=none";

TEST_F(RtlTcp, SendsTheHeaderThenSamples)
{
    serve(tone);
    client c(port());
    c.expect_header();
    EXPECT_TRUE(c.hears(0.125, 0.5));
    EXPECT_EQ(d_server->clients(), 1u);
    c.close();
    EXPECT_TRUE(has_clients(0));
    EXPECT_EQ(d_log.count("connected"), 1u);
    EXPECT_TRUE(logs("samples sent"));
}

TEST_F(RtlTcp, EveryCommandTakesEffectWhileStreaming)
{
    serve(tone);
    client c(port());
    c.expect_header();
    c.set(0x01, 100100000);
    EXPECT_TRUE(c.hears(0.025, 0.5)) << "frequency";
    c.set(0x02, 250000);
    EXPECT_TRUE(c.hears(0.1, 0.5)) << "rate";
    c.set(0x03, 1);
    c.set(0x04, static_cast<std::uint32_t>(-60));
    EXPECT_TRUE(c.hears(0.1, 0.2506)) << "gain";
    c.set(0x0d, 3);
    EXPECT_TRUE(c.hears(0.1, 0.6823)) << "step of gain";
    c.set(0x03, 0);
    EXPECT_TRUE(c.hears(0.1, 0.5)) << "gain of the server";
    c.set(0x02, 2048000);
    EXPECT_TRUE(c.hears(25e3 / 2.048e6, 0.5)) << "rate, again";
}

TEST_F(RtlTcp, WrongAndShortCommandsAreSaidOnceAndDoNoHarm)
{
    serve(tone);
    client c(port());
    for (int k = 0; k < 20; k++)
        for (const int opcode : { 0x05, 0x07, 0x08, 0x40 })
            c.set(static_cast<std::uint8_t>(opcode), 7);
    c.set(0x02, 0);
    c.set(0x0d, 29);
    c.send_bytes({ 0x01, 0x05, 0xf7 }); // the first bytes of 100.1 MHz
    c.expect_header();
    EXPECT_TRUE(c.hears(0.125, 0.5));
    EXPECT_TRUE(logs("step of gain 29 is ignored"));
    c.send_bytes({ 0x67, 0xa0 });
    EXPECT_TRUE(c.hears(0.025, 0.5));
    EXPECT_EQ(d_log.count("said once"), 6u);
    EXPECT_EQ(d_log.count("frequency correction 7 is ignored"), 1u);
    EXPECT_EQ(d_log.count("command 0x40 7 is ignored"), 1u);
}

TEST_F(RtlTcp, ClientsAreApartEachAtItsOwnRate)
{
    const temporary_directory where;
    std::vector<std::uint8_t> samples;
    for (int k = 0; k < 2000; k++) { // 50 kHz at 1 MS/s
        const auto x = std::polar(63.0, 0.1 * 3.14159265358979323846 * k);
        samples.push_back(static_cast<std::uint8_t>(std::lround(127.5 + x.real())));
        samples.push_back(static_cast<std::uint8_t>(std::lround(127.5 + x.imag())));
    }
    serve("emulator,scene=" + write_recording(where, "tone", "cu8", samples));
    std::vector<std::pair<client, double>> clients;
    for (const double rate : { 250e3, 2.048e6, 1e6, 333333.0 }) {
        clients.emplace_back(client(port()), rate);
        clients.back().first.set(0x02, static_cast<std::uint32_t>(rate));
    }
    for (auto& [c, rate] : clients) {
        c.expect_header();
        EXPECT_TRUE(c.hears(50e3 / rate, 63 / 127.5)) << rate;
    }
    EXPECT_EQ(d_server->clients(), 4u);
}

TEST_F(RtlTcp, SlowClientLosesSamplesAndDelaysNoOther)
{
    serve("emulator,rate=4e6,freq=1e8,noise=none");
    client slow(port(), 4096);
    client fast(port());
    slow.expect_header();
    fast.expect_header();
    EXPECT_TRUE(eventually([&] { // the slow one reads nothing
        EXPECT_EQ(fast.read(65536).size(), 65536u);
        return d_server->lost_samples() > 100000;
    }));
    EXPECT_TRUE(fast.hears(0.125, 0.5));
    EXPECT_TRUE(slow.hears(0.125, 0.5)) << "samples stay whole";
    slow.set(0x01, 99000000);
    fast.set(0x01, 99500000);
    EXPECT_TRUE(fast.hears(0.25, 0.5));
    slow.close();
    EXPECT_TRUE(has_clients(1));
    EXPECT_TRUE(logs("samples sent"));
    EXPECT_EQ(d_log.count(" 0 lost because the client read too slowly"), 0u);
}

TEST_F(RtlTcp, ClientThatHangsUpLeavesAtOnceWhateverItDid)
{
    serve(tone);
    for (int k = 0; k < 12; k++) {
        client c(port());
        if (k % 2)
            c.expect_header();
        if (k % 3 == 0)
            c.set(0x02, 2048000);
        if (k % 4 == 0)
            c.send_bytes({ 1, 2, 3 });
    }
    EXPECT_TRUE(logs("left;", 12));
    EXPECT_TRUE(has_clients(0));
}

TEST_F(RtlTcp, ClientsBeyondTheLimitAreRefusedAndAgainAdmitted)
{
    serve("emulator,rate=10000,freq=1e8");
    std::vector<client> clients;
    for (std::size_t k = 0; k < rtl_tcp::clients_max; k++)
        clients.emplace_back(port());
    for (client& c : clients)
        c.expect_header();
    for (int k = 0; k < 3; k++)
        EXPECT_TRUE(client(port()).read(1).empty());
    EXPECT_TRUE(logs("is refused"));
    clients.pop_back();
    EXPECT_TRUE(has_clients(rtl_tcp::clients_max - 1));
    client(port()).expect_header();
}

TEST_F(RtlTcp, StopEndsHangingClients)
{
    serve("emulator,rate=4e6");
    std::vector<client> clients;
    for (int k = 0; k < 4; k++)
        clients.emplace_back(port(), 4096);
    EXPECT_TRUE(eventually([&] { return d_server->lost_samples() > 100000; }));
    d_server->stop();
    d_server->stop();
    EXPECT_EQ(d_server->clients(), 0u);
    for (client& c : clients)
        EXPECT_TRUE(c.ends());
}

TEST_F(RtlTcp, DeviceThatCannotBeOpenedIsSaidAndEndsTheConnection)
{
    serve("device=/nonexistent/zcring0");
    client c(port());
    EXPECT_TRUE(c.read(1).empty());
    EXPECT_TRUE(logs("/nonexistent/zcring0"));
    EXPECT_TRUE(has_clients(0));
}

TEST_F(RtlTcp, EndOfTheStreamIsSentBeforeTheConnectionEnds)
{
    const temporary_directory where;
    const rtl_bytes samples(2 * 50000, 200);
    serve("emulator,loop=no,scene=" + write_recording(where, "once", "cu8", samples));
    client c(port());
    c.expect_header();
    const rtl_bytes heard = c.read(samples.size());
    EXPECT_TRUE(std::equal(heard.begin(), heard.end(), samples.begin(), samples.end()));
    EXPECT_TRUE(logs("left; 50000 samples sent, 0 lost"));
}

TEST_F(RtlTcp, AddressInUseIsRefusedWithItsName)
{
    serve(tone);
    const std::string taken = "127.0.0.1:" + std::to_string(port());
    expect_says(message_of<std::system_error>(
                    [&] { rtl_tcp(parse_rtl_address(taken), tone, [](const std::string&) {}); }),
                { taken.c_str(), "choose" });
    EXPECT_THROW(rtl_tcp(parse_rtl_address("0"), "emulator,rate=x", [](const std::string&) {}),
                 std::invalid_argument);
}

} // namespace
