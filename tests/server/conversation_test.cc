// SPDX-License-Identifier: GPL-3.0-or-later
//
// What each message of a client does, without a socket.
#include "conversation.h"
#include "fake_ports.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace {

using namespace zcring::server;
using zcring::unique_fd;
using zcring::wire_answer;
using zcring::wire_message;
using zcring::wire_request;
using zcring_test::fake_ports;

constexpr uid_t alice = 1001;
constexpr uid_t bob = 1002;

// An air with its limits, and the conversations with it.
class Conversation : public testing::Test
{
protected:
    // A client, and the last answer to it.
    struct client {
        std::unique_ptr<conversation> talk;
        wire_message answer;
        unique_fd fd;

        int
        raw(std::uint32_t command, const void* argument, std::size_t bytes, std::uint32_t word = 0)
        {
            wire_message request;
            const wire_request header = { command, word };
            std::memcpy(request.bytes, &header, sizeof(header));
            if (bytes)
                std::memcpy(request.argument(), argument, bytes);
            request.length = sizeof(header) + bytes;
            fd = unique_fd();
            talk->answer(request, answer, fd);
            wire_answer status{};
            std::memcpy(&status, answer.bytes, sizeof(status));
            EXPECT_EQ(status.command, command);
            return status.error;
        }

        template <class T>
        int call(std::uint32_t command, T& argument)
        {
            const int error = raw(command, &argument, zcring::wire_argument_bytes(command));
            const std::size_t result = error ? 0 : zcring::wire_result_bytes(command);
            EXPECT_EQ(answer.length, sizeof(wire_answer) + result);
            if (result)
                std::memcpy(&argument, answer.argument(), result);
            return error;
        }

        int attach(std::uint32_t role, std::uint64_t receiver = 0)
        {
            zcring_attach attach{};
            attach.role = role;
            attach.receiver = receiver;
            return call(ZCRING_IOC_ATTACH, attach);
        }

        int configure(double rate, unsigned channels = 1, std::uint64_t interval_ns = 1000000)
        {
            zcring_config config{};
            config.format = ZCRING_FORMAT_SC16;
            config.channels = channels;
            config.ring_bytes = 65536;
            config.interval_ns = interval_ns;
            config.rate_num = static_cast<std::uint64_t>(rate);
            config.rate_den = 1;
            return call(ZCRING_IOC_SET_CONFIG, config);
        }

        int tune(double rate, std::uint32_t when = 0)
        {
            zcring_control control{};
            control.what = ZCRING_CONTROL_RATE | when;
            control.channels = 1;
            control.rate_num = static_cast<std::uint64_t>(rate);
            control.rate_den = 1;
            return call(ZCRING_IOC_CONTROL, control);
        }

        int region(std::uint32_t region)
        {
            zcring_region r{};
            r.region = region;
            return call(ZCRING_IOC_GET_REGION, r);
        }
    };

    client connect(uid_t user = alice)
    {
        client c;
        c.talk = std::make_unique<conversation>(d_ports, d_usage, d_ledger, user);
        EXPECT_EQ(c.talk->take_connection(), 0);
        return c;
    }

    client radio(uid_t user = alice)
    {
        client c = connect(user);
        EXPECT_EQ(c.attach(ZCRING_ROLE_RADIO), 0);
        return c;
    }

    static limits small()
    {
        limits l;
        l.receivers = 3;
        l.user_connections = 6;
        l.user_observers = 2;
        l.user_bytes = 100 * 4096;
        l.user_rate = 10e6;
        return l;
    }

    fake_ports d_ports;
    usage d_usage{ small() };
    memory_ledger d_ledger{ small().user_bytes };
};

TEST_F(Conversation, BeginsWithARole)
{
    client c = connect();
    zcring_info info{};
    EXPECT_EQ(c.call(ZCRING_IOC_GET_INFO, info), ENOTCONN);
    EXPECT_FALSE(c.talk->is_attached());

    zcring_attach attach{};
    attach.role = ZCRING_ROLE_RADIO;
    ASSERT_EQ(c.call(ZCRING_IOC_ATTACH, attach), 0);
    EXPECT_TRUE(c.fd) << "the pipe";
    EXPECT_EQ(attach.receiver, 0U);
    EXPECT_EQ(c.attach(ZCRING_ROLE_RADIO), EISCONN);
    EXPECT_EQ(c.attach(ZCRING_ROLE_ANTENNA), EISCONN);
    ASSERT_EQ(c.call(ZCRING_IOC_GET_INFO, info), 0);
    EXPECT_EQ(info.role, ZCRING_ROLE_RADIO);
}

