// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zcring/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zcring {

//! How the simulated DMA engine writes: every burst, or the ring once and then never again.
enum class dma_mode { copy, resident };
//! How the emulator or a server paces itself: by the clock, or as fast as its samples are read.
enum class pacing { real, free };
//! Whether a recording begins again at its end, or ends.
enum class looping { yes, no };

/*!
 * \brief Which device to open, and its settings; argument_table() describes the keys.
 *
 * A setting without a value stays as the device has it.
 */
struct arguments {
    std::string device;                       //!< a kernel device's path, a server, or empty
    bool emulator = false;                    //!< the emulator, instead of a device
    std::optional<zcring::format> format;     //!< of the ring
    std::optional<unsigned> channels;         //!< 1 to max_channels
    std::optional<double> rate;               //!< samples a second
    std::optional<double> freq;               //!< Hz
    std::optional<double> gain;               //!< dB
    std::optional<double> noise;              //!< dB of full scale; minus infinity: none
    std::optional<std::uint64_t> ring_bytes;  //!< of the ring of one channel
    std::optional<std::uint64_t> interval_us; //!< microseconds between bursts
    std::optional<std::string> scene;         //!< tone, noise, counter or FILE.sigmf-meta
    std::optional<double> start;              //!< of a recording, in seconds from its first sample
    std::optional<double> stop;               //!< of a recording, in seconds from its first sample
    std::optional<looping> loop;              //!< of a recording
    std::optional<dma_mode> dma;              //!< what the DMA engine writes
    std::optional<pacing> pace;               //!< of the emulator or a server
    std::optional<std::uint64_t> seed;        //!< of all random values
    bool member = false;                      //!< of a server's free-pace stream
    std::optional<unsigned> quorum;           //!< of members
    std::optional<double> patience;           //!< seconds; 0: for ever
};

//! Parses an argument string. Throws std::invalid_argument, which names the key, the value
//! and the values allowed; for an unknown key, it lists the known ones.
ZCRING_API arguments parse_arguments(std::string_view text);

//! The first key that is set and is a receiver's, which an antenna does not have, as people write it:
//! "gain=" or "member". Null if there is none. device= and the keys of samples (format, channels,
//! rate, freq, and those of a scene) are no such keys.
ZCRING_API const char* receiver_key(const arguments& a) noexcept;

/*!
 * The frequency, in Hz, to which a device with these arguments is tuned if they give none: that of
 * the recording which they name, where the part of it that plays begins. Empty if they name no
 * recording, or the recording tells no frequency. Reads the metadata, and opens the data file.
 *
 * Errors: throws std::system_error if a file cannot be read, and std::invalid_argument if it is no
 * recording, or the part is not in it; each text names the remedy.
 */
ZCRING_API std::optional<double> recorded_frequency(const arguments& a);

//! One key of the argument string, for people: help texts and documents are made from these,
//! or compared with them.
struct argument_info {
    std::string key;           //!< "rate"
    std::string values;        //!< "0.001 to 1e10"; empty for a key that takes no value
    std::string default_value; //!< that the emulator begins with: "1e6"; empty if there is none
    std::string help;          //!< "samples a second"
};

//! Every key, in the order in which people should read them. Lives as long as the program.
ZCRING_API const std::vector<argument_info>& argument_table();

//! The rows as text for a terminal: the key, the values, the default and the help of each,
//! in lines of at most \p columns characters, each of which begins with \p indent spaces.
ZCRING_API std::string
argument_text(const std::vector<argument_info>& rows, unsigned indent, unsigned columns);

} // namespace zcring
