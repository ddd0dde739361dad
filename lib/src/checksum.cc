// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compares the file of a recording with its checksum. Nothing else of the metadata is compared with
// the file, so that a truncated file is found by its checksum, too.
#include <zcring/checksum.h>

#include "digest.h"
#include "sigmf.h"
#include "unique_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace zcring {

namespace {

[[noreturn]] void throw_unreadable(int error, const std::string& path, const char* remedy)
{
    throw std::system_error(
        error, std::generic_category(), "zcring: cannot read " + path + "; " + remedy);
}

} // namespace

recording_check check_recording(const std::string& path)
{
    const sigmf_metadata meta = read_sigmf(path);
    if (!meta.sha512)
        throw std::invalid_argument("zcring: " + path +
                                    ": it has no core:sha512, so that the samples cannot be "
                                    "checked; add the SHA-512 of " +
                                    meta.data_path);
    // O_NONBLOCK: a FIFO in place of a file must be refused, and not waited for.
    const unique_fd file(
        open(meta.data_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status {
    };
    if (!file || fstat(file.get(), &status))
        throw_unreadable(errno, meta.data_path, "check the path");
    if (!S_ISREG(status.st_mode))
        throw std::invalid_argument("zcring: " + meta.data_path +
                                    ": it is not a regular file; copy the samples into one");
    recording_check result;
    result.data_path = meta.data_path;
    result.bytes = static_cast<std::uint64_t>(status.st_size);
    result.expected = *meta.sha512;
    result.found = sha512_of_file(file.get(), result.bytes);
    if (result.found.empty())
        throw_unreadable(
            EIO, meta.data_path, "check the disk, and that no program writes the file");
    return result;
}

} // namespace zcring
