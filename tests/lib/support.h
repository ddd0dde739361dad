// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief What the tests of the library share. Only the public interface is used here.
 */
#pragma once

#include <gtest/gtest.h>

#include <zcring/reader.h>

#include <unistd.h>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace zcring_test {

using namespace std::chrono_literals;

//! A deadline for steps that take milliseconds, long enough for an emulated machine.
constexpr auto patience = std::chrono::seconds(60);

//! "emulator", or the device that ZCRING_TEST_DEVICE names, as in "device=/dev/zcring0".
inline std::string device_under_test()
{
    const char* named = std::getenv("ZCRING_TEST_DEVICE");
    return named && *named ? named : "emulator";
}

//! The errno that \p action throws, or 0.
inline int error_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const std::system_error& e) {
        return e.code().value();
    }
    return 0;
}

inline bool on_emulator() { return device_under_test().rfind("emulator", 0) == 0; }

//! Whether the device under test is a receiver of a server, as in "device=NAME".
inline bool on_server()
{
    const std::string device = device_under_test();
    return device.rfind("device=", 0) == 0 &&
           device.substr(0, device.find(',')).find('/') == std::string::npos;
}

//! "interval_us=…": a server takes no shorter interval than a millisecond.
inline std::string interval(unsigned us)
{
    return "interval_us=" + std::to_string(on_server() && us < 1000 ? 1000 : us);
}

//! Arguments of the device under test, which set everything that a test before may have set.
inline std::string with(const std::string& more)
{
    return device_under_test() +
           ",format=sc16,channels=1,rate=1e6,freq=1e8,gain=0,ring_bytes=1048576,interval_us=2000,"
           "scene=counter,dma=copy,seed=0," +
           more;
}

//! The same, so that no sample is lost however slow the test is: with free pace on the
//! emulator, and with a large ring on a device.
inline std::string without_loss(const std::string& more)
{
    return with((on_emulator() ? "pace=free," : "ring_bytes=67108864,") + more);
}

//! Skips a test that fills a small ring completely: with real pace, the samples of the next
//! moment would be lost.
#define SKIP_WITHOUT_FREE_PACE()               \
    do {                                       \
        if (!zcring_test::on_emulator())       \
            GTEST_SKIP() << "needs free pace"; \
    } while (false)

//! Polls until the condition holds; false after the deadline.
inline bool eventually(const std::function<bool()>& condition)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(100us);
    }
    return true;
}

//! The text of the E that \p action throws; a failure if it throws none.
template <class E>
std::string message_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const E& e) {
        return e.what();
    } catch (const std::exception& e) {
        ADD_FAILURE() << "another exception: " << e.what();
        return {};
    }
    ADD_FAILURE() << "no exception";
    return {};
}

inline void expect_says(const std::string& message, std::initializer_list<const char*> parts)
{
    for (const char* part : parts)
        EXPECT_NE(message.find(part), std::string::npos) << '"' << message << "\" lacks " << part;
}

//! Stops the stream and checks both sums of the counters, to the sample. Without preroll.
inline void expect_accounting(zcring::device& dev, zcring::reader& in)
{
    dev.stop();
    while (in.acquire().samples != 0) // hold all samples that are in the ring
        continue;
    const zcring::telemetry t = dev.telemetry();
    EXPECT_EQ(t.sample_clock, t.produced_samples + t.lost_samples);
    EXPECT_EQ(t.produced_samples, t.consumed_samples + in.held());
}

//! A new directory, which is removed with the object.
class temporary_directory final
{
public:
    temporary_directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "zcring-test-XXXXXX").string();
        if (!mkdtemp(name.data()))
            throw std::runtime_error("no temporary directory");
        d_path = name;
    }
    ~temporary_directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(d_path, ignored);
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    //! Writes a file; returns its path.
    std::string write(const std::string& name, const void* bytes, std::size_t size) const
    {
        const std::string path = (d_path / name).string();
        std::ofstream out(path, std::ios::binary);
        out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
        return path;
    }
    std::string write(const std::string& name, const std::string& text) const
    {
        return write(name, text.data(), text.size());
    }
    const std::filesystem::path& path() const { return d_path; }

private:
    std::filesystem::path d_path;
};

//! Writes NAME.sigmf-meta and NAME.sigmf-data; returns the path of the first.
inline std::string write_recording(const temporary_directory& where,
                                   const std::string& name,
                                   const std::string& datatype,
                                   const std::vector<std::uint8_t>& samples,
                                   double rate = 1e6,
                                   const std::string& frequency = "433920000")
{
    where.write(name + ".sigmf-data", samples.data(), samples.size());
    return where.write(name + ".sigmf-meta",
                       R"({"global": {"core:version": "1.0.0", "core:datatype": ")" + datatype +
                           R"(", "core:sample_rate": )" + std::to_string(rate) +
                           R"(}, "captures": [{"core:sample_start": 0, "core:frequency": )" +
                           frequency + R"(}], "annotations": []})");
}

} // namespace zcring_test
