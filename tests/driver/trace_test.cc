// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tracepoints agree with the telemetry. The tests use an instance of tracefs of their own.
#include "fixture.h"

#include <sys/stat.h>

#include <map>
#include <sstream>

namespace driver {
namespace {

struct event {
    std::string name;
    std::map<std::string, std::string> fields;

    std::uint64_t operator[](const char* field) const { return std::stoull(fields.at(field)); }
};

// A line is "TASK [CPU] FLAGS TIME: zcring_NAME: field=value field=value".
event parse(const std::string& line)
{
    const std::size_t name = line.find(": zcring_") + 2;
    const std::size_t colon = line.find(':', name);
    event e{ line.substr(name, colon - name), {} };
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;)
        e.fields[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    return e;
}

class Tracepoints : public Driver
{
protected:
    static constexpr char instance[] = "/sys/kernel/debug/tracing/instances/zcring_test/";

    void SetUp() override
    {
        if (mkdir(instance, 0700) != 0)
            ZCRING_LACKS("no " << instance << ": mount debugfs, and be root");
        Driver::SetUp();
        ASSERT_EQ(set("buffer_size_kb", "4096"), 0);
    }

    void TearDown() override
    {
        Driver::TearDown();
        rmdir(instance);
    }

    static int set(const std::string& file, const std::string& value)
    {
        return write_file(instance + file, value);
    }
    static void enable() { ASSERT_EQ(set("events/zcring/enable", "1"), 0); }
    static void disable() { ASSERT_EQ(set("events/zcring/enable", "0"), 0); }

    static std::vector<event> told(const std::string& name)
    {
        std::vector<event> events;
        std::ifstream trace(instance + std::string("trace"));
        for (std::string line; std::getline(trace, line);) {
            if (line.find(": " + name + ": ") != std::string::npos)
                events.push_back(parse(line));
        }
        return events;
    }

    static std::uint64_t sum(const std::vector<event>& events, const char* field)
    {
        std::uint64_t total = 0;
        for (const event& e : events)
            total += e[field];
        return total;
    }
};

TEST_F(Tracepoints, EveryBurstAndEveryOverflowIsTraced)
{
    device_file file;
    zcring_config config = default_config();
    config.ring_bytes = 65536; // 16384 samples, 16 ms: it fills up, and overflows
    ASSERT_EQ(file.configure(config), 0);
    const mapped_ring ring(file);
    enable();
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return file.telemetry().lost_samples > 0; }));
    ring.release(ring.head()); // the burst after the gap reports it
    const std::uint64_t overflowed = file.telemetry().bursts;
    ASSERT_TRUE(eventually([&] { return file.telemetry().bursts > overflowed; }));
    ASSERT_EQ(file.stop(), 0);
    disable();

    const zcring_telemetry t = file.telemetry();
    const std::vector<event> bursts = told("zcring_burst");
    ASSERT_EQ(bursts.size(), t.bursts);
    EXPECT_EQ(sum(bursts, "samples"), t.produced_samples);
    for (std::uint64_t k = 0; k < bursts.size(); k++) {
        EXPECT_EQ(bursts[k]["device"], 0u);
        EXPECT_EQ(bursts[k]["index"], ring.burst(k).index);
        EXPECT_EQ(bursts[k]["sample_clock"], ring.burst(k).sample_clock);
        EXPECT_EQ(bursts[k]["samples"], ring.burst(k).samples);
        EXPECT_EQ(bursts[k]["lost"], ring.burst(k).lost);
    }
    const std::vector<event> overflows = told("zcring_overflow");
    ASSERT_FALSE(overflows.empty());
    EXPECT_GE(sum(bursts, "lost"), 1u);
    EXPECT_EQ(sum(overflows, "lost"), t.lost_samples);
    EXPECT_EQ(overflows.back()["overflow_count"], t.overflow_count);
}

