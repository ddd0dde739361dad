// SPDX-License-Identifier: GPL-3.0-or-later
//
// Attributes and parameters as text. Read errors give an empty text.
#ifndef ZCRING_TESTS_FUZZ_TEXT_FILES_H
#define ZCRING_TESTS_FUZZ_TEXT_FILES_H

#include <fcntl.h>
#include <unistd.h>
#include <fstream>
#include <sstream>
#include <string>

namespace fuzz {

constexpr char parameters[] = "/sys/module/zcring/parameters/";
constexpr char debugfs[] = "/sys/kernel/debug/zcring/";

// The node of the antenna of the device @path.
inline std::string antenna_of(const std::string& path)
{
    return "/dev/zcring-antenna" + path.substr(path.find_last_not_of("0123456789") + 1);
}

inline bool write_text(const std::string& path, const std::string& text)
{
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool success = write(fd, text.data(), text.size()) > 0;
    close(fd);
    return success;
}

inline std::string read_all(const std::string& path)
{
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

// The first line.
inline std::string read_text(const std::string& path)
{
    std::ifstream in(path);
    std::string text;
    std::getline(in, text);
    return text;
}

} // namespace fuzz

#endif
