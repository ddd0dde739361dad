// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line of zcring: parses it, runs one subcommand, and turns every exception into one
// line on stderr and exit status 2. Exit status 1 is the subcommand's own.
#include "info.h"
#include "play.h"
#include "serve.h"
#include "verify.h"
#include "verify_recording.h"

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
    "Exit status: 0 done, 1 samples wrong or lost (verify) or late (play), 2 the run could not "
    "start.\n";
constexpr const char* about_info =
    "With device= alone the device, or each receiver of a server, is only observed, even while\n"
    "another program streams from it.\n"
    "With any other key the device is opened and set. zcring --help explains ARGS.\n";
constexpr const char* about_verify =
    "Streams with scene=counter, in which every sample contains its own index, checks every\n"
    "sample of every channel, and at the end the sums of the counters. Ctrl-C ends the run early.\n"
    "zcring --help explains ARGS. Another scene in ARGS is ignored; on a server it is refused.\n"
    "A server keeps its scene, which all its receivers hear, unless ARGS have scene=counter: then\n"
    "the server gets and keeps that scene.\n"
    "Of a recording, given by the path of its metadata, all samples are read and compared with "
    "the\n"
    "SHA-512 in the metadata.\n";

constexpr const char* about_serve =
    "NAME is what clients give as device=NAME; without it: default. Each client gets a receiver "
    "of\n"
    "its own, and all receive the same antenna. scene=, start=, stop=, loop= and pace= are the\n"
    "antenna's; the other keys are what a new receiver begins with.\n"
    "Ctrl-C ends the server: its clients see that the device is gone.\n"
    "  zcring serve                              a tone, for device=default\n"
    "  zcring serve fm scene=fm.sigmf-meta       a recording, for device=fm\n";

constexpr const char* about_play =
    "FILE is a recording (FILE.sigmf-meta), a file of raw samples, - for raw samples on stdin, or "
    "one\n"
    "of tone, noise and counter. Raw samples need format= and rate= in ARGS, and may have freq= "
    "and\n"
    "channels=; of a recording, start=, stop= and loop=no select what is played.\n"
    "A scene is on the air until Ctrl-C. With --live the samples are sent while they are on the "
    "air:\n"
    "each has its own tick of the antenna's clock, from the first sample on. A sample that comes\n"
    "after its tick is dropped and counted, and the tick is silent. Ctrl-C ends the feed.\n";

// The table of the argument string, and how to write one.
std::string arguments_help()
{
    return std::string(about_arguments) + '\n' +
           zcring::argument_text(zcring::argument_table(), 2, terminal_columns) + '\n' +
           about_defaults;
}

// Prints the message on one line that begins with the name of the program.
void print_error(std::string message)
{
    const std::string name = "zcring: ";
    if (message.compare(0, name.size(), name) != 0)
        message.insert(0, name);
    std::cerr << message << '\n';
}

// Newer releases of CLI11 wrap the footer of the help; its lines are laid out already.
template <class Formatter>
auto keep_footer_lines(Formatter& formatter, int)
    -> decltype(formatter.enable_footer_formatting(false))
{
    formatter.enable_footer_formatting(false);
}
template <class Formatter>
void keep_footer_lines(Formatter&, long)
{
}

void add_info(CLI::App& command, app::info_options& options)
{
    CLI::App* info =
        command.add_subcommand("info", "Print the geometry, settings and counters of a device");
    info->add_option("ARGS",
                     options.arguments,
                     "Which device; without it: each /dev/zcring* and the names of\n"
                     "servers; the emulator if there is neither");
    info->add_flag("--json", options.json, "Print one JSON object");
    info->footer(about_info);
}

