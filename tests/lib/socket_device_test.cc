// SPDX-License-Identifier: GPL-3.0-or-later
//
// A receiver of a server that does what a server must not: it is refused, with a text that says what to
// do, and nothing of it stays. And the end of a server.
#include "support.h"
#include "support/deadline.h"
#include "support/fake_server.h"

#include <zcring/device.h>
#include <zcring/observer.h>

#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <future>
#include <memory>

namespace {

using namespace zcring;
using namespace zcring_test;

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Of the server's memory. The fake server has some itself.
std::size_t mappings()
{
    std::size_t count = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        count += line.find("zcring-fake") != std::string::npos;
    return count;
}

class SocketDevice : public testing::Test
{
protected:
    void SetUp() override
    {
        char name[] = "/tmp/zcring-test-XXXXXX";
        ASSERT_TRUE(mkdtemp(name));
        d_folder = name;
        d_server = std::make_unique<fake_server>(d_folder + "/server");
    }
    void TearDown() override
    {
        d_server.reset();
        std::filesystem::remove_all(d_folder);
    }

    fake_server& server() { return *d_server; }

    // Changes the answers to one command.
    void change(std::uint32_t command, const std::function<void(fake_answer&)>& how)
    {
        server().change_answers([=](fake_answer& answer) {
            if (answer.command == command)
                how(answer);
        });
    }
    // Changes the answers to ZCRING_IOC_GET_REGION for one region.
    void change_region(unsigned region,
                       const std::function<void(fake_answer&, zcring_region&)>& how)
    {
        change(ZCRING_IOC_GET_REGION, [=](fake_answer& answer) {
            if (answer.as<zcring_region>().region == region)
                how(answer, answer.as<zcring_region>());
        });
    }
    void change_info(const std::function<void(zcring_info&)>& how)
    {
        change(ZCRING_IOC_GET_INFO, [=](fake_answer& answer) { how(answer.as<zcring_info>()); });
    }

    // Opens the device, which throws \p error with a text that has \p words; nothing is left of it.
    void expect_refusal(int error, const std::string& words)
    {
        const std::size_t fds = open_descriptors();
        const std::size_t maps = mappings();
        try {
            const device dev(server().arguments());
            ADD_FAILURE() << "the server is trusted";
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code().value(), error) << e.what();
            EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find(server().path()), std::string::npos) << e.what();
        }
        EXPECT_TRUE(eventually([&] { return server().connections() == 0; }));
        EXPECT_TRUE(eventually([&] { return open_descriptors() == fds; }));
        EXPECT_EQ(mappings(), maps);
    }
    void expect_refusal(const std::string& words = "start zcring serve of the version")
    {
        expect_refusal(EPROTO, words);
    }

    // Publishes one burst of \p samples samples.
    void publish(std::uint64_t samples)
    {
        server().burst(0).index = 0;
        server().burst(0).samples = static_cast<std::uint32_t>(samples);
        zcring_ring_publish(&server().meta(), 1, samples);
    }

    std::string d_folder;
    std::unique_ptr<fake_server> d_server;
};

TEST_F(SocketDevice, OpensAndClosesWithoutATrace)
{
    const std::size_t fds = open_descriptors();
    const std::size_t maps = mappings();
    {
        const device dev(server().arguments());
        EXPECT_EQ(dev.name(), server().path());
        EXPECT_EQ(dev.receiver(), 7u);
        EXPECT_FALSE(dev.is_emulator());
        EXPECT_EQ(dev.ring_samples(), fake_server::ring_samples);
        EXPECT_EQ(mappings(), maps + 5) << "meta, consumer, bursts, and the samples twice";
    }
    EXPECT_TRUE(eventually([&] { return server().connections() == 0; }));
    EXPECT_TRUE(eventually([&] { return open_descriptors() == fds; }));
    EXPECT_EQ(mappings(), maps);
}

