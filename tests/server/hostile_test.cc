// SPDX-License-Identifier: GPL-3.0-or-later
//
// Clients that send anything, to a real air: well-formed messages with random values, of every role, while
// its threads make samples. The server goes on, and gives everything back.
#include "air.h"
#include "air_ports.h"
#include "conversation.h"
#include "mapping.h"
#include "support/deadline.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace zcring::server;
using zcring::unique_fd;
using zcring::wire_answer;
using zcring::wire_message;
using zcring::wire_request;

constexpr std::uint32_t commands[] = {
    ZCRING_IOC_ATTACH,     ZCRING_IOC_GET_INFO,      ZCRING_IOC_GET_REGION, ZCRING_IOC_GET_CONFIG,
    ZCRING_IOC_SET_CONFIG, ZCRING_IOC_SET_SCENE,     ZCRING_IOC_START,      ZCRING_IOC_STOP,
    ZCRING_IOC_CONTROL,    ZCRING_IOC_GET_TUNING,    ZCRING_IOC_GET_RANGES, ZCRING_IOC_INJECT,
    ZCRING_IOC_GET_FEED,   ZCRING_IOC_GET_TELEMETRY,
};
constexpr uid_t user = 1000;
constexpr std::size_t clients = 6;

// The memory that this process still maps, by name.
std::string mapped_memory()
{
    std::ifstream maps("/proc/self/maps");
    std::string found;
    for (std::string line; std::getline(maps, line);)
        if (line.find("/memfd:") != std::string::npos)
            found += line + '\n';
    return found;
}

class hostile_crowd
{
public:
    explicit hostile_crowd(const std::string& arguments)
        : d_air(zcring::parse_arguments(arguments)), d_ports(d_air)
    {
    }

    // One message of one client; in half of them, some words are changed to any value.
    void step()
    {
        auto& talk = d_talks[d_random() % clients];
        if (!talk || d_random() % 100 == 0) {
            talk.reset();
            talk = std::make_unique<conversation>(d_ports, d_usage, d_ledger, user);
            ASSERT_EQ(talk->take_connection(), 0);
        }
        wire_message request;
        const wire_request header = { commands[d_random() % std::size(commands)], 0 };
        std::memcpy(request.bytes, &header, sizeof(header));
        const std::size_t bytes = zcring::wire_argument_bytes(header.command);
        std::memset(request.argument(), 0, bytes);
        request.length = sizeof(header) + bytes;
        fill(header.command, request.argument());
        for (auto changes = d_random() % 2 ? d_random() % 4 : 0; bytes && changes > 0; changes--) {
            const std::uint64_t value = this->value();
            std::memcpy(request.argument() + d_random() % (bytes / 4) * 4, &value, 4);
        }
        unique_fd fd;
        while (!talk->answer(request, d_answer, fd))
            continue;
        wire_answer status{};
        std::memcpy(&status, d_answer.bytes, sizeof(status));
        if (status.error == 0)
            d_done[header.command]++;
        if (fd && header.command == ZCRING_IOC_GET_REGION)
            write_to(fd.get(), bytes_of_region());
    }

    // Clients that come when all others are gone find all as it was.
    void expect_recovery()
    {
        for (auto& talk : d_talks)
            talk.reset();
        const auto feeder = d_air.feeder();
        ASSERT_TRUE(feeder);
        zcring_scene scene{};
        scene.kind = ZCRING_SCENE_COUNTER; // the last feeder may have left a feed without an end
        ASSERT_EQ(feeder->call(ZCRING_IOC_SET_SCENE, &scene), 0);
        EXPECT_TRUE(zcring_test::eventually([&] {
            d_ledger.collect();
            return d_ledger.bytes(user) == 0;
        })) << "memory stays:\n"
            << mapped_memory();
        zcring_attach attach{};
        attach.role = ZCRING_ROLE_RADIO;
        attach.flags = ZCRING_ATTACH_MEMBER;
        const auto fresh = d_air.add_receiver(attach);
        EXPECT_EQ(fresh->number(), 0U) << "numbers are given back";
        zcring_start start{};
        EXPECT_EQ(fresh->call(ZCRING_IOC_START, &start), 0);
        zcring_telemetry counters{};
        EXPECT_TRUE(zcring_test::eventually([&] {
            return fresh->call(ZCRING_IOC_GET_TELEMETRY, &counters) == 0 &&
                   counters.sample_clock > 0;
        }));
        fresh->close();
        feeder->close();
    }

