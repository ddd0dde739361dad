// SPDX-License-Identifier: GPL-3.0-or-later
#include "late_closer.h"

#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace zcring::server {

struct late_closer::queues {
    //! Until the queue of the user is empty.
    void close_all(uid_t user)
    {
        std::unique_lock<std::mutex> lock(mutex);
        std::deque<unique_fd>& mine = of_user[user];
        while (!mine.empty()) {
            unique_fd fd = std::move(mine.front());
            lock.unlock();
            fd = unique_fd();
            lock.lock();
            mine.pop_front(); // now, so that it counts as waiting while it is being closed
        }
        of_user.erase(user);
    }

    std::mutex mutex;
    std::map<uid_t, std::deque<unique_fd>> of_user; //!< each has a thread
};

late_closer::late_closer() : d_queues(std::make_shared<queues>()) {}
late_closer::~late_closer() = default;

void late_closer::start_thread(uid_t user)
{
    try {
        std::thread([all = d_queues, user] { all->close_all(user); }).detach();
    } catch (...) {
        d_queues->of_user.erase(user); // closes them in this thread after all
        throw;
    }
}

void late_closer::close(unique_fd fd, uid_t user) noexcept
{
    try {
        const std::lock_guard<std::mutex> lock(d_queues->mutex);
        const auto [queue, is_new] = d_queues->of_user.try_emplace(user);
        queue->second.push_back(std::move(fd));
        if (is_new)
            start_thread(user);
    } catch (const std::exception&) {
        // No memory or no thread: it is closed in this thread.
    }
}

std::size_t late_closer::waiting(uid_t user) const
{
    const std::lock_guard<std::mutex> lock(d_queues->mutex);
    const auto found = d_queues->of_user.find(user);
    return found == d_queues->of_user.end() ? 0 : found->second.size();
}

} // namespace zcring::server
