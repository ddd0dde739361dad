// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings that are read, and recordings that are refused: every way in which a file can be
// wrong, and what the refusal says.
#include "recording.h"
#include "support.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace {

using zcring::format;
using zcring::recording;
using zcring_test::expect_says;
using zcring_test::message_of;
using zcring_test::temporary_directory;
using zcring_test::write_recording;
using bytes = std::vector<std::uint8_t>;

constexpr const char* good_global =
    R"("core:version": "1.0.0", "core:datatype": "ci8", "core:sample_rate": 1e6)";

bytes counting(std::size_t size)
{
    bytes b(size);
    for (std::size_t k = 0; k < size; k++)
        b[k] = static_cast<std::uint8_t>(k * 37);
    return b;
}

std::vector<std::byte> samples_of(const std::string& path) { return recording(path).load(); }

bool equal(const std::vector<std::byte>& a, const bytes& b)
{
    return a.size() == b.size() && memcmp(a.data(), b.data(), a.size()) == 0;
}

class Sigmf : public testing::Test
{
protected:
    // A recording of @data with this metadata, whatever it says.
    std::string path_of(const std::string& meta, const bytes& data = counting(64))
    {
        d_where.write("x.sigmf-data", data.data(), data.size());
        return d_where.write("x.sigmf-meta", meta);
    }

    std::string with_global(const std::string& more, const std::string& rest = "")
    {
        return path_of(std::string("{\"global\": {") + good_global + more + "}" + rest + "}");
    }

    std::string refusal(const std::string& path)
    {
        const std::string message = message_of<std::invalid_argument>([&] { samples_of(path); });
        expect_says(message, { d_where.path().c_str() });
        return message;
    }

    temporary_directory d_where;
};

TEST_F(Sigmf, ReadsEveryDatatype)
{
    const struct {
        const char* datatype;
        format expected;
    } cases[] = { { "ci8", format::sc8 },
                  { "ci16_le", format::sc16 },
                  { "ci16", format::sc16 },
                  { "cf32_le", format::fc32 },
                  { "cf32", format::fc32 } };
    for (const auto& c : cases) {
        // As floats, these values are less than 1.
        const bytes data(80, 0x11);
        const recording r(write_recording(d_where, "a", c.datatype, data, 2.4e6));
        EXPECT_EQ(r.format(), c.expected) << c.datatype;
        EXPECT_EQ(r.samples(), data.size() / zcring::sample_bytes(c.expected)) << c.datatype;
        EXPECT_TRUE(equal(r.load(), data)) << c.datatype;
        EXPECT_EQ(r.rate(), 2.4e6);
        EXPECT_EQ(r.channels(), 1u);
        EXPECT_EQ(r.frequency(), 433920000);
    }
}

TEST_F(Sigmf, ReadsUnsignedBytesLess128)
{
    bytes data(512);
    for (std::size_t k = 0; k < data.size(); k++)
        data[k] = static_cast<std::uint8_t>(k);
    const recording r(write_recording(d_where, "a", "cu8", data));
    EXPECT_EQ(r.format(), format::sc8);
    const std::vector<std::byte> samples = r.load();
    ASSERT_EQ(samples.size(), data.size());
    for (std::size_t k = 0; k < data.size(); k++)
        ASSERT_EQ(static_cast<int>(static_cast<std::int8_t>(samples[k])), data[k] - 128);
}

TEST_F(Sigmf, NeedsNoFrequencyAndNoCaptures)
{
    EXPECT_FALSE(recording(with_global("")).frequency());
    EXPECT_FALSE(recording(with_global("", R"(, "captures": [])")).frequency());
    EXPECT_FALSE(
        recording(with_global("", R"(, "captures": [{"core:sample_start": 0}])")).frequency());
}

TEST_F(Sigmf, RefusesOtherDatatypes)
{
    for (const char* datatype : { "cf64_le", "ci16_be", "ru8", "ci32_le", "cf32_be", "", "CI8" }) {
        const std::string path = write_recording(d_where, "a", datatype, counting(80));
        expect_says(refusal(path), { "datatype", datatype, "cu8, ci8, ci16_le or cf32_le" });
    }
}

