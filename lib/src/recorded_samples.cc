// SPDX-License-Identifier: GPL-3.0-or-later
//
// A recording for programs that send its samples on: the inner class, with the gaps as places.
#include <zcring/recorded_samples.h>

#include "recording.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace zcring {

class recorded_samples::impl final
{
public:
    impl(const std::string& path, std::optional<double> start, std::optional<double> stop)
        : d_path(path), d_file(path, start, stop)
    {
        std::optional<double> frequency;
        std::uint64_t missing = 0;
        for (const segment& s : d_file.segments()) {
            missing += s.gap;
            frequency = s.frequency ? s.frequency : frequency;
            d_runs.push_back({ s.first, s.first + missing, frequency });
        }
    }

    const std::string d_path;
    const recording d_file;
    std::vector<run> d_runs;
};

recorded_samples::recorded_samples(const std::string& path,
                                   std::optional<double> start,
                                   std::optional<double> stop)
    : d_impl(std::make_unique<impl>(path, start, stop))
{
}

recorded_samples::~recorded_samples() = default;
recorded_samples::recorded_samples(recorded_samples&&) noexcept = default;
recorded_samples& recorded_samples::operator=(recorded_samples&&) noexcept = default;

format recorded_samples::format() const noexcept { return d_impl->d_file.format(); }
double recorded_samples::rate() const noexcept { return d_impl->d_file.rate(); }
unsigned recorded_samples::channels() const noexcept { return d_impl->d_file.channels(); }
std::uint64_t recorded_samples::samples() const noexcept { return d_impl->d_file.samples(); }

const std::vector<recorded_samples::run>& recorded_samples::runs() const noexcept
{
    return d_impl->d_runs;
}

void recorded_samples::read(unsigned channel,
                            std::uint64_t first,
                            std::uint64_t samples,
                            void* out) const
{
    const recording& file = d_impl->d_file;
    if (channel >= file.channels() || first > file.samples() || samples > file.samples() - first)
        throw std::out_of_range("zcring: " + d_impl->d_path + " has " +
                                std::to_string(file.samples()) + " samples of " +
                                std::to_string(file.channels()) + " channels; read only these");
    if (!file.read(channel, first, samples, static_cast<std::byte*>(out)))
        throw std::system_error(EIO,
                                std::generic_category(),
                                "zcring: cannot read the samples of " + d_impl->d_path +
                                    "; check the disk, and that no program writes the file");
}

} // namespace zcring