    // Otherwise the clients would be too wild to reach anything.
    void expect_all_commands_reached() const
    {
        for (const std::uint32_t command : commands)
            EXPECT_TRUE(d_done.count(command)) << "number " << _IOC_NR(command);
    }

private:
    template <class T>
    static void put(std::byte* argument, const T& value)
    {
        std::memcpy(argument, &value, sizeof(value));
    }

    // What a friendly client could send.
    void fill(std::uint32_t command, std::byte* argument)
    {
        if (command == ZCRING_IOC_ATTACH) {
            zcring_attach attach{};
            attach.role = 1 + d_random() % 3;
            attach.receiver = d_random() % 3;
            attach.flags = attach.role == ZCRING_ROLE_RADIO && d_random() % 2;
            put(argument, attach);
        } else if (command == ZCRING_IOC_GET_REGION) {
            zcring_region region{};
            region.region = d_random() % 4;
            put(argument, region);
        } else if (command == ZCRING_IOC_SET_CONFIG) {
            put(argument, config());
        } else if (command == ZCRING_IOC_SET_SCENE) {
            put(argument, scene());
        } else if (command == ZCRING_IOC_CONTROL) {
            zcring_control control{};
            control.what = d_random() % 2 ? ZCRING_CONTROL_FREQ : ZCRING_CONTROL_RATE;
            control.channels = 1;
            control.rate_num = 1000000 >> d_random() % 3;
            control.rate_den = 1;
            put(argument, control);
        } else if (command == ZCRING_IOC_INJECT) {
            zcring_inject inject{};
            inject.kind = 1 + d_random() % 5;
            inject.amount = inject.kind < ZCRING_INJECT_UNPLUG ? 1000 : 0;
            put(argument, inject);
        }
    }

    zcring_config config()
    {
        zcring_config config{};
        config.format = 1 + d_random() % 3;
        config.channels = 1 + d_random() % 2;
        config.ring_bytes = 65536U << d_random() % 3;
        config.interval_ns = 1000000;
        config.rate_num = 1000000;
        config.rate_den = 1;
        return config;
    }

    zcring_scene scene()
    {
        zcring_scene scene{};
        scene.kind = 1 + d_random() % 5;
        if (scene.kind >= ZCRING_SCENE_MEMORY) {
            scene.format = 1 + d_random() % 3;
            scene.samples = scene.kind == ZCRING_SCENE_MEMORY ? 4096 : 0;
            scene.rate_num = 1000000;
            scene.rate_den = 1;
        }
        return scene;
    }

    std::uint64_t value()
    {
        const std::uint64_t values[] = { 0,     1,       2,           3,     7,         4096,
                                         65536, 1000000, 0x80000000U, ~0ULL, d_random() };
        return values[d_random() % std::size(values)];
    }

    std::uint64_t bytes_of_region() const
    {
        zcring_region region{};
        std::memcpy(&region, d_answer.argument(), sizeof(region));
        return region.writable ? region.length : 0;
    }

    // What a consumer or a feeder shares with the server: any value in any word.
    void write_to(int fd, std::uint64_t bytes)
    {
        if (!bytes)
            return;
        const zcring::mapping page(fd, 0, bytes, true);
        for (int i = 0; i < 4; i++) {
            const std::uint64_t word = value();
            std::memcpy(
                static_cast<std::byte*>(page.get()) + d_random() % 16 * 8, &word, sizeof(word));
        }
    }

    std::map<std::uint32_t, unsigned> d_done; //!< messages without an error
    static inline unsigned d_crowds = 0;      // --gtest_repeat= has a new seed each time
    std::mt19937 d_random{ ++d_crowds };
    air d_air;
    air_ports d_ports;
    usage d_usage{ limits{} };
    memory_ledger d_ledger{ std::uint64_t{ 1 } << 28 };
    std::unique_ptr<conversation> d_talks[clients];
    wire_message d_answer;
};

TEST(Hostile, ClientsOfARealAirDisturbNobodyWhoComesLater)
{
    for (const char* arguments : { "scene=counter,pace=free", "scene=noise,pace=real" }) {
        SCOPED_TRACE(arguments);
        hostile_crowd crowd(arguments);
        for (int i = 0; i < 6000; i++)
            ASSERT_NO_FATAL_FAILURE(crowd.step());
        crowd.expect_all_commands_reached();
        crowd.expect_recovery();
    }
}

} // namespace
