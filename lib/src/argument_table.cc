// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of the argument string: each key once, with its values, its default, its help, and
// the function that stores its value. Parser, error texts and help are made from it; the
// documents that repeat it are compared with it by a test.
// The defaults are those of the emulator; a kernel device keeps its settings.
#include "argument_table.h"

#include <zcring/limits.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace zcring {

namespace {

// The words of a key are in the order of its enumeration.
static_assert(static_cast<int>(format::sc8) == 0 && static_cast<int>(format::fc32) == 2);
static_assert(static_cast<int>(looping::yes) == 0 && static_cast<int>(looping::no) == 1);
static_assert(static_cast<int>(dma_mode::copy) == 0 && static_cast<int>(dma_mode::resident) == 1);
static_assert(static_cast<int>(pacing::real) == 0 && static_cast<int>(pacing::free) == 1);

template <auto Member>
using value_of = typename std::decay_t<decltype(std::declval<arguments>().*Member)>::value_type;

// check() checks the range.
template <auto Member>
void set_number(arguments& a, const argument_row& row, std::string_view value)
{
    value_of<Member> x{};
    const char* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, x);
    if (error != std::errc() || stopped != end)
        throw_argument_error(row.info.key, value, row.allowed);
    a.*Member = x;
}

template <auto Member>
std::optional<double> get_number(const arguments& a)
{
    const auto& value = a.*Member;
    return value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt;
}

template <auto Member>
void set_word(arguments& a, const argument_row& row, std::string_view value)
{
    for (std::size_t i = 0; i < row.words.size(); i++)
        if (value == row.words[i]) {
            a.*Member = static_cast<value_of<Member>>(i);
            return;
        }
    throw_argument_error(row.info.key, value, row.allowed);
}

template <auto Member>
void set_text(arguments& a, const argument_row& row, std::string_view value)
{
    if (value.empty())
        throw_argument_error(row.info.key, value, row.allowed);
    a.*Member = std::string(value);
}

void set_emulator(arguments& a, const argument_row&, std::string_view) { a.emulator = true; }

void set_member(arguments& a, const argument_row&, std::string_view) { a.member = true; }

// A level, or none.
void set_noise(arguments& a, const argument_row& row, std::string_view value)
{
    if (value == "none")
        a.noise = -std::numeric_limits<double>::infinity();
    else
        set_number<&arguments::noise>(a, row, value);
}

std::optional<double> get_noise(const arguments& a)
{
    return a.noise && std::isinf(*a.noise) && *a.noise < 0 ? std::nullopt : a.noise;
}

std::string range_text(double low, double high)
{
    return number_text(low) + " to " + number_text(high);
}

template <auto Member>
argument_row
number_row(const char* key, double low, double high, const char* standard, const char* help)
{
    const bool whole = std::is_integral_v<value_of<Member>>;
    const std::string values = range_text(low, high);
    argument_row row;
    row.info = { key, values, standard, help };
    row.allowed = (whole ? "a whole number from " : "a number from ") + values;
    row.set = set_number<Member>;
    row.number = get_number<Member>;
    row.low = low;
    row.high = high;
    return row;
}

template <auto Member>
argument_row
word_row(const char* key, std::vector<std::string> words, const char* standard, const char* help)
{
    std::string values;
    for (std::size_t i = 0; i < words.size(); i++)
        values += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + words[i];
    argument_row row;
    row.info = { key, values, standard, help };
    row.allowed = values;
    row.set = set_word<Member>;
    row.words = std::move(words);
    return row;
}

argument_row device_row()
{
    argument_row row;
    row.info = {
        "device",
        "PATH",
        "",
        "a kernel device, such as /dev/zcring0, or the socket of a server; device=NAME: the "
        "server that zcring serve NAME has started"
    };
    row.allowed = "a path, such as /dev/zcring0, or the name of a server";
    row.set = set_text<&arguments::device>;
    return row;
}

argument_row emulator_row()
{
    argument_row row;
    row.info = { "emulator",
                 "",
                 "",
                 "the emulator, inside this process; without device= and emulator: the first "
                 "/dev/zcring* that can be opened, else the emulator" };
    row.set = set_emulator;
    return row;
}

argument_row member_row()
{
    argument_row row;
    row.info = { "member",
                 "",
                 "",
                 "the receiver is a member: a server with free pace waits for it, so that it loses "
                 "no samples" };
    row.set = set_member;
    return row;
}

argument_row scene_row()
{
    argument_row row;
    row.info = { "scene",
                 "tone, noise, counter or FILE.sigmf-meta",
                 "tone",
                 "the signal at the antenna; a recording has the datatype cu8, ci8, ci16_le or "
                 "cf32_le, is resampled to rate=, and sets rate= and freq= where they are not "
                 "given" };
    row.allowed = "tone, noise, counter or a file that ends in .sigmf-meta";
    row.set = set_text<&arguments::scene>;
    return row;
}

argument_row seed_row()
{
    const auto most = std::numeric_limits<std::uint64_t>::max();
    argument_row row = number_row<&arguments::seed>(
        "seed", 0, static_cast<double>(most), "0", "seed of all random values");
    row.info.values = "0 to " + std::to_string(most); // which a double cannot hold
    row.allowed = "a whole number from " + row.info.values;
    return row;
}

