// SPDX-License-Identifier: GPL-3.0-or-later
//
// One page of memory that the kernel clears in the child of a fork() (MADV_WIPEONFORK). Calls
// on the data path can check it without a system call, which getpid() would be. Handlers of
// pthread_atfork() would miss processes that are made by clone().
#include "process_mark.h"

#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace zcring {

namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

} // namespace

process_mark::process_mark()
{
    void* page =
        mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        throw std::system_error(
            errno, std::system_category(), "zcring: cannot map a page; free some memory");
    // Where it fails, the mark stays set in a child: the device opens, without this guard.
    static_cast<void>(madvise(page, page_bytes(), MADV_WIPEONFORK));
    *static_cast<unsigned char*>(page) = 1;
    d_mark = static_cast<unsigned char*>(page);
}

process_mark::~process_mark() { munmap(const_cast<unsigned char*>(d_mark), page_bytes()); }

} // namespace zcring
