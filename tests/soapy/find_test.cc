// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finding and opening devices by arguments of SoapySDR.
#include "radio_under_test.h"

namespace {

using namespace zcring_test;

TEST(SoapyFind, FindsTheEmulator)
{
    const SoapySDR::KwargsList found = SoapySDR::Device::enumerate("driver=zcring,emulator");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].at("label"), "zcring emulator");
    EXPECT_EQ(found[0].at("serial"), "emulator");
}

TEST(SoapyFind, FindsTheEmulatorAmongAllDevices)
{
    unsigned emulators = 0;
    for (const SoapySDR::Kwargs& found : SoapySDR::Device::enumerate("driver=zcring"))
        emulators += found.count("emulator");
    EXPECT_EQ(emulators, 1u);
}

TEST(SoapyFind, PassesEveryArgumentOn)
{
    const auto found =
        SoapySDR::Device::enumerate("driver=zcring,emulator,scene=counter,rate=2e6,remote:mtu=1");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].at("scene"), "counter");
    EXPECT_EQ(found[0].at("rate"), "2e6");
    EXPECT_EQ(found[0].at("remote:mtu"), "1");
}

TEST(SoapyFind, FindsANamedDeviceWithoutOpeningIt)
{
    const auto found = SoapySDR::Device::enumerate("driver=zcring,device=/dev/zcring99");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].at("label"), "zcring /dev/zcring99");
    EXPECT_EQ(SoapySDR::Device::enumerate("driver=zcring,device=nobody")[0].at("label"),
              "zcring server nobody");
}

// Each driver is asked when none is named; gr-osmosdr and others have the key.
TEST(SoapyFind, LeavesDevicesOfOtherDriversAlone)
{
    for (const char* const arguments : { "device=hw:0", "device=/dev/null", "device=nobody" })
        for (const SoapySDR::Kwargs& found : SoapySDR::Device::enumerate(arguments))
            EXPECT_NE(found.at("driver"), "zcring") << arguments;
}

TEST(SoapyFind, FindsBySerialNumberAndLabel)
{
    EXPECT_EQ(SoapySDR::Device::enumerate("driver=zcring,serial=emulator").size(), 1u);
    EXPECT_EQ(SoapySDR::Device::enumerate("driver=zcring,label=zcring emulator").size(), 1u);
    EXPECT_TRUE(SoapySDR::Device::enumerate("driver=zcring,serial=4711").empty());
}

TEST(SoapyFind, OpensWhatItHasFound)
{
    const auto found = SoapySDR::Device::enumerate("driver=zcring,emulator,rate=2e6");
    const radio r(SoapySDR::KwargsToString(found.at(0)));
    EXPECT_EQ(r->getSampleRate(SOAPY_SDR_RX, 0), 2e6);
    EXPECT_EQ(r->getDriverKey(), "zcring");
    EXPECT_EQ(r->getHardwareKey(), "emulator");
}

TEST(SoapyFind, OpensOneDeviceForEachSetOfArguments)
{
    const radio one("driver=zcring,emulator,rate=1e6");
    const radio other("driver=zcring,emulator,rate=3e6");
    const radio again("driver=zcring,emulator,rate=3e6");
    EXPECT_EQ(one->getSampleRate(SOAPY_SDR_RX, 0), 1e6);
    EXPECT_EQ(other->getSampleRate(SOAPY_SDR_RX, 0), 3e6);
    EXPECT_EQ(&*other.operator->(), &*again.operator->());
}

TEST(SoapyFind, IgnoresTheKeysOfPrograms)
{
    const radio r(
        "driver=zcring,emulator=true,soapy=0,type=soapy,remote:driver=x,label=zcring emulator");
    EXPECT_EQ(r->getHardwareInfo().at("format"), "sc16");
}

TEST(SoapyFind, NamesAnUnknownArgument)
{
    const auto open = [](const char* arguments) {
        return error_text([&] { radio r(std::string("driver=zcring,") + arguments); });
    };
    expect_says(open("emulator,scen=noise"), { "scen", "scene" });
    expect_says(open("emulator,rate=0"), { "rate=0", "0.001" });
    expect_says(open("emulator=perhaps"), { "emulator=perhaps", "yes or no" });
    expect_says(open("device=/dev/zcring99"), { "/dev/zcring99", "modprobe zcring" });
}

} // namespace
