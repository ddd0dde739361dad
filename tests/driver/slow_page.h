// SPDX-License-Identifier: GPL-3.0-or-later
//
// A page whose first access waits until supply(): user memory whose page fault takes long.
#ifndef ZCRING_TESTS_DRIVER_SLOW_PAGE_H
#define ZCRING_TESTS_DRIVER_SLOW_PAGE_H

#include "device_file.h"

#include <linux/userfaultfd.h>
#include <sys/syscall.h>

namespace driver {

class slow_page
{
public:
    slow_page()
        : d_page(-1, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS),
          d_fd(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC)))
    {
        uffdio_api api{};
        api.api = UFFD_API;
        uffdio_register where{};
        where.range = range();
        where.mode = UFFDIO_REGISTER_MODE_MISSING;
        d_works =
            d_fd >= 0 && !ioctl(d_fd, UFFDIO_API, &api) && !ioctl(d_fd, UFFDIO_REGISTER, &where);
    }
    ~slow_page() { ::close(d_fd); }
    slow_page(const slow_page&) = delete;
    slow_page& operator=(const slow_page&) = delete;

    bool works() const { return d_works; }
    void* address() const { return d_page.as<void>(); }
    bool wait_touched() const
    {
        pollfd entry{ d_fd, POLLIN, 0 };
        uffd_msg message;
        return ::poll(&entry, 1, std::chrono::milliseconds(time_limit).count()) == 1 &&
               ::read(d_fd, &message, sizeof(message)) == sizeof(message);
    }
    void supply() const
    {
        uffdio_zeropage zero{};
        zero.range = range();
        EXPECT_EQ(ioctl(d_fd, UFFDIO_ZEROPAGE, &zero), 0);
    }

private:
    uffdio_range range() const { return { reinterpret_cast<std::uintptr_t>(address()), 4096 }; }

    mapped_pages d_page;
    int d_fd;
    bool d_works = false;
};

} // namespace driver

#endif
