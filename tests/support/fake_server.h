// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A server that answers as a test wants, right or wrong. It has one receiver, which never streams
 * by itself.
 */
#pragma once

#include "engine.h"
#include "mapping.h"
#include "wire.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace zcring_test {

//! An answer before it is sent. A test may change all of it.
struct fake_answer {
    std::uint32_t command = 0;
    std::int32_t error = 0;
    std::vector<std::byte> result;       //!< the struct of the command
    std::vector<zcring::unique_fd> sent; //!< descriptors
    bool hangs_up = false;               //!< instead of the answer

    //! The result as a struct of the ABI.
    template <class T>
    T& as()
    {
        return *reinterpret_cast<T*>(result.data());
    }
};

//! Memory as a server hands it out, or not quite: its length and its seals are as a test wants.
inline zcring::unique_fd fake_memory(std::size_t bytes, int seals)
{
    zcring::unique_fd fd(memfd_create("zcring-fake", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, seals), 0);
    return fd;
}

class fake_server final
{
public:
    //! Called in the server's thread for each answer.
    using change = std::function<void(fake_answer& answer)>;

    explicit fake_server(std::string path)
        : d_path(std::move(path)), d_stop(eventfd(0, EFD_CLOEXEC))
    {
        zcring_config_default(&d_config);
        d_config.ring_bytes = ring_bytes;
        set_up_memory();
        listen();
    }
    ~fake_server() { end(); }
    fake_server(const fake_server&) = delete;
    fake_server& operator=(const fake_server&) = delete;

    const std::string& path() const { return d_path; }
    std::string arguments() const { return "device=" + d_path + ",ring_bytes=65536"; }
    unsigned connections() const { return d_connections; }
    //! Those that have ended, too.
    unsigned all_connections() const { return d_all_connections; }

    void change_answers(change c)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        d_change = std::move(c);
    }

    void listen()
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        ASSERT_LT(d_path.size(), sizeof(address.sun_path));
        std::memcpy(address.sun_path, d_path.c_str(), d_path.size());
        d_listener = zcring::unique_fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        ASSERT_EQ(bind(d_listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)),
                  0);
        ASSERT_EQ(::listen(d_listener.get(), 8), 0);
        d_thread = std::thread([this] { run(); });
    }

    //! As a server that is killed, but its socket is removed as well.
    void end()
    {
        if (!d_thread.joinable())
            return;
        eventfd_write(d_stop.get(), 1);
        d_thread.join();
        eventfd_t count = 0;
        eventfd_read(d_stop.get(), &count);
        d_listener = zcring::unique_fd();
        std::filesystem::remove(d_path);
    }

    //! The pages that the client reads.
    zcring_meta& meta() { return *static_cast<zcring_meta*>(d_memory[ZCRING_META].mapped.get()); }
    zcring_burst& burst(unsigned i)
    {
        return static_cast<zcring_burst*>(d_memory[ZCRING_BURSTS].mapped.get())[i];
    }
    const zcring_consumer& consumer()
    {
        return *static_cast<zcring_consumer*>(d_memory[ZCRING_CONSUMER].mapped.get());
    }

    static constexpr std::uint64_t ring_bytes = 65536;
    static constexpr std::uint64_t ring_samples = ring_bytes / 4;
    static constexpr std::uint64_t burst_slots = 64;

