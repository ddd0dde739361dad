// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files for tests that write samples: any file, and one of a file system that supports O_DIRECT.
#ifndef ZCRING_TESTS_DRIVER_DIRECT_FILE_H
#define ZCRING_TESTS_DRIVER_DIRECT_FILE_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace driver {

// Bytes at the beginning of a page, as O_DIRECT needs them.
struct free_bytes {
    void operator()(char* bytes) const { std::free(bytes); }
};
using aligned_bytes = std::unique_ptr<char, free_bytes>;

// A new file, removed at the end; fd() is -1 if it could not be made.
class scratch_file
{
public:
    explicit scratch_file(const std::string& folder = "/tmp", int flags = 0)
        : d_path(folder + "/zcring-test-" + std::to_string(getpid())),
          d_fd(open(d_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0600))
    {
    }
    ~scratch_file()
    {
        if (d_fd < 0)
            return;
        close(d_fd);
        unlink(d_path.c_str());
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;

    int fd() const { return d_fd; }
    // Bytes that were written, or the negative errno.
    ssize_t write(const void* from, std::size_t bytes, std::size_t offset) const
    {
        std::size_t done = 0;
        while (done < bytes) {
            const ssize_t n = pwrite(d_fd,
                                     static_cast<const char*>(from) + done,
                                     bytes - done,
                                     static_cast<off_t>(offset + done));
            if (n <= 0)
                return n < 0 ? -errno : static_cast<ssize_t>(done);
            done += n;
        }
        return static_cast<ssize_t>(done);
    }
    // The beginning of the file.
    aligned_bytes read(std::size_t bytes) const
    {
        aligned_bytes to(static_cast<char*>(std::aligned_alloc(4096, bytes)));
        std::size_t done = 0;
        for (ssize_t n = 1; n > 0 && done<bytes; done += n> 0 ? n : 0)
            n = pread(d_fd, to.get() + done, bytes - done, static_cast<off_t>(done));
        EXPECT_EQ(done, bytes) << std::strerror(errno);
        return to;
    }

private:
    std::string d_path;
    int d_fd;
};

// A file that is open with O_DIRECT, in ZCRING_TEST_DIRECT_FOLDER or else in the folder of the program.
// In tools/vm that folder is the host's, by 9p, which sends pages as they are. tmpfs has no O_DIRECT
// before 6.6.
class direct_file : public scratch_file
{
public:
    direct_file() : scratch_file(folder(), O_DIRECT) {}

private:
    static std::string folder()
    {
        if (const char* const named = std::getenv("ZCRING_TEST_DIRECT_FOLDER"))
            return named;
        char path[4096] = "";
        if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
            return ".";
        const std::string program = path;
        return program.substr(0, program.rfind('/'));
    }
};

} // namespace driver

#endif