argument_row noise_row()
{
    argument_row row = number_row<&arguments::noise>(
        "noise",
        limits::noise_min,
        limits::noise_max,
        "-80",
        "RMS of the noise that the receiver adds, in dB of full scale; the default is none with "
        "another scene than tone, and with dma=resident");
    row.info.values += " or none";
    row.allowed += ", or none";
    row.set = set_noise;
    row.number = get_noise;
    return row;
}

std::vector<argument_row> make_rows()
{
    using namespace limits;
    using a = arguments;
    return {
        device_row(),
        emulator_row(),
        word_row<&a::format>(
            "format", { "sc8", "sc16", "fc32" }, "sc16", "sample type of the ring"),
        number_row<&a::channels>("channels", 1, max_channels, "1", "number of channels"),
        number_row<&a::rate>("rate", rate_min, rate_max, "1e6", "samples a second"),
        number_row<&a::freq>(
            "freq", -frequency_max, frequency_max, "100e6", "Hz, of every channel"),
        number_row<&a::gain>("gain", gain_min, gain_max, "0", "dB, of every channel"),
        noise_row(),
        number_row<&a::ring_bytes>("ring_bytes",
                                   ring_bytes_min,
                                   ring_bytes_max,
                                   "8388608",
                                   "bytes of the ring of one channel, a power of two"),
        number_row<&a::interval_us>("interval_us",
                                    interval_us_min,
                                    interval_us_max,
                                    "50000",
                                    "microseconds between bursts"),
        scene_row(),
        number_row<&a::start>("start",
                              0,
                              recording_seconds_max,
                              "0",
                              "where a recording starts playing, in seconds from its first sample"),
        number_row<&a::stop>(
            "stop",
            0,
            recording_seconds_max,
            "",
            "where a recording stops playing, in seconds from its first sample; without "
            "stop= at its end"),
        word_row<&a::loop>(
            "loop", { "yes", "no" }, "yes", "whether a recording begins again where it has ended"),
        word_row<&a::dma>("dma",
                          { "copy", "resident" },
                          "copy",
                          "the DMA engine writes every burst, or writes the ring once and then "
                          "only moves the head"),
        word_row<&a::pace>("pace",
                           { "real", "free" },
                           "real",
                           "samples arrive by the computer's clock, or as fast as they are read "
                           "(emulator and zcring serve)"),
        seed_row(),
        member_row(),
        number_row<&a::quorum>("quorum",
                               1,
                               quorum_max,
                               "",
                               "how many members a server must have before a stream of this member "
                               "begins; without quorum= 1"),
        number_row<&a::patience>("patience",
                                 0,
                                 patience_max,
                                 "",
                                 "seconds for which other members wait for this one while its ring "
                                 "is full; 0: for ever; without patience= 5"),
    };
}

// Appends words to a text of lines, each of at most that many columns.
class wrapped_text final
{
public:
    wrapped_text(unsigned indent, unsigned hanging, unsigned columns)
        : d_indent(indent), d_hanging(indent + hanging), d_columns(columns)
    {
    }

    void add_entry(const std::string& title, const std::string& text)
    {
        std::string line = std::string(d_indent, ' ') + title;
        line.resize(std::max<std::size_t>(line.size() + 1, d_hanging), ' ');
        std::istringstream words(text);
        bool is_first = true;
        for (std::string word; words >> word; is_first = false) {
            if (!is_first && line.size() + 1 + word.size() > d_columns) {
                d_text += line + '\n';
                line.assign(d_hanging, ' ');
                is_first = true;
            }
            line += (is_first ? "" : " ") + word;
        }
        d_text += line + '\n';
    }

    const std::string& text() const { return d_text; }

private:
    const std::size_t d_indent;
    const std::size_t d_hanging;
    const std::size_t d_columns;
    std::string d_text;
};

} // namespace

const std::vector<argument_row>& argument_rows()
{
    static const std::vector<argument_row> rows = make_rows();
    return rows;
}

const std::vector<argument_info>& argument_table()
{
    static const std::vector<argument_info> table = [] {
        std::vector<argument_info> infos;
        for (const argument_row& row : argument_rows())
            infos.push_back(row.info);
        return infos;
    }();
    return table;
}

std::string argument_keys()
{
    std::string keys;
    for (const argument_info& info : argument_table())
        keys += (keys.empty() ? "" : ", ") + info.key;
    return keys;
}

std::string argument_text(const std::vector<argument_info>& rows, unsigned indent, unsigned columns)
{
    wrapped_text text(indent, 14, columns);
    for (const argument_info& row : rows) {
        const bool is_placeholder = row.values == "PATH";
        std::string entry = is_placeholder ? "" : row.values;
        if (!row.default_value.empty())
            entry += " (default " + row.default_value + ")";
        entry += (entry.empty() ? "" : ": ") + row.help;
        text.add_entry(row.key + (row.values.empty() ? "" : is_placeholder ? "=PATH" : "="), entry);
    }
    return text.text();
}

std::string number_text(double x)
{
    const double exponent = std::log10(std::fabs(x));
    std::ostringstream text;
    if (std::isfinite(exponent) && exponent >= 10 && exponent == std::floor(exponent)) {
        text << (x < 0 ? "-1e" : "1e") << exponent;
    } else {
        text.precision(15);
        text << x;
    }
    return text.str();
}

void throw_argument_error(std::string_view key, std::string_view value, const std::string& allowed)
{
    throw std::invalid_argument("zcring: " + std::string(key) + "=" + std::string(value) +
                                ": the value must be " + allowed);
}

} // namespace zcring
