// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "command_backend.h"
#include "mapping.h"
#include "server_connection.h"
#include <zcring/arguments.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace zcring {

/*!
 * \brief A receiver of a server (`zcring serve`): the calls go over a socket, the samples through
 * memory that both map.
 *
 * A server that ends, or closes the connection, is a device that is gone: the metadata page is replaced
 * by a private copy that says so, and what was published before can still be read.
 */
class socket_device final : public command_backend
{
public:
    //! Connects to the server `device` of \p a and gets a receiver; `member`, `quorum` and `patience`
    //! are its part in a free-pace stream.
    explicit socket_device(const arguments& a);

    const std::string& name() const noexcept override { return d_name; }
    std::uint64_t receiver() const noexcept override { return connection()->receiver(); }
    const pages& mapped() const noexcept override { return d_pages; }
    void configure(const zcring_config& config) override;
    void set_scene(const zcring_scene& scene, scene_content content) override;
    void map() override;
    void start(const zcring_start& options) override;
    void inject(zcring_injection kind, std::int64_t amount) override;
    void unplug() override;
    void plug() override;
    void reopen(const reopening& steps) override;
    void wait(std::uint64_t watermark, int wake_fd, std::int64_t timeout_ns) noexcept override;
    void produce(std::uint64_t head) noexcept override;

private:
    socket_device(const std::string& name, const zcring_attach& attach);

    std::shared_ptr<server_connection> connection() const noexcept;
    int try_call(std::uint32_t command, void* argument) const noexcept;
    void call(std::uint32_t command, void* argument, const char* what) const override;
    const std::byte* map_region(unsigned region, unsigned channel, std::uint64_t bytes);
    void lose(const server_connection& lost) const noexcept;

    const std::string d_name;
    const zcring_attach d_attach;
    pages d_pages;
    bool d_has_free_pace = false;
    std::atomic<std::uint64_t> d_first_index{ 0 }; //!< of the stream
    std::atomic<std::uint64_t> d_told_burst{ 0 };  //!< when produce() told the server the last time

    // Guards the connection, and the replacement of the memory: reopen() gives both.
    mutable std::mutex d_mutex;
    std::shared_ptr<server_connection> d_connection;
    mutable std::vector<mapping> d_mappings;   //!< the metadata page first
    mutable mapping d_gone;                    //!< takes its place when the server is gone
    std::atomic<bool> d_is_unplugged{ false }; //!< by unplug()
};

} // namespace zcring