TEST_F(Conversation, RefusesAnAttachThatItDoesNotKnow)
{
    for (const std::uint32_t role : { 0U, 4U, 31U, 32U, ~0U })
        EXPECT_EQ(connect().attach(role), EINVAL) << role;
    zcring_attach attach{};
    attach.role = ZCRING_ROLE_RADIO;
    attach.reserved[3] = 1;
    EXPECT_EQ(connect().call(ZCRING_IOC_ATTACH, attach), EINVAL);
    attach = {};
    attach.role = ZCRING_ROLE_OBSERVER;
    attach.flags = ZCRING_ATTACH_MEMBER;
    EXPECT_EQ(connect().call(ZCRING_IOC_ATTACH, attach), EINVAL);
    EXPECT_EQ(connect().attach(ZCRING_ROLE_OBSERVER, 7), ENXIO) << "no such receiver";
    EXPECT_EQ(d_ports.receivers(), 0U);
}

TEST_F(Conversation, ChecksEveryLength)
{
    client c = radio();
    const std::vector<std::byte> argument(256);
    for (const std::uint32_t command : { std::uint32_t(ZCRING_IOC_SET_CONFIG),
                                         std::uint32_t(ZCRING_IOC_GET_CONFIG),
                                         std::uint32_t(ZCRING_IOC_STOP),
                                         std::uint32_t(ZCRING_IOC_GET_REGION) }) {
        const std::size_t right = zcring::wire_argument_bytes(command);
        for (std::size_t bytes = 0; bytes <= argument.size(); bytes++)
            if (bytes != right) {
                ASSERT_EQ(c.raw(command, argument.data(), bytes), EINVAL)
                    << command << ' ' << bytes;
            }
    }
    EXPECT_EQ(c.raw(ZCRING_IOC_STOP, nullptr, 0, 1), EINVAL) << "a reserved word";
    EXPECT_EQ(c.raw(ZCRING_IOC_STOP, nullptr, 0), 0);
    EXPECT_EQ(d_ports.port(0)->calls(ZCRING_IOC_STOP), 1U);
    EXPECT_EQ(d_ports.port(0)->calls(ZCRING_IOC_SET_CONFIG), 0U);
}

TEST_F(Conversation, KnowsNoCommandOfAnotherSizeNumberOrMagic)
{
    client c = radio();
    for (const std::uint32_t command : { std::uint32_t(_IO('Z', 0x05)),
                                         std::uint32_t(_IOR('Z', 0x01, zcring_region)),
                                         std::uint32_t(_IOW('Z', 0x03, zcring_start)),
                                         std::uint32_t(_IO('Y', 0x06)),
                                         std::uint32_t(_IO('Z', 0xff)),
                                         0U,
                                         ~0U })
        EXPECT_EQ(c.raw(command, nullptr, 0), ENOTTY) << command;
}

TEST_F(Conversation, GivesEachRoleItsCommands)
{
    const client first = radio();
    client observer = connect();
    ASSERT_EQ(observer.attach(ZCRING_ROLE_OBSERVER, 0), 0);
    EXPECT_FALSE(observer.fd) << "an observer gets no pipe";
    client antenna = connect();
    ASSERT_EQ(antenna.attach(ZCRING_ROLE_ANTENNA), 0);

    const std::vector<std::byte> zeros(256);
    const auto error = [&](client& c, std::uint32_t command) {
        return c.raw(command, zeros.data(), zcring::wire_argument_bytes(command));
    };
    for (const std::uint32_t command : { std::uint32_t(ZCRING_IOC_SET_CONFIG),
                                         std::uint32_t(ZCRING_IOC_START),
                                         std::uint32_t(ZCRING_IOC_STOP),
                                         std::uint32_t(ZCRING_IOC_CONTROL) }) {
        EXPECT_EQ(error(observer, command), ENOTTY);
        EXPECT_EQ(error(antenna, command), ENOTTY);
    }
    client second = radio();
    EXPECT_EQ(error(second, ZCRING_IOC_SET_SCENE), ENOTTY);
    EXPECT_EQ(error(observer, ZCRING_IOC_SET_SCENE), ENOTTY);
    EXPECT_EQ(error(antenna, ZCRING_IOC_SET_SCENE), 0);
    EXPECT_EQ(error(observer, ZCRING_IOC_INJECT), ENOTTY);
    EXPECT_EQ(error(second, ZCRING_IOC_GET_FEED), ENOTTY);
    EXPECT_EQ(error(antenna, ZCRING_IOC_GET_FEED), 0);
    EXPECT_EQ(connect().attach(ZCRING_ROLE_ANTENNA), EBUSY) << "one feeder at a time";
}

