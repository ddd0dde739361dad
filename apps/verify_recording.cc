// SPDX-License-Identifier: GPL-3.0-or-later
//
// zcring verify of a recording: compares the samples with the checksum in the metadata.
#include "verify_recording.h"

#include "text.h"
#include "verify.h"

#include <zcring/checksum.h>

#include <nlohmann/json.hpp>

#include <iostream>
#include <stdexcept>

namespace app {

namespace {

void print(std::ostream& out, const zcring::recording_check& check)
{
    if (check.is_good())
        out << check.data_path << ": ok, " << counted(check.bytes, "byte") << '\n';
    else
        out << check.data_path
            << ": wrong: the SHA-512 of the samples is not the one in the metadata; copy the "
               "recording again\n"
            << "  metadata  " << check.expected << '\n'
            << "  samples   " << check.found << ", of " << counted(check.bytes, "byte") << '\n';
}

} // namespace

bool is_recording(const std::string& text)
{
    const std::string ending = ".sigmf-meta";
    const bool has_ending = text.size() > ending.size() &&
                            text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
    return has_ending && text.find('/') <= text.find('=');
}

int run_verify_recording(const verify_options& options)
{
    if (options.samples || options.seconds || options.stall.count() || options.allow_loss)
        throw std::invalid_argument("a recording is checked in full; remove --samples, --seconds, "
                                    "--stall and --allow-loss");
    const zcring::recording_check check = zcring::check_recording(options.arguments);
    if (options.json)
        std::cout << nlohmann::ordered_json{
            { "recording", check.data_path },
            { "bytes", check.bytes },
            { "expected_sha512", check.expected },
            { "sha512", check.found },
            { "good", check.is_good() }
        }.dump(2) << '\n';
    else
        print(std::cout, check);
    return check.is_good() ? 0 : 1;
}

} // namespace app
