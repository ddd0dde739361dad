// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads a recording: every statement of the metadata that can be checked against the length of the
// data is checked when the recording is opened, so that a damaged recording is refused and never
// played.
#include "recording.h"

#include "argument_table.h"
#include "digest.h"
#include "file_samples.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

[[noreturn]] void throw_invalid(const std::string& path, const std::string& why)
{
    throw std::invalid_argument("zcring: " + path + ": " + why);
}

[[noreturn]] void throw_errno(const std::string& path)
{
    throw std::system_error(
        errno, std::generic_category(), "zcring: cannot read " + path + "; check the path");
}

unique_fd open_data(const std::string& path)
{
    // O_NONBLOCK: a FIFO in place of a file must be refused, and not waited for.
    unique_fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file)
        throw_errno(path);
    return file;
}

std::uint64_t bytes_of(const unique_fd& file, const std::string& path)
{
    struct stat status {
    };
    if (fstat(file.get(), &status))
        throw_errno(path);
    if (!S_ISREG(status.st_mode))
        throw_invalid(path, "it is not a regular file; copy the samples into one");
    return static_cast<std::uint64_t>(status.st_size);
}

std::uint64_t count_samples(const sigmf_metadata& m, std::uint64_t file_bytes)
{
    const std::uint64_t frame = m.channels * sample_bytes(format_of(m.datatype));
    if (!file_bytes)
        throw_invalid(m.data_path, "it is empty; record or copy it again");
    if (file_bytes % frame)
        throw_invalid(m.data_path,
                      "it is truncated: its last sample is not whole; copy it again, or cut it");
    const std::uint64_t samples = file_bytes / frame;
    const auto refuse = [&](const char* part) {
        throw_invalid(m.data_path,
                      std::string("it is truncated: the metadata's ") + part +
                          " refer to samples beyond its end; copy it again");
    };
    if (!m.captures.empty() && m.captures.back().first >= samples)
        refuse("captures");
    if (m.last_annotation && *m.last_annotation >= samples)
        refuse("annotations");
    return samples;
}

// A gap is a step of core:global_index that is larger than the number of samples recorded.
std::vector<segment> segments_of(const sigmf_metadata& m)
{
    std::vector<segment> segments(1);
    // The index in the stream of the sample 0 of the file, if no sample were missing so far.
    std::optional<std::uint64_t> origin;
    for (const sigmf_capture& c : m.captures) {
        segment next{ c.first, c.frequency, 0 };
        if (c.global_index) {
            // Both are less than 2^63, and so the sum is less than 2^64.
            const std::uint64_t expected = origin.value_or(*c.global_index - c.first) + c.first;
            if (origin && *c.global_index < expected)
                throw_invalid(
                    m.path,
                    "core:global_index of the capture at sample " + std::to_string(c.first) +
                        " is " + std::to_string(*c.global_index) + ", but sample " +
                        std::to_string(c.first) + " of the recording cannot be before index " +
                        std::to_string(expected) +
                        "; correct core:global_index or core:sample_start");
            next.gap = *c.global_index - expected;
            origin = *c.global_index - c.first;
        }
        // A later capture at the same sample replaces the earlier one, which has no samples.
        if (segments.back().first == next.first) {
            next.gap += segments.back().gap;
            segments.pop_back();
        }
        segments.push_back(next);
    }
    segments.front().gap = 0;
    return segments;
}

// The index of the sample at a time, which is at most that of the end.
std::uint64_t index_at(const char* key, double seconds, const sigmf_metadata& m, std::uint64_t end)
{
    const double index = std::round(seconds * m.rate);
    if (!(index >= 0 && index <= static_cast<double>(end)))
        throw_argument_error(key,
                             number_text(seconds),
                             "0 to " + number_text(static_cast<double>(end) / m.rate) +
                                 ", the length of " + m.data_path + " in seconds");
    return std::min(static_cast<std::uint64_t>(index), end);
}

std::vector<segment>
cut(const std::vector<segment>& whole, std::uint64_t first, std::uint64_t samples)
{
    std::vector<segment> part;
    for (segment s : whole) {
        if (s.first >= first + samples)
            break;
        if (s.first <= first) {
            part.clear();
            s.gap = 0;
        }
        s.first = std::max(s.first, first) - first;
        part.push_back(s);
    }
    return part;
}

} // namespace

recording::recording(const std::string& path,
                     std::optional<double> start,
                     std::optional<double> stop)
    : d_meta(read_sigmf(path)),
      d_file(open_data(d_meta.data_path)),
      d_file_bytes(bytes_of(d_file, d_meta.data_path))
{
    const std::uint64_t all = count_samples(d_meta, d_file_bytes);
    const std::uint64_t end = stop ? index_at("stop", *stop, d_meta, all) : all;
    d_first = start ? index_at("start", *start, d_meta, all) : 0;
    if (d_first >= end)
        throw std::invalid_argument(
            "zcring: between start=" + number_text(start.value_or(0)) +
            " and stop=" + number_text(stop.value_or(static_cast<double>(all) / d_meta.rate)) +
            " there is no sample of " + d_meta.data_path + ", which lasts " +
            number_text(static_cast<double>(all) / d_meta.rate) +
            " seconds; choose an earlier start= or a later stop=");
    d_samples = end - d_first;
    d_segments = cut(segments_of(d_meta), d_first, d_samples);
}

std::optional<double> recording::frequency() const
{
    for (const segment& s : d_segments)
        if (s.frequency)
            return s.frequency;
    return {};
}

bool recording::read(unsigned channel,
                     std::uint64_t first,
                     std::uint64_t n,
                     std::byte* out) const noexcept
{
    if (channel >= d_meta.channels || first > d_samples || n > d_samples - first)
        return false;
    const file_layout layout = { d_file.get(), d_meta.datatype, d_meta.channels };
    const auto clamped = read_samples(layout, channel, d_first + first, n, out);
    d_clamped += clamped.value_or(0);
    return clamped.has_value();
}

std::vector<std::byte> recording::load() const
{
    const std::uint64_t channel_bytes = d_samples * sample_bytes(format());
    if (channel_bytes > load_bytes_max / d_meta.channels)
        throw_invalid(d_meta.data_path,
                      "it is longer than " + std::to_string(load_bytes_max) +
                          " bytes; select a part with start= and stop=");
    check_sum();
    const file_layout layout = { d_file.get(), d_meta.datatype, d_meta.channels };
    std::vector<std::byte> all(d_meta.channels * channel_bytes);
    for (unsigned c = 0; c < d_meta.channels; c++) {
        const auto clamped =
            read_samples(layout, c, d_first, d_samples, all.data() + c * channel_bytes);
        if (!clamped)
            throw std::system_error(EIO,
                                    std::generic_category(),
                                    "zcring: cannot read all of " + d_meta.data_path +
                                        "; check the disk, and that no program writes the file");
        d_clamped += *clamped;
    }
    return all;
}

void recording::check_sum() const
{
    if (d_meta.sha512 && d_file_bytes <= load_bytes_max &&
        *d_meta.sha512 != sha512_of_file(d_file.get(), d_file_bytes))
        throw_invalid(d_meta.data_path,
                      "it is truncated or damaged: its SHA-512 is not the one in the metadata; "
                      "copy it again");
}

} // namespace zcring