TEST_F(Conversation, KeepsTheConsumersPageFromObservers)
{
    client owner = radio();
    EXPECT_EQ(owner.region(ZCRING_CONSUMER), 0);
    EXPECT_TRUE(owner.fd);
    client observer = connect();
    ASSERT_EQ(observer.attach(ZCRING_ROLE_OBSERVER, 0), 0);
    EXPECT_EQ(observer.region(ZCRING_META), 0);
    EXPECT_TRUE(observer.fd);
    EXPECT_EQ(observer.region(ZCRING_CONSUMER), EINVAL);
    EXPECT_FALSE(observer.fd);
    EXPECT_EQ(observer.region(4), EINVAL);
    zcring_region pages{};
    pages.region = ZCRING_DATA;
    pages.flags = ZCRING_REGION_PAGES;
    EXPECT_EQ(observer.call(ZCRING_IOC_GET_REGION, pages), EOPNOTSUPP);
}

// Memory that an observer keeps stays charged to the user whose receiver it was of.
TEST_F(Conversation, KeepsTheMemoryOfAUserFromObserversOfAnother)
{
    client owner = radio(alice);
    ASSERT_EQ(owner.region(ZCRING_DATA), 0);
    client observer = connect(bob);
    ASSERT_EQ(observer.attach(ZCRING_ROLE_OBSERVER, 0), 0);
    EXPECT_EQ(observer.region(ZCRING_DATA), EPERM);
    EXPECT_FALSE(observer.fd);
    EXPECT_EQ(d_ledger.bytes(bob), 0U);
    zcring_telemetry counters{};
    EXPECT_EQ(observer.call(ZCRING_IOC_GET_TELEMETRY, counters), 0) << "which costs no memory";
    EXPECT_EQ(owner.region(ZCRING_DATA), 0);
}

TEST_F(Conversation, ClosesAPortWithItsClient)
{
    {
        client owner = radio();
        client observer = connect();
        ASSERT_EQ(observer.attach(ZCRING_ROLE_OBSERVER, 0), 0);
        observer.talk.reset();
        EXPECT_EQ(d_ports.receivers(), 1U) << "an observer closes nothing";
    }
    EXPECT_EQ(d_ports.receivers(), 0U);
}

TEST_F(Conversation, LimitsReceiversObserversAndConnections)
{
    std::vector<client> clients;
    for (int i = 0; i < 3; i++)
        clients.push_back(radio());
    client fourth = connect(bob);
    EXPECT_EQ(fourth.attach(ZCRING_ROLE_RADIO), EBUSY) << "of the server";
    EXPECT_EQ(fourth.attach(ZCRING_ROLE_RADIO), EBUSY) << "a try takes nothing";
    clients.pop_back();
    EXPECT_EQ(fourth.attach(ZCRING_ROLE_RADIO), 0);

    for (int i = 0; i < 2; i++) {
        clients.push_back(connect());
        EXPECT_EQ(clients.back().attach(ZCRING_ROLE_OBSERVER, 0), 0);
    }
    clients.push_back(connect());
    EXPECT_EQ(clients.back().attach(ZCRING_ROLE_OBSERVER, 0), EUSERS);
    client of_bob = connect(bob);
    EXPECT_EQ(of_bob.attach(ZCRING_ROLE_OBSERVER, 0), 0) << "of each user";

    clients.push_back(connect());
    conversation seventh(d_ports, d_usage, d_ledger, alice);
    EXPECT_EQ(seventh.take_connection(), EUSERS);
}