TEST_F(SocketDevice, RefusesAnswersThatDoNotFitTheRequest)
{
    const std::function<void(fake_answer&)> wrong[] = {
        [](fake_answer& a) { a.command = ZCRING_IOC_GET_CONFIG; },
        [](fake_answer& a) { a.result.pop_back(); },
        [](fake_answer& a) { a.result.resize(a.result.size() + 1); },
        [](fake_answer& a) { a.result.resize(100000); },
        [](fake_answer& a) { a.result.clear(); },
        [](fake_answer& a) { a.error = ENODEV; }, // an error with a result
        [](fake_answer& a) {
            a.error = -ENODEV;
            a.result.clear();
        },
    };
    for (const std::uint32_t command : { ZCRING_IOC_ATTACH, ZCRING_IOC_GET_INFO })
        for (const auto& each : wrong) {
            change(command, each);
            expect_refusal();
        }
}

TEST_F(SocketDevice, RefusesDescriptorsThatNobodyAskedFor)
{
    const auto one_more = [](fake_answer& a) {
        a.sent.push_back(fake_memory(4096, F_SEAL_SHRINK));
    };
    for (const std::uint32_t command :
         { ZCRING_IOC_ATTACH, ZCRING_IOC_GET_INFO, ZCRING_IOC_GET_CONFIG, ZCRING_IOC_GET_REGION }) {
        change(command, one_more);
        expect_refusal();
    }
    change(ZCRING_IOC_GET_REGION, [](fake_answer& a) { // with an error, it is not even looked at
        a.error = ENOMEM;
        a.result.clear();
    });
    expect_refusal(ENOMEM, "set a smaller ring_bytes");
}

TEST_F(SocketDevice, RefusesAPipeThatIsNone)
{
    change(ZCRING_IOC_ATTACH, [](fake_answer& a) { a.sent.clear(); });
    expect_refusal("the server sends no pipe");
    change(ZCRING_IOC_ATTACH,
           [](fake_answer& a) { a.sent.front() = fake_memory(4096, F_SEAL_SHRINK); });
    expect_refusal("the server sends no pipe");
}

TEST_F(SocketDevice, RefusesMemoryThatCouldVanish)
{
    const std::uint64_t bytes = fake_server::ring_bytes;
    const auto sends = [&](std::size_t length, int seals) {
        change_region(ZCRING_DATA, [=](fake_answer& a, zcring_region&) {
            a.sent.front() = fake_memory(length, seals);
        });
    };
    sends(bytes, F_SEAL_GROW);
    expect_refusal("the server's memory is not sealed");
    sends(bytes / 2, F_SEAL_SHRINK);
    expect_refusal("the server's memory is shorter than the server says");
    change_region(ZCRING_DATA, [](fake_answer& a, zcring_region&) { a.sent.clear(); });
    expect_refusal("the server sends no memory");
    for (const char* path : { "/dev/zero", "/proc/self/maps", "/proc/self/exe", "/tmp" }) {
        change_region(ZCRING_DATA, [=](fake_answer& a, zcring_region&) {
            a.sent.front() = unique_fd(open(path, O_RDONLY | O_CLOEXEC));
        });
        expect_refusal("the server's memory is not sealed");
    }
}

TEST_F(SocketDevice, RefusesMemoryThatItCannotWriteTo)
{
    change_region(ZCRING_CONSUMER, [](fake_answer& a, zcring_region& region) {
        a.sent.front() = fake_memory(region.length, F_SEAL_SHRINK | F_SEAL_WRITE);
    });
    expect_refusal("cannot map the server's memory");
}

TEST_F(SocketDevice, RefusesWrongLengths)
{
    const std::pair<unsigned, std::function<void(zcring_region&)>> wrong[] = {
        { ZCRING_DATA, [](zcring_region& r) { r.length = r.map_length = 0; } },
        { ZCRING_DATA, [](zcring_region& r) { r.length = r.map_length = 4097; } },
        { ZCRING_DATA, [](zcring_region& r) { r.length = r.map_length = r.length / 2; } },
        { ZCRING_DATA, [](zcring_region& r) { r.length = r.map_length = UINT64_MAX - 4095; } },
        { ZCRING_DATA, [](zcring_region& r) { r.map_length = 2 * r.length; } },
        { ZCRING_DATA, [](zcring_region& r) { r.offset = 4096; } },
        { ZCRING_BURSTS, [](zcring_region& r) { r.length = r.map_length = 4096; } },
    };
    for (const auto& each : wrong) {
        change_region(each.first,
                      [&](fake_answer&, zcring_region& region) { each.second(region); });
        expect_refusal("the server's memory");
    }
    change_region(ZCRING_DATA, [](fake_answer& a, zcring_region& region) {
        region.length = region.map_length = 2 * fake_server::ring_bytes;
        a.sent.front() = fake_memory(region.length, F_SEAL_SHRINK);
    });
    expect_refusal("the server's memory has another length than its ring");
}