// Accepts a number in a range, also as 1e9; a whole number is rewritten in full for CLI11.
CLI::Validator between(double low, double high, bool whole)
{
    const auto check = [=](std::string& text) {
        double x = 0;
        if (!CLI::detail::lexical_cast(text, x) || !(x >= low && x <= high) ||
            (whole && x != std::floor(x))) {
            std::ostringstream allowed;
            allowed << text << ": the value must be a " << (whole ? "whole " : "") << "number from "
                    << low << " to " << high;
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
    CLI::App* verify =
        command.add_subcommand("verify", "Check that no sample is lost, doubled or torn");
    verify->add_option("ARGS",
                       options.arguments,
                       "Which device, and its settings; or a recording, FILE.sigmf-meta");
    verify->add_option("--samples", options.samples, "End after N samples of each channel")
        ->type_name("N")
        ->transform(between(1, 9e15, true));
    verify
        ->add_option(
            "--seconds", options.seconds, "End after S seconds (default: 10, without --samples)")
        ->type_name("S")
        ->check(between(1e-3, 3e9, false));
    verify
        ->add_option_function<int>(
            "--stall",
            [&options](int ms) { options.stall = std::chrono::milliseconds(ms); },
            "Sleep MS milliseconds at every burst, to be too slow on\n"
            "purpose: losses are then expected, and each is checked\n"
            "against the counters, to the sample")
        ->type_name("MS")
        ->transform(between(0, 60000, true));
    verify->add_flag(
        "--allow-loss", options.allow_loss, "Do not fail on losses that the device reports");
    verify->add_flag("--json", options.json, "Print one JSON object");
    verify->footer(about_verify);
}

void add_serve(CLI::App& command, app::serve_options& options)
{
    CLI::App* serve =
        command.add_subcommand("serve", "Give receivers of one antenna to other programs");
    serve->add_option("WORDS", options.words, "NAME, and settings KEY=VALUE")
        ->type_name("[NAME] [KEY=VALUE]...")
        ->option_text(" ");
    serve
        ->add_option("--group",
                     options.group,
                     "Let the members of group G connect, too; the\nsocket is in /run/zcring then")
        ->type_name("G");
    serve
        ->add_option("--rtl-tcp",
                     options.rtl_tcp,
                     "Serve clients of rtl_tcp at this port, too, each with a\n"
                     "receiver; without ADDRESS those of this computer")
        ->type_name("[ADDRESS:]PORT");
    serve->add_option("--receivers", options.receivers, "At most N receivers (default: 64)")
        ->type_name("N")
        ->transform(between(1, 64, true));
    serve
        ->add_option("--user-connections",
                     options.user_connections,
                     "At most N connections of one user (default: 128)")
        ->type_name("N")
        ->transform(between(1, 10000, true));
    serve
        ->add_option("--user-memory",
                     options.user_mib,
                     "At most N MiB for the rings of one user\n(default: 1024)")
        ->type_name("N")
        ->check(between(1, 1e6, false));
    serve
        ->add_option("--user-rate",
                     options.user_rate,
                     "At most RATE samples a second in all receivers and\nchannels of one user "
                     "(default: 1e9)")
        ->type_name("RATE")
        ->check(between(1, 1e12, false));
    serve->footer(about_serve);
}

void add_play(CLI::App& command, app::play_options& options)
{
    CLI::App* play =
        command.add_subcommand("play", "Put a recording, or samples from a pipe, on the air");
    play->add_option("FILE", options.file, "What is played")->required();
    play->add_option("ARGS",
                     options.arguments,
                     "The antenna, by device=/dev/zcring0 or device=NAME of a server\n"
                     "(default: the first there is), and what the samples are");
    play->add_flag("--live", options.live, "Send the samples while they are on the air");
    play->add_option("--buffer",
                     options.buffer,
                     "Send a live feed up to S seconds ahead, or a little more\n(default: 1, or "
                     "64 MiB if that is less)")
        ->type_name("S")
        ->check(between(1e-3, 3600, false));
    play->add_flag("--json", options.json, "Print one JSON object");
    play->footer(about_play);
}

int run(int argc, char** argv)
{
    CLI::App command("Shows, checks, feeds and serves the sample streams of zcring devices.",
                     "zcring");
    app::info_options info;
    app::serve_options serve;
    app::play_options play;
    app::verify_options verify;

    keep_footer_lines(*command.get_formatter(), 0); // subcommands inherit the formatter
    command.set_version_flag("--version", "zcring " ZCRING_VERSION);
    command.require_subcommand(1);
    command.footer(arguments_help() + "\n" + statuses);
    add_info(command, info);
    add_serve(command, serve);
    add_verify(command, verify);
    add_play(command, play);
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
    if (command.got_subcommand("info"))
        return app::run_info(info);
    if (command.got_subcommand("serve"))
        return app::run_serve(serve);
    if (command.got_subcommand("play"))
        return app::run_play(play);
    return app::is_recording(verify.arguments) ? app::run_verify_recording(verify)
                                               : app::run_verify(verify);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const int status = run(argc, argv);
        if (!std::cout.flush())
            throw std::runtime_error("the output cannot be written; check the disk or the pipe");
        return status;
    } catch (const std::exception& e) {
        print_error(e.what());
        return usage_status;
    }
}