private:
    struct shared {
        zcring::unique_fd fd;
        zcring::mapping mapped;
        std::size_t bytes = 0;
    };

    struct client {
        zcring::unique_fd socket;
        zcring::unique_fd wakes; //!< the write end of its pipe
    };

    void set_up_memory()
    {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::pair<unsigned, std::size_t> regions[] = {
            { ZCRING_META, page },
            { ZCRING_CONSUMER, page },
            { ZCRING_BURSTS, burst_slots * sizeof(zcring_burst) },
            { ZCRING_DATA, ring_bytes },
        };
        for (const auto& [region, bytes] : regions) {
            shared& s = d_memory[region];
            s.fd = fake_memory(bytes, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
            s.mapped = zcring::mapping(s.fd.get(), bytes, 1);
            s.bytes = bytes;
        }
        meta().magic = ZCRING_MAGIC;
        meta().abi_version = ZCRING_ABI_VERSION;
        meta().state = ZCRING_STATE_STOPPED;
    }

    zcring_info info() const
    {
        zcring_info i{};
        i.abi_version = ZCRING_ABI_VERSION;
        i.role = ZCRING_ROLE_RADIO;
        i.channels = d_config.channels;
        i.format = d_config.format;
        i.sample_bytes = zcring_sample_bytes(d_config.format);
        i.ring_samples = d_config.ring_bytes / i.sample_bytes;
        i.burst_slots = burst_slots;
        i.burst_bytes = sizeof(zcring_burst);
        return i;
    }

    void serve_region(fake_answer& answer)
    {
        auto& region = answer.as<zcring_region>();
        const shared& s = d_memory[region.region];
        region.length = region.map_length = s.bytes;
        answer.sent.emplace_back(fcntl(s.fd.get(), F_DUPFD_CLOEXEC, 0));
    }

    void serve(client& from, fake_answer& answer)
    {
        switch (answer.command) {
        case ZCRING_IOC_ATTACH: {
            int ends[2] = { -1, -1 };
            EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
            answer.sent.emplace_back(ends[0]);
            from.wakes = zcring::unique_fd(ends[1]);
            answer.as<zcring_attach>().receiver = 7;
            break;
        }
        case ZCRING_IOC_GET_INFO:
            answer.as<zcring_info>() = info();
            break;
        case ZCRING_IOC_GET_CONFIG:
            answer.as<zcring_config>() = d_config;
            break;
        case ZCRING_IOC_SET_CONFIG:
            break;
        case ZCRING_IOC_GET_REGION:
            serve_region(answer);
            break;
        case ZCRING_IOC_GET_TUNING:
            answer.as<zcring_tuning>().rate_num = 1000000;
            answer.as<zcring_tuning>().rate_den = 1;
            break;
        case ZCRING_IOC_START:
            zcring_ring_store_state(&meta(), ZCRING_STATE_RUNNING, 0, 0);
            break;
        }
    }

    static void send(int socket, const fake_answer& answer)
    {
        const zcring::wire_answer head = { answer.command, answer.error };
        std::vector<char> bytes(sizeof(head) + answer.result.size());
        std::memcpy(bytes.data(), &head, sizeof(head));
        if (!answer.result.empty())
            std::memcpy(bytes.data() + sizeof(head), answer.result.data(), answer.result.size());
        alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
        iovec part = { bytes.data(), bytes.size() };
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (!answer.sent.empty()) {
            header.msg_control = control;
            header.msg_controllen = CMSG_SPACE(answer.sent.size() * sizeof(int));
            cmsghdr* c = CMSG_FIRSTHDR(&header);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(answer.sent.size() * sizeof(int));
            for (std::size_t i = 0; i < answer.sent.size(); i++) {
                const int fd = answer.sent[i].get();
                std::memcpy(CMSG_DATA(c) + i * sizeof(fd), &fd, sizeof(fd));
            }
        }
        sendmsg(socket, &header, MSG_NOSIGNAL); // the client may be gone
    }

    // Whether the connection goes on.
    bool answer(client& from)
    {
        alignas(8) std::byte request[zcring::wire_message_bytes_max];
        const ssize_t received = recv(from.socket.get(), request, sizeof(request), 0);
        zcring::wire_request head{};
        if (received < static_cast<ssize_t>(sizeof(head)))
            return false;
        std::memcpy(&head, request, sizeof(head));
        fake_answer answer;
        answer.command = head.command;
        answer.result.resize(zcring::wire_result_bytes(head.command));
        if (zcring::wire_argument_bytes(head.command) && !answer.result.empty())
            std::memcpy(answer.result.data(), request + sizeof(head), answer.result.size());
        serve(from, answer);
        {
            const std::lock_guard<std::mutex> lock(d_mutex);
            if (d_change)
                d_change(answer);
        }
        if (!answer.hangs_up)
            send(from.socket.get(), answer);
        return !answer.hangs_up;
    }

    void run()
    {
        std::vector<client> clients;
        for (;;) {
            std::vector<pollfd> fds = { { d_stop.get(), POLLIN, 0 },
                                        { d_listener.get(), POLLIN, 0 } };
            for (const client& c : clients)
                fds.push_back({ c.socket.get(), POLLIN, 0 });
            if (poll(fds.data(), fds.size(), -1) <= 0)
                continue;
            if (fds[0].revents)
                return;
            for (std::size_t i = clients.size(); i-- > 0;)
                if (fds[i + 2].revents && !answer(clients[i]))
                    clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
            if (fds[1].revents) {
                clients.emplace_back();
                d_all_connections++;
                clients.back().socket =
                    zcring::unique_fd(accept4(d_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            }
            d_connections = static_cast<unsigned>(clients.size());
        }
    }

    const std::string d_path;
    const zcring::unique_fd d_stop;
    zcring::unique_fd d_listener;
    zcring_config d_config{};
    std::map<unsigned, shared> d_memory;
    std::mutex d_mutex; //!< guards d_change
    change d_change;
    std::atomic<unsigned> d_connections{ 0 };
    std::atomic<unsigned> d_all_connections{ 0 };
    std::thread d_thread;
};

} // namespace zcring_test