TEST_F(Sigmf, NamesTheFileThatIsMissing)
{
    const std::string nowhere = (d_where.path() / "none.sigmf-meta").string();
    try {
        samples_of(nowhere);
        FAIL() << "no exception";
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), ENOENT);
        expect_says(e.what(), { nowhere.c_str(), "check the path" });
    }
    const std::string lone =
        d_where.write("lone.sigmf-meta", std::string("{\"global\": {") + good_global + "}}");
    try {
        samples_of(lone);
        FAIL() << "no exception";
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), ENOENT);
        expect_says(e.what(), { "lone.sigmf-data" });
    }
}

TEST_F(Sigmf, RefusesADirectory)
{
    const auto path = d_where.path() / "folder.sigmf-meta";
    std::filesystem::create_directory(path);
    EXPECT_ANY_THROW(samples_of(path.string()));
}

TEST_F(Sigmf, SaysWhatASceneMayBe)
{
    for (const char* name : { "tones", "x.wav", ".sigmf-meta", "a.sigmf-data", "a.sigmf-meta.gz" })
        expect_says(message_of<std::invalid_argument>([&] { samples_of(name); }),
                    { name, "tone, noise, counter", ".sigmf-meta" });
}

TEST_F(Sigmf, RefusesAnEmptyRecording)
{
    expect_says(refusal(write_recording(d_where, "a", "ci8", {})), { "empty" });
}

TEST_F(Sigmf, RefusesHalfASample)
{
    expect_says(refusal(write_recording(d_where, "a", "cu8", counting(63))), { "truncated" });
    expect_says(refusal(write_recording(d_where, "a", "ci16_le", counting(62))), { "truncated" });
    expect_says(refusal(write_recording(d_where, "a", "cf32_le", counting(60))), { "truncated" });
}

TEST_F(Sigmf, ChecksTheSum)
{
    // Of "abc", from FIPS 180-2; padded to whole samples it is another one.
    const std::string sum = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    // Of "abcd".
    const std::string other = "d8022f2060ad6efd297ab73dcc5355c9b214054b0d1776a136a669d26a7d3b14"
                              "f73aa0d0ebff19ee333368f0164b6419a96da49e3e481753e7e96b716bdccb6f";
    const auto meta = [](const std::string& s) {
        return std::string("{\"global\": {") + good_global + ", \"core:sha512\": \"" + s + "\"}}";
    };
    const bytes abcd = { 'a', 'b', 'c', 'd' };
    EXPECT_TRUE(equal(samples_of(path_of(meta(other), abcd)), abcd));
    expect_says(refusal(path_of(meta(sum), abcd)), { "SHA-512", "truncated or damaged" });
    expect_says(refusal(path_of(meta(""), abcd)), { "SHA-512" });
    expect_says(refusal(path_of(meta(other), { 'a', 'b' })), { "SHA-512" });
}

TEST_F(Sigmf, SumsUnsignedBytesAsTheyLieInTheFile)
{
    const std::string sum = "d8022f2060ad6efd297ab73dcc5355c9b214054b0d1776a136a669d26a7d3b14"
                            "f73aa0d0ebff19ee333368f0164b6419a96da49e3e481753e7e96b716bdccb6f";
    const std::string path = path_of(R"({"global": {"core:datatype": "cu8", "core:sample_rate": 1,)"
                                     R"("core:sha512": ")" +
                                         sum + R"("}})",
                                     { 'a', 'b', 'c', 'd' });
    EXPECT_NO_THROW(samples_of(path));
}

TEST_F(Sigmf, RefusesCapturesAndAnnotationsBeyondTheEnd)
{
    for (const char* part : { "captures", "annotations" }) {
        const auto at = [&](const std::string& start) {
            return with_global("",
                               std::string(", \"") + part + R"(": [{"core:sample_start": 0},)" +
                                   R"({"core:sample_start": )" + start + "}]");
        };
        EXPECT_NO_THROW(samples_of(at("31")));
        for (const char* start : { "32", "9223372036854775807", "1e6" })
            expect_says(refusal(at(start)), { "truncated", part });
        for (const char* start : { "18446744073709551615", "-1", "1.5", "1e30", "-1e30" })
            expect_says(refusal(at(start)), { "core:sample_start", "whole number from 0" });
    }
}

TEST_F(Sigmf, RefusesWhatIsNotJson)
{
    for (const char* text : { "",
                              " ",
                              "{",
                              "nonsense",
                              "{\"global\": }",
                              "{\"global\": {}",
                              "\xff\xfe",
                              "{} {}",
                              "{\"global\": NaN}",
                              "{'global': 1}" })
        expect_says(refusal(path_of(text)), { "not SigMF" });
    expect_says(refusal(path_of(std::string(100000, '['))), { "not SigMF" });
    EXPECT_THROW(samples_of(path_of(std::string(100, '\0'))), std::invalid_argument);
}

