// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sane processes of driver_fuzz. The observer looks at the accounting of every device, as
// any program may. The bystander is the consumer of a device of its own, which nobody else
// can touch: its ring and its memory stay what they are.
#ifndef ZCRING_TESTS_FUZZ_WITNESS_H
#define ZCRING_TESTS_FUZZ_WITNESS_H

#include <string>
#include <vector>

#include "shared.h"

namespace fuzz {

// Each ends the process once shared.stop is set.
[[noreturn]] void observe(shared_state& shared, const std::vector<std::string>& paths);
[[noreturn]] void stand_by(shared_state& shared, const std::string& path);

} // namespace fuzz

#endif
