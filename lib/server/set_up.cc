// SPDX-License-Identifier: GPL-3.0-or-later
//
// The arguments of a server: the settings of the library are applied to a backend that only keeps
// what it is told.
#include "set_up.h"

#include "backend.h"
#include "settings.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace zcring::server {

namespace {

void throw_on_error(int error, const char* what)
{
    if (error < 0)
        throw std::system_error(-error, std::system_category(), std::string("zcring: ") + what);
}

//! An emulator that is set up and never mapped.
class keeper final : public backend
{
public:
    keeper()
    {
        zcring_config_default(&d_config);
        d_scene->tone_num = d_config.rate_num;
    }

    const std::string& name() const noexcept override { return d_name; }
    bool is_emulator() const noexcept override { return true; }
    bool is_bound_to_process() const noexcept override { return true; }
    std::uint64_t receiver() const noexcept override { return 0; }
    const pages& mapped() const noexcept override { return d_pages; }
    zcring_config config() const override { return d_config; }

    void configure(const zcring_config& config) override
    {
        throw_on_error(
            zcring_config_check(&config, static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))),
            "the configuration is not valid");
        d_config = config;
    }

    void set_scene(const zcring_scene& scene, scene_content content) override
    {
        throw_on_error(zcring_scene_check(&scene), "the scene is not valid");
        throw_on_error(zcring_segments_check(&scene, content.segments.data()),
                       "the segments of the scene contradict each other");
        if (!zcring_scene_decimation(&scene, d_config.rate_num, d_config.rate_den))
            throw_on_error(-ERANGE,
                           "the scene cannot be received at this rate; set the rate to the "
                           "scene's, or to a 2nd to a 64th of it");
        const auto* segments = reinterpret_cast<const std::byte*>(content.segments.data());
        d_scene->scene = scene;
        d_scene->content = std::move(content.samples);
        d_scene->content.insert(d_scene->content.begin(),
                                segments,
                                segments + content.segments.size() * sizeof(zcring_segment));
        d_scene->file = std::move(content.file);
        d_scene->tone_num = d_config.rate_num;
        d_scene->tone_den = d_config.rate_den;
    }

    void control(const zcring_control& control) override
    {
        throw_on_error(zcring_control_check(&control, d_config.channels), "a setting is not valid");
        d_tuning = control;
    }

    zcring_tuning tuning() const override
    {
        zcring_tuning tuning{};
        for (zcring_channel& c : tuning.channel)
            c.freq_uhz = 100000000000000; // as zcring_front_init() has it
        return tuning;
    }

    set_up result() && { return { d_config, std::move(d_scene), d_tuning }; }

    void map() override {}
    void start(const zcring_start&) override {}
    void stop() override {}
    zcring_ranges ranges() const override { return {}; }
    zcring_telemetry telemetry() const override { return {}; }
    void inject(zcring_injection, std::int64_t) override {}
    void unplug() override {}
    void plug() override {}
    void reopen(const reopening&) override {}
    void wait(std::uint64_t, int, std::int64_t) noexcept override {}
    void produce(std::uint64_t) noexcept override {}

private:
    const std::string d_name = "zcring server";
    const pages d_pages;
    zcring_config d_config{};
    std::shared_ptr<scene_on_air> d_scene = std::make_shared<scene_on_air>();
    std::optional<zcring_control> d_tuning;
};

} // namespace

set_up read_arguments(const arguments& a)
{
    keeper k;
    settings(a).apply(k);
    return std::move(k).result();
}

} // namespace zcring::server