TEST_F(Sigmf, RefusesJsonThatIsNotSigmf)
{
    for (const char* text : { "{}",
                              "[]",
                              "5",
                              "null",
                              "\"global\"",
                              "{\"global\": 5}",
                              "{\"global\": []}",
                              "{\"global\": null}",
                              "{\"global\": {}}",
                              R"({"global": {"core:datatype": "ci8"}})",
                              R"({"global": {"core:sample_rate": 1e6}})" })
        expect_says(refusal(path_of(text)), { "not SigMF" });
}

TEST_F(Sigmf, RefusesFieldsOfTheWrongType)
{
    for (const char* global : { R"("core:datatype": 5, "core:sample_rate": 1)",
                                R"("core:datatype": null, "core:sample_rate": 1)",
                                R"("core:datatype": ["ci8"], "core:sample_rate": 1)",
                                R"("core:datatype": "ci8", "core:sample_rate": "1e6")",
                                R"("core:datatype": "ci8", "core:sample_rate": null)",
                                R"("core:datatype": "ci8", "core:sample_rate": {})" })
        EXPECT_FALSE(refusal(path_of(std::string("{\"global\": {") + global + "}}")).empty())
            << global;
    EXPECT_FALSE(refusal(with_global(R"(, "core:num_channels": "1")")).empty());
    EXPECT_FALSE(refusal(with_global(R"(, "core:sha512": 5)")).empty());
    for (const char* rest : { R"(, "captures": 5)",
                              R"(, "captures": [5])",
                              R"(, "captures": "x")",
                              R"(, "captures": {"a": 5})",
                              R"(, "annotations": [[]])",
                              R"(, "captures": [{"core:sample_start": "0"}])",
                              R"(, "captures": [{"core:frequency": "1e6"}])" })
        EXPECT_FALSE(refusal(with_global("", rest)).empty()) << rest;
}

TEST_F(Sigmf, RefusesARateThatNoDeviceHas)
{
    for (const char* rate : { "0", "-1", "-1e6", "0.0009", "1.1e10", "1e300", "-0.0" })
        expect_says(refusal(path_of(
                        std::string(R"({"global": {"core:datatype": "ci8", "core:sample_rate": )") +
                        rate + "}}")),
                    { "core:sample_rate", "0.001 to 1e10" });
    for (const char* rate : { "1e999", "NaN", "Infinity" })
        expect_says(refusal(path_of(
                        std::string(R"({"global": {"core:datatype": "ci8", "core:sample_rate": )") +
                        rate + "}}")),
                    { "not SigMF" });
}

TEST_F(Sigmf, RefusesAFrequencyThatNoDeviceHas)
{
    for (const char* frequency : { "1.1e12", "-1.1e12", "1e300" })
        expect_says(
            refusal(with_global(
                "", std::string(R"(, "captures": [{"core:frequency": )") + frequency + "}]")),
            { "core:frequency", "-1e12 to 1e12" });
}

TEST_F(Sigmf, TakesOneToEightChannels)
{
    for (const char* count : { "9", "0", "-1", "4294967297", "1.5" })
        expect_says(refusal(with_global(std::string(R"(, "core:num_channels": )") + count)),
                    { "core:num_channels", count, "1 to 8" });
    for (unsigned count : { 1, 2, 8 })
        EXPECT_EQ(
            recording(with_global(R"(, "core:num_channels": )" + std::to_string(count))).channels(),
            count);
    // 32 samples are not whole frames of three channels.
    expect_says(refusal(with_global(R"(, "core:num_channels": 3)")), { "truncated" });
}

TEST_F(Sigmf, RefusesCapturesThatAreNotInOrder)
{
    expect_says(refusal(with_global(
                    "", R"(, "captures": [{"core:sample_start": 9}, {"core:sample_start": 8}])")),
                { "captures", "sort them by core:sample_start" });
}

TEST_F(Sigmf, RefusesMetadataWithoutEnd)
{
    const std::string path = d_where.write("x.sigmf-meta", "");
    std::filesystem::resize_file(path, (1u << 24) + 1);
    expect_says(refusal(path), { "longer than" });
}

} // namespace