TEST_F(Conversation, LimitsTheRateOfAUser)
{
    client first = radio(); // 1 MS/s
    client second = radio();
    EXPECT_EQ(first.configure(4e6, 2), 0);
    EXPECT_EQ(second.configure(2e6), 0) << "exactly the limit";
    EXPECT_EQ(second.configure(3e6), EDQUOT);
    EXPECT_EQ(second.tune(2.5e6), EDQUOT);
    EXPECT_EQ(first.configure(4e6), 0);
    EXPECT_EQ(second.tune(6e6), 0);
    EXPECT_EQ(second.tune(1e6), 0);
    client third = radio(bob);
    EXPECT_EQ(third.configure(10e6), 0) << "of each user";
    first.talk.reset();
    EXPECT_EQ(second.configure(10e6), 0) << "a client that left takes nothing";
    client fourth = connect();
    EXPECT_EQ(fourth.attach(ZCRING_ROLE_RADIO), EDQUOT) << "the rate that a receiver begins with";
    EXPECT_EQ(d_ports.receivers(), 2U) << "and a refused one is closed";
}

TEST_F(Conversation, TellsTheHighestRateThatAUserMayHave)
{
    client first = radio(); // 1 MS/s
    client second = radio();
    const auto highest = [](client& c) {
        zcring_ranges ranges{};
        EXPECT_EQ(c.call(ZCRING_IOC_GET_RANGES, ranges), 0);
        return static_cast<double>(ranges.rate_max_num) / static_cast<double>(ranges.rate_max_den);
    };
    EXPECT_EQ(highest(first), 9e6) << "what the others leave";
    EXPECT_EQ(first.tune(highest(first)), 0);
    EXPECT_EQ(highest(second), 1e6) << "never less than the present rate";
    EXPECT_EQ(first.configure(1e6, 7), 0);
    EXPECT_EQ(highest(first), 1285714) << "of each channel, in whole samples a second";
    EXPECT_EQ(first.tune(1285714), 0);
    EXPECT_EQ(first.tune(1285715), EDQUOT);
    client observer = connect(bob);
    ASSERT_EQ(observer.attach(ZCRING_ROLE_OBSERVER, 0), 0);
    EXPECT_EQ(highest(observer), ZCRING_RATE_HZ_MAX) << "which has no rate of its own";
}

TEST_F(Conversation, CountsARateThatWaits)
{
    client first = radio();
    client second = radio();
    EXPECT_EQ(first.tune(8e6, ZCRING_CONTROL_AT), 0);
    EXPECT_EQ(first.tune(1e6), 0) << "before the other takes effect";
    EXPECT_EQ(second.tune(3e6), EDQUOT);
    zcring_start start{};
    EXPECT_EQ(first.call(ZCRING_IOC_START, start), 0); // drops the commands that wait
    EXPECT_EQ(second.tune(3e6), 0);
}

TEST_F(Conversation, LimitsTheInterval)
{
    client c = radio();
    EXPECT_EQ(c.configure(1e6, 1, 999999), EINVAL);
    EXPECT_EQ(c.configure(1e6, 1, 1000000), 0);
    zcring_ranges ranges{};
    ASSERT_EQ(c.call(ZCRING_IOC_GET_RANGES, ranges), 0);
    EXPECT_EQ(ranges.interval_min_ns, 1000000U) << "a client is told";
}

TEST_F(Conversation, LimitsTheMemoryOfAUser)
{
    std::vector<unique_fd> kept;
    for (int i = 0; i < 6; i++) { // 16 pages each, and kept after the client has left
        client c = radio();
        ASSERT_EQ(c.region(ZCRING_DATA), 0) << i;
        kept.push_back(std::move(c.fd));
    }
    EXPECT_EQ(d_ledger.bytes(alice), 96U * 4096);
    EXPECT_EQ(radio().region(ZCRING_DATA), EDQUOT);
    EXPECT_EQ(radio(bob).region(ZCRING_DATA), 0);
    kept.pop_back();
    EXPECT_EQ(radio().region(ZCRING_DATA), 0);
}

} // namespace
