// SPDX-License-Identifier: GPL-3.0-or-later
//
// Each case must leave the accounting of the device right. The next stream would reset the
// counters, so they are checked after each case; those of the emulator end with the device object.
#include "support.h"

namespace {

class accounting_check final : public testing::EmptyTestEventListener
{
    void OnTestEnd(const testing::TestInfo&) override
    {
        EXPECT_EQ(std::system(ZCRING_CHECK_ACCOUNTING " any"), 0) << "the accounting is wrong";
    }
};

[[maybe_unused]] const bool registered = [] {
    if (!zcring_test::on_emulator())
        testing::UnitTest::GetInstance()->listeners().Append(new accounting_check);
    return true;
}();

} // namespace
