// SPDX-License-Identifier: GPL-3.0-or-later
#include "workers.h"

#include <sys/prctl.h>

#include <algorithm>
#include <csignal>

namespace zcring::server {

namespace {

constexpr std::uint64_t grid_ns = 125000;

} // namespace

signals_blocked::signals_blocked()
{
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP })
        sigdelset(&blocked, fault);
    pthread_sigmask(SIG_SETMASK, &blocked, &d_before);
}

signals_blocked::~signals_blocked() { pthread_sigmask(SIG_SETMASK, &d_before, nullptr); }

std::uint64_t on_grid(std::uint64_t ns) { return (ns + grid_ns - 1) / grid_ns * grid_ns; }

class workers::worker final
{
public:
    worker(std::uint64_t (*now)(void*), void* context) : d_now(now), d_context(context)
    {
        const signals_blocked block;
        d_thread = std::thread([this] { run(); });
    }

    void add(std::shared_ptr<turner> t, std::uint64_t due_ns)
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_load++;
            push({ on_grid(due_ns), std::move(t) });
        }
        d_changed.notify_one();
    }

    //! The entry's part, which is destroyed without the lock; null if it does not wait here.
    std::shared_ptr<turner> remove(const turner& t)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = std::find_if(
            d_heap.begin(), d_heap.end(), [&t](const entry& e) { return e.what.get() == &t; });
        if (found == d_heap.end())
            return nullptr;
        std::shared_ptr<turner> removed = std::move(found->what);
        d_heap.erase(found);
        std::make_heap(d_heap.begin(), d_heap.end());
        d_load--;
        return removed;
    }

    std::size_t load()
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        return d_load;
    }

    void end()
    {
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            d_quit = true;
        }
        d_changed.notify_one();
        if (d_thread.joinable())
            d_thread.join();
        d_heap.clear();
    }

private:
    struct entry {
        std::uint64_t due_ns;
        std::shared_ptr<turner> what;
        bool operator<(const entry& other) const { return due_ns > other.due_ns; } // least first
    };

    void push(entry e)
    {
        d_heap.push_back(std::move(e));
        std::push_heap(d_heap.begin(), d_heap.end());
    }

    entry pop()
    {
        std::pop_heap(d_heap.begin(), d_heap.end());
        entry e = std::move(d_heap.back());
        d_heap.pop_back();
        return e;
    }

    //! Takes all that are due, at \p now of CLOCK_BOOTTIME; false at the end.
    bool wait(std::vector<entry>& batch, std::uint64_t& now)
    {
        std::unique_lock<std::mutex> lock(d_mutex);
        for (;;) {
            if (d_quit)
                return false;
            if (d_heap.empty()) {
                d_changed.wait(lock);
                continue;
            }
            now = clock_ns(CLOCK_BOOTTIME);
            const std::uint64_t due = d_heap.front().due_ns;
            if (due > now) {
                d_changed.wait_for(lock, std::chrono::nanoseconds(due - now));
                continue;
            }
            while (!d_heap.empty() && d_heap.front().due_ns <= now)
                batch.push_back(pop());
            return true;
        }
    }

    // Those that have work left go behind all others. The antenna's "now" may be a while ago: those that
    // have no work left before it wait for the next point of the grid all the same.
    void run()
    {
        prctl(PR_SET_TIMERSLACK, 1); // ns, for this thread; the default delays a wake-up by 50 us
        std::vector<entry> batch;
        std::uint64_t began = 0;
        while (wait(batch, began)) {
            const std::uint64_t now = d_now(d_context);
            const time_asleep machine = measure_time_asleep();
            for (entry& e : batch) {
                const std::uint64_t next = e.what->turn(now, machine);
                e.due_ns = next > now ? on_grid(std::max(next, began + 1)) : next;
            }
            {
                const std::lock_guard<std::mutex> lock(d_mutex);
                for (entry& e : batch) {
                    if (e.due_ns)
                        push(std::move(e));
                    else
                        d_load--;
                }
            }
            batch.clear();
        }
    }

    std::uint64_t (*const d_now)(void*);
    void* const d_context;
    std::mutex d_mutex;
    std::condition_variable d_changed;
    std::vector<entry> d_heap;
    std::size_t d_load = 0; //!< in the heap, or having a turn
    bool d_quit = false;
    std::thread d_thread;
};

workers::workers(unsigned count, std::uint64_t (*now)(void*), void* context)
{
    if (!count)
        count = std::max(std::thread::hardware_concurrency(), 1u);
    for (unsigned k = 0; k < count; k++)
        d_workers.push_back(std::make_unique<worker>(now, context));
}

workers::~workers() { end(); }

void workers::end()
{
    for (const auto& w : d_workers)
        w->end();
}

void workers::add(std::shared_ptr<turner> t, std::uint64_t due_ns)
{
    worker* least = nullptr;
    for (const auto& w : d_workers)
        if (!least || w->load() < least->load())
            least = w.get();
    least->add(std::move(t), due_ns);
}

void workers::remove(const turner& t)
{
    for (const auto& w : d_workers)
        if (w->remove(t))
            return;
}

} // namespace zcring::server
