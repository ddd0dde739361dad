// SPDX-License-Identifier: GPL-3.0-or-later
#include "info.h"
#include "verify.h"

#include <zcring/arguments.h>

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

constexpr int usage_status = 2;

constexpr unsigned terminal_columns = 92;

constexpr const char* about_arguments =
    "ARGS is a list of items, with commas between them, such as\n"
    "  emulator,format=fc32,rate=2e6    or    device=/dev/zcring0,channels=2\n";
constexpr const char* about_defaults = "A setting that is not given stays as the device has it; "
                                       "the emulator begins with the defaults.\n";
constexpr const char* statuses =
    "Exit status: 0 done, 1 wrong or lost (verify), 2 it could not begin.\n";
constexpr const char* about_info =
    "With device= alone the device is only looked at, even while another program streams from\n"
    "it; any key more sets the device, as opening it does. ARGS is explained by zcring --help.\n";
constexpr const char* about_verify =
    "Streams with scene=counter, in which every sample tells its own index, looks at every\n"
    "sample of every channel, and closes with the sums of the counters. Ctrl-C ends it early.\n"
    "ARGS is explained by zcring --help; the scene in it does not count.\n";

// The table of the argument string, and how to write one.
std::string arguments_help()
{
    return std::string(about_arguments) + '\n' +
           zcring::argument_text(zcring::argument_table(), 2, terminal_columns) + '\n' +
           about_defaults;
}

// The message on one line, with the program's name before it once.
void print_error(std::string message)
{
    const std::string name = "zcring: ";
    if (message.compare(0, name.size(), name) != 0)
        message.insert(0, name);
    std::cerr << message << '\n';
}

void add_info(CLI::App& command, app::info_options& options)
{
    CLI::App* info = command.add_subcommand("info", "Tell a device's geometry, settings, counters");
    info->add_option(
        "ARGS", options.arguments, "Which device; none: each /dev/zcring*, else the emulator");
    info->add_flag("--json", options.json, "Print one JSON object");
    info->footer(about_info);
}

// A number that may be written as 1e9, rewritten in full where it is to be whole.
CLI::Validator between(double low, double high, bool whole)
{
    const auto check = [=](std::string& text) {
        double x = 0;
        if (!CLI::detail::lexical_cast(text, x) || !(x >= low && x <= high) ||
            (whole && x != std::floor(x))) {
            std::ostringstream allowed;
            allowed << text << ": it must be a " << (whole ? "whole " : "") << "number from " << low
                    << " to " << high;
            return allowed.str();
        }
        if (whole)
            text = std::to_string(static_cast<std::uint64_t>(x));
        return std::string();
    };
    return CLI::Validator(check, "");
}

void add_verify(CLI::App& command, app::verify_options& options)
{
    CLI::App* verify = command.add_subcommand(
        "verify", "Prove that no sample is lost, doubled or torn on its way");
    verify->add_option("ARGS", options.arguments, "Which device, and how it is to be set");
    verify->add_option("--samples", options.samples, "End after N samples of each channel")
        ->type_name("N")
        ->transform(between(1, 9e15, true));
    verify
        ->add_option(
            "--seconds", options.seconds, "End after S seconds; 10 where --samples is not given")
        ->type_name("S")
        ->check(between(1e-3, 3e9, false));
    verify
        ->add_option_function<int>(
            "--stall",
            [&options](int ms) { options.stall = std::chrono::milliseconds(ms); },
            "Sleep MS milliseconds at every burst, to be too slow on\n"
            "purpose: losses are then expected, and proven to be\n"
            "accounted for to the sample")
        ->type_name("MS")
        ->transform(between(0, 60000, true));
    verify->add_flag(
        "--allow-loss", options.allow_loss, "Losses that the device reports are no failure");
    verify->add_flag("--json", options.json, "Print one JSON object");
    verify->footer(about_verify);
}

int run(int argc, char** argv)
{
    CLI::App command("Tells and checks what /dev/zcring*, or the emulator, streams.", "zcring");
    app::info_options info;
    app::verify_options verify;

    command.set_version_flag("--version", "zcring " ZCRING_VERSION);
    command.require_subcommand(1);
    command.footer(arguments_help() + "\n" + statuses);
    add_info(command, info);
    add_verify(command, verify);
    command.add_subcommand("arguments", "Print the keys of ARGS, their values and defaults");
    try {
        command.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return command.exit(e);
        print_error(std::string(e.what()) + "; see zcring --help");
        return usage_status;
    }
    if (command.got_subcommand("arguments")) {
        std::cout << arguments_help();
        return 0;
    }
    return command.got_subcommand("info") ? app::run_info(info) : app::run_verify(verify);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const int status = run(argc, argv);
        if (!std::cout.flush())
            throw std::runtime_error("the output cannot be written");
        return status;
    } catch (const std::exception& e) {
        print_error(e.what());
        return usage_status;
    }
}