TEST_F(SocketDevice, RefusesAnotherGeometry)
{
    const std::function<void(zcring_info&)> wrong[] = {
        [](zcring_info& i) { i.channels = 0; },
        [](zcring_info& i) { i.channels = 9; },
        [](zcring_info& i) { i.format = 77; },
        [](zcring_info& i) { i.sample_bytes = 1; },
        [](zcring_info& i) { i.ring_samples = 0; },
        [](zcring_info& i) { i.ring_samples--; },
        [](zcring_info& i) { i.ring_samples = UINT64_C(1) << 62; },
        [](zcring_info& i) { i.burst_slots = 0; },
        [](zcring_info& i) { i.burst_slots = UINT64_C(1) << 56; },
        [](zcring_info& i) { i.burst_slots *= 2; },
        [](zcring_info& i) { i.burst_bytes = 8; },
    };
    for (const auto& each : wrong) {
        change_info(each);
        expect_refusal();
    }
    change(ZCRING_IOC_GET_CONFIG, [](fake_answer& a) { a.as<zcring_config>().channels = 3; });
    expect_refusal("the server contradicts itself");
}

TEST_F(SocketDevice, RefusesAnotherVersion)
{
    change_info([](zcring_info& i) { i.abi_version++; });
    expect_refusal(ENOTTY, "start zcring serve of the version");
    server().change_answers({});
    server().meta().magic++;
    expect_refusal("the metadata page is invalid");
}

TEST_F(SocketDevice, NamesTheShortestInterval)
{
    server().change_answers([](fake_answer& a) {
        if (a.command == ZCRING_IOC_SET_CONFIG)
            a.error = EINVAL;
        if (a.command == ZCRING_IOC_GET_RANGES)
            a.as<zcring_ranges>().interval_min_ns = 1000000;
    });
    try {
        const device dev(server().arguments() + ",interval_us=500");
        ADD_FAILURE();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), EINVAL);
        EXPECT_NE(std::string(e.what()).find("at least 1000 us apart"), std::string::npos)
            << e.what();
    }
}

TEST_F(SocketDevice, WaitsForAProgramThatIsSettingAScene)
{
    std::atomic<unsigned> attempts{ 0 };
    std::atomic<unsigned> refused{ 3 };
    change(ZCRING_IOC_ATTACH, [&](fake_answer& a) {
        if (a.as<zcring_attach>().role != ZCRING_ROLE_ANTENNA || attempts++ >= refused)
            return;
        a.error = EBUSY;
        a.result.clear();
        a.sent.clear();
    });
    const std::string arguments = server().arguments() + ",scene=noise";
    EXPECT_EQ(error_of([&] { device{ arguments }; }), 0);
    EXPECT_EQ(attempts, 4u);
    refused = UINT_MAX; // a feeder
    try {
        device{ arguments };
        ADD_FAILURE();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), EBUSY);
        EXPECT_NE(std::string(e.what()).find("another program feeds this antenna"),
                  std::string::npos)
            << e.what();
    }
}

TEST_F(SocketDevice, DoesNotKnowWhereTheToneOfAServerIs)
{
    const device dev(server().arguments() + ",scene=tone,rate=1e6,freq=100e6");
    EXPECT_TRUE(dev.scene_bands().empty());
    EXPECT_TRUE(dev.receives(100e6, 1e4));
}

TEST_F(SocketDevice, SurvivesAHangUpInsteadOfAnyAnswer)
{
    for (const std::uint32_t command :
         { ZCRING_IOC_ATTACH, ZCRING_IOC_GET_INFO, ZCRING_IOC_GET_CONFIG, ZCRING_IOC_GET_REGION }) {
        change(command, [](fake_answer& a) { a.hangs_up = true; });
        expect_refusal(ENODEV, "the server or its receiver is gone");
    }
}

