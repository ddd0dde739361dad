// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "backend.h"
#include "mapping.h"
#include "unique_fd.h"

#include <vector>

namespace zcring {

//! A device of the kernel driver, or of any driver with the same interface (abi.h).
class kernel_device final : public backend
{
public:
    explicit kernel_device(const std::string& path);

    bool is_emulator() const noexcept override { return false; }
    zcring_config config() const override;
    void configure(const zcring_config& config) override;
    void set_scene(const zcring_scene& scene, const void* samples, std::size_t bytes) override;
    void stop() override;
    zcring_tuning tuning() const override;
    zcring_telemetry telemetry() const override;
    void inject(zcring_injection kind, std::int64_t amount) override;
    void unplug() override;
    void plug() override;
    void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept override;

protected:
    void do_map() override;
    void do_start(const zcring_start& options) override;
    void do_control(const zcring_control& control) override;
    void do_reopen(const std::function<void(backend&)>& again) override;

private:
    template <class T>
    void call(unsigned long request, T* argument, const char* what) const;
    const void* map_region(unsigned region, unsigned channel);

    const unique_fd d_fd;    //!< the same number for good, whatever is open there
    const unsigned d_number; //!< as in zcring0
    std::vector<mapping> d_mappings;
};

} // namespace zcring
