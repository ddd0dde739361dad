// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_backend.h"
#include "mapping.h"
#include "unique_fd.h"

#include <vector>

namespace zcring {

//! A device of the kernel driver, or of any driver with the same interface (abi.h).
class kernel_device final : public command_backend
{
public:
    explicit kernel_device(const std::string& path);

    const std::string& name() const noexcept override { return d_name; }
    std::uint64_t receiver() const noexcept override { return d_number; }
    const pages& mapped() const noexcept override { return d_pages; }
    void configure(const zcring_config& config) override;
    void set_scene(const zcring_scene& scene, scene_content content) override;
    void map() override;
    void inject(zcring_injection kind, std::int64_t amount) override;
    void unplug() override;
    void plug() override;
    void reopen(const reopening& steps) override;
    void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept override;
    void produce(std::uint64_t) noexcept override {} // the driver's timer produces the samples

private:
    void call(std::uint32_t command, void* argument, const char* what) const override;
    const void* map_region(unsigned region, unsigned channel, std::uint64_t bytes);

    const std::string d_name;
    pages d_pages;
    const unique_fd d_fd;    //!< keeps its number when the device is reopened
    const unsigned d_number; //!< as in zcring0
    std::vector<mapping> d_mappings;
};

} // namespace zcring
