// SPDX-License-Identifier: GPL-3.0-or-later
//
// The devices of the driver, by their nodes in /dev.
#ifndef ZCRING_TESTS_FUZZ_DRIVER_TARGET_H
#define ZCRING_TESTS_FUZZ_DRIVER_TARGET_H

#include "target.h"

namespace fuzz {

class driver_target final : public target
{
public:
    int open_radio(const std::string& name, int flags) const override;
    int open_antenna(const std::string& name, int flags) const override;
    int call(int fd, unsigned long command, void* argument) const override;
    void* map(int fd, std::uint32_t region, std::size_t bytes, int protection) const override;
    bool is_possible(const zcring_region& asked, const zcring_region& answer) const override;
    std::uint32_t observer_role() const override { return ZCRING_ROLE_RADIO; }
    bool has_free_pace() const override { return false; }
};

} // namespace fuzz

#endif