TEST_F(SocketDevice, NamesTheRemedyWhereThereIsNoServer)
{
    const std::string arguments = server().arguments();
    server().end();
    try {
        const device dev(arguments);
        ADD_FAILURE();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), ENOENT);
        EXPECT_NE(std::string(e.what()).find("zcring serve NAME"), std::string::npos) << e.what();
    }
}

TEST_F(SocketDevice, DrainsWhatWasPublishedBeforeTheServerWent)
{
    device dev(server().arguments());
    const void* const ring = dev.ring(0);
    reader in(dev);
    dev.start();
    publish(100);
    server().end();
    EXPECT_EQ(in.wait(1000, patience), status::data);
    EXPECT_EQ(in.acquire().samples, 100u);
    EXPECT_TRUE(in.next_burst(100));
    in.release(100);
    EXPECT_EQ(server().consumer().tail, 100u);
    EXPECT_EQ(in.wait(1, patience), status::gone);
    EXPECT_EQ(dev.ring(0), ring);
    EXPECT_EQ(error_of([&] { dev.telemetry(); }), ENODEV);
}

TEST_F(SocketDevice, WakesAReaderThatSleepsWhenTheServerGoes)
{
    device dev(server().arguments());
    reader in(dev);
    dev.start();
    auto last = std::async(std::launch::async, [&] { return in.wait(1, -1ns); });
    EXPECT_TRUE(eventually([&] { return zcring_ring_load_waiting(&server().consumer()); }));
    server().end();
    ASSERT_EQ(last.wait_for(patience), std::future_status::ready);
    EXPECT_EQ(last.get(), status::gone);
}

TEST_F(SocketDevice, IsGoneAfterAWrongAnswer)
{
    device dev(server().arguments());
    reader in(dev);
    dev.start();
    publish(10);
    change(ZCRING_IOC_GET_TELEMETRY, [](fake_answer& a) { a.result.clear(); });
    EXPECT_EQ(error_of([&] { dev.telemetry(); }), EPROTO);
    EXPECT_EQ(error_of([&] { dev.telemetry(); }), ENODEV);
    EXPECT_EQ(in.wait(1, patience), status::data);
    EXPECT_EQ(in.acquire().samples, 10u);
    EXPECT_EQ(in.wait(1, patience), status::gone);
    EXPECT_TRUE(eventually([&] { return server().connections() == 0; }));
}

TEST_F(SocketDevice, ReadsNoMemoryBehindTheRingWhateverTheServerStores)
{
    device dev(server().arguments());
    reader in(dev);
    dev.start();
    for (std::uint64_t i = 0; i < fake_server::burst_slots; i++)
        server().burst(static_cast<unsigned>(i)).index = UINT64_C(1) << 60;
    zcring_ring_publish(&server().meta(), UINT64_C(1) << 50, UINT64_C(1) << 60);
    EXPECT_EQ(in.wait(1, patience), status::data);
    const reader::view v = in.acquire();
    EXPECT_EQ(v.samples, fake_server::ring_samples);
    std::uint64_t bursts = 0;
    while (in.next_burst(UINT64_MAX >> 1))
        bursts++;
    EXPECT_EQ(bursts, fake_server::burst_slots);
    in.release(v.samples); // returns
}

// At free pace: a message costs more than many bursts.
TEST_F(SocketDevice, TellsTheServerOfItsTailOnlyWhenTheServerHasSeenAFullRing)
{
    std::atomic<unsigned> told{ 0 };
    server().change_answers([&](fake_answer& answer) {
        if (answer.command == ZCRING_IOC_GET_INFO)
            answer.as<zcring_info>().pace_clock = ZCRING_PACE_FREE;
        told += answer.command == ZCRING_IOC_GET_TELEMETRY;
    });
    device dev(server().arguments());
    reader in(dev);
    device::start_options options;
    options.first_index = 3 * fake_server::ring_samples;
    dev.start(options);
    zcring_telemetry seen{};
    u64 sequence = server().meta().sequence;
    constexpr unsigned parts = 8, part = fake_server::ring_samples / parts;
    for (unsigned i = 1; i <= 3 * parts; i++) {
        zcring_ring_publish(&server().meta(), 0, options.first_index + i * part);
        EXPECT_EQ(in.wait(1, patience), status::data);
        in.release(in.acquire().samples);
        EXPECT_EQ(in.wait(1, 0ns), status::timeout);
        EXPECT_EQ(told, i / parts) << i;
        if (i % parts)
            continue;
        seen.consumed_samples = i * part;
        zcring_ring_store_telemetry(&server().meta(), &sequence, &seen);
    }
    const unsigned before = told;
    dev.stop();
    dev.resume();
    EXPECT_EQ(in.wait(1, 0ns), status::timeout);
    EXPECT_EQ(told, before) << "after a resume, the first index is the one before";
}