TEST_F(Tracepoints, EveryChangeOfStateIsTraced)
{
    device_file file;
    enable();
    ASSERT_EQ(file.start(), 0);
    ASSERT_EQ(file.stop(), 0);
    disable();
    const std::vector<event> states = told("zcring_state");
    ASSERT_EQ(states.size(), 2u);
    EXPECT_EQ(states[0].fields.at("from"), "stopped");
    EXPECT_EQ(states[0].fields.at("to"), "running");
    EXPECT_EQ(states[1].fields.at("from"), "running");
    EXPECT_EQ(states[1].fields.at("to"), "stopped");
    EXPECT_EQ(states[1].fields.at("fault"), "none");
}

TEST_F(Tracepoints, AFaultIsTracedByName)
{
    device_file file;
    const mapped_ring ring(file);
    enable();
    ASSERT_EQ(file.start(), 0);
    ring.release(1000000000); // far past the head
    ASSERT_TRUE(eventually([&] { return acquire(ring.meta().state) == ZCRING_STATE_FAULT; }));
    disable();
    const std::vector<event> states = told("zcring_state");
    ASSERT_EQ(states.size(), 2u);
    EXPECT_EQ(states[1].fields.at("to"), "fault");
    EXPECT_EQ(states[1].fields.at("fault"), "tail_past_head");
}

// A tool reads a binary event by the format, and cannot know the names of the driver's enums.
TEST_F(Tracepoints, FormatsContainNumbersInsteadOfNamesOfTheDriver)
{
    std::ifstream file(instance + std::string("events/zcring/zcring_state/format"));
    std::ostringstream format;
    format << file.rdbuf();
    EXPECT_NE(format.str().find("{ 1, \"running\" }"), std::string::npos) << format.str();
    EXPECT_EQ(format.str().find("ZCRING_"), std::string::npos) << format.str();
}

TEST_F(Tracepoints, InterruptsAndWakeUpsAreTraced)
{
    device_file file;
    const mapped_ring ring(file);
    enable();
    ASSERT_EQ(file.start(), 0);
    for (std::uint64_t samples = 20000; samples <= 100000; samples += 20000) {
        ring.consumer().watermark = samples;
        EXPECT_EQ(file.poll(POLLIN, std::chrono::milliseconds(time_limit).count()), POLLIN);
    }
    ASSERT_EQ(file.stop(), 0);
    disable();

    const std::vector<event> wakes = told("zcring_wake");
    ASSERT_FALSE(wakes.empty());
    for (const event& e : wakes) {
        EXPECT_EQ(e["watermark"] % 20000, 0u);
        EXPECT_GE(e["head"], e["watermark"]);
    }
    const std::vector<event> interrupts = told("zcring_interrupt");
    const std::vector<event> progress = told("zcring_progress");
    ASSERT_FALSE(progress.empty());
    EXPECT_LE(progress.size(), interrupts.size());
    for (const event& e : interrupts)
        EXPECT_LT(e["late_ns"], 60000000000u); // a minute: no wrap below zero
    for (const event& e : progress)
        EXPECT_LT(e["delay_ns"], 60000000000u);
}

TEST_F(Tracepoints, TracepointsEnabledDuringAStreamTraceFromThereOn)
{
    device_file file; // not read, so that it overflows
    ASSERT_EQ(file.configure(roomy_config()), 0);
    ASSERT_EQ(file.start(), 0);
    ASSERT_TRUE(eventually([&] { return file.telemetry().bursts > 0; }));
    enable();
    const std::uint64_t before = file.telemetry().bursts;
    ASSERT_TRUE(eventually([&] { return file.telemetry().bursts > before; }));
    ASSERT_EQ(file.stop(), 0);
    disable();
    const std::vector<event> bursts = told("zcring_burst");
    ASSERT_FALSE(bursts.empty());
    EXPECT_GT(bursts[0]["index"], 0u);
    const zcring_telemetry t = file.telemetry();
    EXPECT_EQ(bursts[0]["index"] + sum(bursts, "samples"), t.produced_samples);
}

} // namespace
} // namespace driver
