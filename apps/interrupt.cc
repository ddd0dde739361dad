// SPDX-License-Identifier: GPL-3.0-or-later
//
// Turns Ctrl-C into an orderly end of a run. The handler only sets a flag, and wakes the reader or
// writes to the eventfd, which a handler may do. Both signals are blocked wherever there is nothing
// to wake.
#include "interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace app {

namespace {

// For the handler, which runs in the thread that owns the interrupt.
volatile std::sig_atomic_t signal_came;
zcring::reader* reader_to_wake;
int fd_to_wake;

void on_signal(int)
{
    const int error = errno;
    signal_came = 1;
    if (reader_to_wake)
        reader_to_wake->wake();
    else
        eventfd_write(fd_to_wake, 1);
    errno = error;
}

int new_eventfd()
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        throw std::system_error(
            errno, std::generic_category(), "cannot make an eventfd; close some files");
    return fd;
}

void mask(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(how, &signals, nullptr);
}

void set_handler(void (*handler)(int), int flags)
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

} // namespace

blocked_signals::blocked_signals() { mask(SIG_BLOCK); }
blocked_signals::~blocked_signals() { mask(SIG_UNBLOCK); }

interrupt::interrupt(zcring::reader& to_wake)
{
    signal_came = 0;
    reader_to_wake = &to_wake;
    set_handler(on_signal, static_cast<int>(SA_RESETHAND));
    mask(SIG_UNBLOCK);
}

interrupt::interrupt() : d_fd(new_eventfd())
{
    signal_came = 0;
    reader_to_wake = nullptr;
    fd_to_wake = d_fd;
    set_handler(on_signal, static_cast<int>(SA_RESETHAND));
    mask(SIG_UNBLOCK);
}

interrupt::~interrupt()
{
    mask(SIG_BLOCK);
    set_handler(SIG_DFL, 0);
    if (d_fd >= 0)
        close(d_fd);
}

bool interrupt::came() const noexcept { return signal_came != 0; }

} // namespace app
