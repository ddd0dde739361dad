// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads the samples of zcring play. Raw samples come in frames: a sample of channel 0, of channel 1,
// and so on; a pipe gives them as they arrive.
#include "sample_source.h"

#include "verify_recording.h"

#include <zcring/recorded_samples.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace app {

namespace {

constexpr std::uint64_t piece_samples = 65536; // of each channel, at most

// The samples of each channel of a piece.
class piece_memory final
{
public:
    explicit piece_memory(const zcring::antenna::feed_options& o)
        : d_bytes(zcring::sample_bytes(o.format)), d_channels(o.channels)
    {
        for (auto& channel : d_channels)
            channel.resize(piece_samples * d_bytes);
    }

    std::byte* channel(std::size_t c) noexcept { return d_channels[c].data(); }

    void separate(const std::byte* frames, std::uint64_t samples) noexcept
    {
        for (std::uint64_t n = 0; n < samples; n++)
            for (auto& channel : d_channels) {
                std::memcpy(channel.data() + n * d_bytes, frames, d_bytes);
                frames += d_bytes;
            }
    }

    sample_source::piece piece(std::uint64_t place, std::uint64_t samples) const
    {
        sample_source::piece out{ place, samples, {} };
        for (const auto& channel : d_channels)
            out.channels.push_back(channel.data());
        return out;
    }

private:
    const std::size_t d_bytes;
    std::vector<std::vector<std::byte>> d_channels;
};

class raw_samples final : public sample_source
{
public:
    raw_samples(const std::string& file, const zcring::arguments& a);
    ~raw_samples() override
    {
        if (d_fd > STDIN_FILENO)
            close(d_fd);
    }
    piece next(int wake_fd) override;
    std::uint64_t bytes_left() const noexcept override { return d_held; }

private:
    bool read_some(int wake_fd);

    const std::string d_name;
    int d_fd = STDIN_FILENO;
    std::size_t d_frame_bytes = 0;
    std::vector<std::byte> d_frames; //!< as they were read
    std::uint64_t d_held = 0;        //!< bytes in d_frames
    std::uint64_t d_used = 0;        //!< of these, in the piece before
    std::uint64_t d_place = 0;
    std::unique_ptr<piece_memory> d_memory;
};

raw_samples::raw_samples(const std::string& file, const zcring::arguments& a)
    : d_name(file == "-" ? "stdin" : file)
{
    if (!a.format || !a.rate)
        throw std::invalid_argument(d_name +
                                    " has raw samples, without metadata; add format= and rate=, or "
                                    "play a recording, FILE.sigmf-meta");
    if (a.start || a.stop)
        throw std::invalid_argument("start= and stop= are for recordings only; remove them, or cut "
                                    "the raw samples");
    // A named pipe without a writer is waited for by poll(), which Ctrl-C ends.
    if (file != "-")
        d_fd = open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (d_fd < 0)
        throw std::system_error(
            errno, std::generic_category(), "cannot open " + file + "; check the path");
    d_description.format = *a.format;
    d_description.rate = *a.rate;
    d_description.freq = a.freq.value_or(d_description.freq);
    d_description.channels = a.channels.value_or(1);
    d_frame_bytes = zcring::sample_bytes(*a.format) * d_description.channels;
    d_frames.resize(piece_samples * d_frame_bytes);
    d_memory = std::make_unique<piece_memory>(d_description);
}

// False at the end, or when woken.
bool raw_samples::read_some(int wake_fd)
{
    for (;;) {
        pollfd fds[2] = { { d_fd, POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "cannot wait for " + d_name);
        if (fds[1].revents)
            return false;
        if (!fds[0].revents)
            continue;
        const ssize_t n = read(d_fd, d_frames.data() + d_held, d_frames.size() - d_held);
        if (n >= 0) {
            d_held += static_cast<std::uint64_t>(n);
            return n > 0;
        }
        if (errno != EINTR && errno != EAGAIN)
            throw std::system_error(errno,
                                    std::generic_category(),
                                    "cannot read " + d_name + "; check the path and the disk");
    }
}

sample_source::piece raw_samples::next(int wake_fd)
{
    d_held -= d_used;
    std::memmove(d_frames.data(), d_frames.data() + d_used, d_held);
    d_used = 0;
    while (d_held < d_frame_bytes)
        if (!read_some(wake_fd))
            return {};
    const std::uint64_t samples = d_held / d_frame_bytes;
    d_used = samples * d_frame_bytes;
    d_memory->separate(d_frames.data(), samples);
    d_place += samples;
    return d_memory->piece(d_place - samples, samples);
}

class recording_samples final : public sample_source
{
public:
    recording_samples(const std::string& file, const zcring::arguments& a);
    piece next(int wake_fd) override;

private:
    const zcring::recorded_samples d_file;
    std::unique_ptr<piece_memory> d_memory;
    std::uint64_t d_next = 0; //!< index of the next sample
    std::size_t d_run = 0;    //!< that it is in
};

void refuse_description(const zcring::arguments& a)
{
    const char* key = a.format ? "format=" : a.channels ? "channels=" : a.rate ? "rate=" : nullptr;
    if (key)
        throw std::invalid_argument(std::string("a live recording is sent as its metadata describe "
                                                "it; remove ") +
                                    key);
}

recording_samples::recording_samples(const std::string& file, const zcring::arguments& a)
    : d_file((refuse_description(a), file), a.start, a.stop)
{
    const auto& runs = d_file.runs();
    for (const auto& run : runs)
        if (run.frequency != runs.front().frequency)
            throw std::invalid_argument(file +
                                        " has several frequencies, and a live feed has one; select "
                                        "a part with start= and stop=, or play it without --live");
    d_description.format = d_file.format();
    d_description.rate = d_file.rate();
    d_description.freq = a.freq.value_or(runs.front().frequency.value_or(d_description.freq));
    d_description.channels = d_file.channels();
    d_memory = std::make_unique<piece_memory>(d_description);
}

sample_source::piece recording_samples::next(int)
{
    const auto& runs = d_file.runs();
    while (d_run + 1 < runs.size() && d_next >= runs[d_run + 1].first)
        d_run++;
    const std::uint64_t end = d_run + 1 < runs.size() ? runs[d_run + 1].first : d_file.samples();
    const std::uint64_t samples = std::min(end - d_next, piece_samples);
    const std::uint64_t place = d_next - runs[d_run].first + runs[d_run].place;
    for (unsigned c = 0; c < d_file.channels(); c++)
        d_file.read(c, d_next, samples, d_memory->channel(c));
    d_next += samples;
    return d_memory->piece(place, samples);
}

} // namespace

std::unique_ptr<sample_source> open_samples(const std::string& file, const zcring::arguments& a)
{
    if (is_recording(file))
        return std::make_unique<recording_samples>(file, a);
    return std::make_unique<raw_samples>(file, a);
}

} // namespace app