TEST_F(SocketDevice, ReturnsWithAnotherServerOfTheSameName)
{
    device dev(server().arguments());
    const void* const ring = dev.ring(0);
    reader in(dev);
    dev.start();
    EXPECT_FALSE(dev.reopen()) << "it is there";
    const std::string path = server().path();
    const std::size_t fds = open_descriptors();
    d_server.reset();
    EXPECT_EQ(in.wait(1, patience), status::gone);
    EXPECT_EQ(error_of([&] { dev.reopen(); }), ENOENT);

    d_server = std::make_unique<fake_server>(path);
    EXPECT_TRUE(dev.reopen());
    EXPECT_EQ(dev.ring(0), ring);
    EXPECT_EQ(in.wait(1, patience), status::stopped);
    dev.start();
    publish(10);
    EXPECT_EQ(in.wait(10, patience), status::data);
    EXPECT_EQ(in.acquire().samples, 10u);
    EXPECT_TRUE(eventually([&] { return open_descriptors() == fds; }));

    d_server.reset(); // once more
    EXPECT_EQ(in.wait(1, patience), status::gone);
}

TEST_F(SocketDevice, DoesNotReturnWithAnotherGeometry)
{
    device dev(server().arguments());
    reader in(dev);
    dev.start();
    const std::string path = server().path();
    d_server.reset();
    EXPECT_EQ(in.wait(1, patience), status::gone);
    d_server = std::make_unique<fake_server>(path);
    change_info([](zcring_info& i) { i.burst_slots /= 2; });
    EXPECT_EQ(error_of([&] { dev.reopen(); }), EINVAL);
    EXPECT_EQ(in.wait(1, patience), status::gone);
    server().change_answers({});
    EXPECT_TRUE(dev.reopen());
}

TEST_F(SocketDevice, LeavesItsConnectionToTheParent)
{
    const std::size_t maps = mappings();
    auto dev = std::make_unique<device>(server().arguments());
    const pid_t child = fork();
    if (child == 0) {
        const bool has_none = mappings() == maps;
        dev.reset();
        _exit(has_none ? 0 : 1);
    }
    int result = -1;
    ASSERT_EQ(waitpid(child, &result, 0), child);
    EXPECT_EQ(result, 0) << "the child has a part of the ring";
    dev->start(); // is answered
}

TEST_F(SocketDevice, LeavesNoDescriptorToAnotherProgram)
{
    std::vector<std::string> before;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
        before.push_back(each.path().filename());
    const device dev(server().arguments());
    std::size_t checked = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        const std::string number = each.path().filename();
        if (std::count(before.begin(), before.end(), number))
            continue;
        const int flags = fcntl(std::stoi(number), F_GETFD);
        EXPECT_TRUE(flags < 0 || flags & FD_CLOEXEC) << number;
        checked++;
    }
    EXPECT_GE(checked, 2u) << "the socket and the pipe, at least";
}

TEST_F(SocketDevice, HasNoMoreRatesThanADeviceCanHave)
{
    change(ZCRING_IOC_GET_RANGES, [](fake_answer& answer) {
        auto& ranges = answer.as<zcring_ranges>();
        ranges.rate_base_num = ranges.rate_max_num = 1000000;
        ranges.rate_base_den = ranges.rate_max_den = 1;
        ranges.rate_divisor_max = 1000000;
    });
    const device dev(server().arguments());
    EXPECT_EQ(dev.ranges().rates.size(), ZCRING_DECIMATION_MAX);
}

TEST_F(SocketDevice, IsObservedWithoutMemoryAndWithoutAPipe)
{
    const std::size_t maps = mappings();
    const observer o(server().path(), 7);
    EXPECT_EQ(o.describe().channels, 1u);
    EXPECT_EQ(o.tuning().rate, 1e6);
    EXPECT_EQ(mappings(), maps);
}

} // namespace
