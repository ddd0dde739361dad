// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "backend.h"

namespace zcring {

//! A device outside of the process, of the kernel or of a server: each call is one command of abi.h.
class command_backend : public backend
{
public:
    bool is_emulator() const noexcept final { return false; }
    bool is_bound_to_process() const noexcept final { return false; }
    zcring_config config() const final;
    void start(const zcring_start& options) override;
    void stop() final;
    void control(const zcring_control& control) final;
    zcring_tuning tuning() const final;
    zcring_ranges ranges() const final;
    zcring_telemetry telemetry() const final;

protected:
    //! Makes the call. \p argument is the command's struct, its input, then its result; null for a
    //! command without one. Throws std::system_error; \p what says which step failed.
    virtual void call(std::uint32_t command, void* argument, const char* what) const = 0;

    zcring_info info() const;
};

} // namespace zcring
