// SPDX-License-Identifier: GPL-3.0-or-later
//
// A server that sends what no server should: the client refuses it, says what to do, and keeps nothing.
#include "engine.h"
#include "socket_device.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace {

using namespace zcring;

// What a fake server does otherwise than a good one.
struct lies {
    std::uint32_t command = 0; //!< the request that is answered wrongly
    std::function<void(wire_message& answer, std::vector<int>& fds)> change;
    bool hangs_up = false; //!< in place of this answer
};

int memory(std::size_t bytes, unsigned seals)
{
    const int fd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && ftruncate(fd, static_cast<off_t>(bytes)) == 0)
        fcntl(fd, F_ADD_SEALS, seals);
    return fd;
}

// Serves one client after the other, in a thread, until it is destroyed.
class fake_server final
{
public:
    explicit fake_server(lies l) : d_lies(std::move(l))
    {
        std::string folder = (std::filesystem::temp_directory_path() / "zcring-XXXXXX").string();
        EXPECT_NE(mkdtemp(folder.data()), nullptr);
        d_folder = folder;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(bind(d_listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)),
                  0);
        EXPECT_EQ(listen(d_listener.get(), 8), 0);
        d_thread = std::thread([this] { serve(); });
    }
    ~fake_server()
    {
        shutdown(d_listener.get(), SHUT_RDWR);
        d_thread.join();
        std::filesystem::remove_all(d_folder);
    }
    std::string path() const { return d_folder + "/socket"; }

    zcring_meta* meta() { return static_cast<zcring_meta*>(d_meta.get()); }

private:
    void serve()
    {
        for (;;) {
            const unique_fd client(accept4(d_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client)
                return;
            wire_message message;
            while (wire_receive(client.get(), message, nullptr, 0) == 0 && answer(client, message))
                continue;
        }
    }

    bool answer(const unique_fd& client, const wire_message& request)
    {
        wire_request header{};
        std::memcpy(&header, request.bytes, sizeof(header));
        wire_message reply{};
        std::vector<int> fds;
        const wire_answer good = { header.command, 0 };
        std::memcpy(reply.bytes, &good, sizeof(good));
        if (wire_argument_bytes(header.command))
            std::memcpy(reply.argument(), request.argument(), wire_argument_bytes(header.command));
        reply.length = sizeof(good) + wire_result_bytes(header.command);
        fill(header.command, reply, fds);
        if (header.command == d_lies.command) {
            if (d_lies.hangs_up) {
                for (const int fd : fds)
                    close(fd);
                return false;
            }
            d_lies.change(reply, fds);
        }
        send(client, reply, fds);
        return true;
    }

    void fill(std::uint32_t command, wire_message& reply, std::vector<int>& fds)
    {
        if (command == ZCRING_IOC_ATTACH) {
            int ends[2] = { -1, -1 };
            EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
            d_pipe = unique_fd(ends[1]);
            fds.push_back(ends[0]);
        } else if (command == ZCRING_IOC_GET_INFO) {
            auto* info = reinterpret_cast<zcring_info*>(reply.argument());
            info->abi_version = ZCRING_ABI_VERSION;
            info->channels = 1;
            info->format = ZCRING_FORMAT_SC16;
            info->sample_bytes = 4;
            info->burst_bytes = sizeof(zcring_burst);
            info->ring_samples = 4096;
            info->burst_slots = 16;
        } else if (command == ZCRING_IOC_GET_CONFIG) {
            zcring_config_default(reinterpret_cast<zcring_config*>(reply.argument()));
        } else if (command == ZCRING_IOC_GET_REGION) {
            auto* region = reinterpret_cast<zcring_region*>(reply.argument());
            region->length = region->map_length = region->region == ZCRING_DATA ? 16384 : 4096;
            fds.push_back(memory(region->length, F_SEAL_SHRINK | F_SEAL_GROW));
            if (region->region == ZCRING_META) {
                d_meta = mapping(fds.back(), 4096, 1u);
                meta()->magic = ZCRING_MAGIC;
                meta()->state = ZCRING_STATE_RUNNING;
            }
        }
    }

    static void send(const unique_fd& client, const wire_message& reply, std::vector<int>& fds)
    {
        alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
        iovec part = { const_cast<std::byte*>(reply.bytes), reply.length };
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (!fds.empty()) {
            header.msg_control = control;
            header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
            cmsghdr* c = CMSG_FIRSTHDR(&header);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
            std::memcpy(CMSG_DATA(c), fds.data(), fds.size() * sizeof(int));
        }
        sendmsg(client.get(), &header, MSG_NOSIGNAL);
        for (const int fd : fds)
            close(fd);
    }

    lies d_lies;
    std::string d_folder;
    unique_fd d_listener{ socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) };
    unique_fd d_pipe;
    mapping d_meta;
    std::thread d_thread;
};

arguments device_at(const fake_server& server)
{
    arguments a;
    a.device = server.path();
    return a;
}

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t mapped_rings()
{
    std::ifstream maps("/proc/self/maps");
    std::size_t n = 0;
    for (std::string line; std::getline(maps, line);)
        n += line.find("/memfd:fake") != std::string::npos;
    return n;
}

// Opens and maps a device of a server that lies, which must be refused with that error and text.
void expect_refusal(lies l, int error, const char* text)
{
    const std::size_t before = open_descriptors();
    {
        fake_server server(std::move(l));
        try {
            socket_device dev(device_at(server));
            dev.map();
            ADD_FAILURE() << "not refused: " << text;
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code().value(), error) << e.what();
            EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find(server.path()), std::string::npos) << e.what();
        }
    }
    EXPECT_EQ(open_descriptors(), before) << text;
    EXPECT_EQ(mapped_rings(), 0u) << text;
}

void expect_refused_memory(const std::function<int(zcring_region&)>& make, const char* text)
{
    const auto change = [make](wire_message& answer, std::vector<int>& fds) {
        close(fds.at(0));
        fds[0] = make(*reinterpret_cast<zcring_region*>(answer.argument()));
    };
    expect_refusal({ ZCRING_IOC_GET_REGION, change }, EPROTO, text);
}

TEST(HostileServer, ThatIsGoodIsNotRefused)
{
    fake_server server({});
    socket_device dev(device_at(server));
    dev.map();
    EXPECT_EQ(dev.mapped().ring_samples, 4096u);
}

TEST(HostileServer, SendsMemoryThatCouldVanish)
{
    expect_refused_memory([](zcring_region& r) { return memory(r.length, F_SEAL_GROW); }, "sealed");
    expect_refused_memory([](zcring_region& r) { return memory(r.length - 1, F_SEAL_SHRINK); },
                          "shorter");
    expect_refused_memory([](zcring_region&) { return open("/dev/zero", O_RDWR | O_CLOEXEC); },
                          "sealed");
    expect_refused_memory(
        [](zcring_region& r) {
            r.length = r.map_length = 12345;
            return memory(16384, F_SEAL_SHRINK);
        },
        "length");
    expect_refused_memory(
        [](zcring_region& r) {
            r.offset = 4096;
            return memory(65536, F_SEAL_SHRINK);
        },
        "length");
    expect_refused_memory(
        [](zcring_region& r) {
            r.length = r.map_length = r.region == ZCRING_DATA ? 32768 : 4096;
            const int fd = memory(r.length, F_SEAL_SHRINK);
            static_cast<void>(pwrite(fd, "\x01\x00\x5a\x43\x52\x49\x4e\x47", 8, 0) <
                              0); // ZCRING_MAGIC
            return fd;
        },
        "another length");
}

TEST(HostileServer, SendsAnswersThatDoNotFit)
{
    const auto refuse = [](std::uint32_t command, auto change) {
        expect_refusal({ command, change }, EPROTO, "not a zcring server");
    };
    for (const std::uint32_t command : { ZCRING_IOC_ATTACH, ZCRING_IOC_GET_INFO }) {
        refuse(command, [](wire_message& m, std::vector<int>&) { m.length -= 1; });
        refuse(command, [](wire_message& m, std::vector<int>&) { m.length += 1; });
        refuse(command, [](wire_message& m, std::vector<int>&) { m.length = 8; });
        refuse(command, [](wire_message& m, std::vector<int>&) { m.length = 3; });
        refuse(command, [](wire_message& m, std::vector<int>&) { m.bytes[0] ^= std::byte(1); });
        refuse(command, [](wire_message& m, std::vector<int>&) { m.bytes[7] = std::byte(0x80); });
    }
    refuse(ZCRING_IOC_ATTACH, [](wire_message&, std::vector<int>& fds) { fds.push_back(dup(0)); });
    refuse(ZCRING_IOC_GET_INFO,
           [](wire_message&, std::vector<int>& fds) { fds.push_back(dup(0)); });
    refuse(ZCRING_IOC_ATTACH, [](wire_message&, std::vector<int>& fds) {
        close(fds.at(0));
        fds.clear();
    });
    refuse(ZCRING_IOC_ATTACH, [](wire_message&, std::vector<int>& fds) {
        close(fds.at(0));
        fds[0] = memory(4096, 0);
    });
}

TEST(HostileServer, DescribesARingThatCannotBe)
{
    const auto refuse = [](auto change, int error, const char* text) {
        expect_refusal({ ZCRING_IOC_GET_INFO,
                         [change](wire_message& m, std::vector<int>&) {
                             change(*reinterpret_cast<zcring_info*>(m.argument()));
                         } },
                       error,
                       text);
    };
    refuse([](zcring_info& i) { i.abi_version++; }, ENOTTY, "another version");
    refuse([](zcring_info& i) { i.ring_samples = 4095; }, EPROTO, "power of two");
    refuse([](zcring_info& i) { i.channels = 9; }, EPROTO, "channels");
    refuse([](zcring_info& i) { i.burst_bytes = 8; }, EPROTO, "descriptors");
    refuse([](zcring_info& i) { i.burst_slots = 32; }, EPROTO, "another length");
}

TEST(HostileServer, HangsUpInMidCall)
{
    for (const std::uint32_t command :
         { ZCRING_IOC_ATTACH, ZCRING_IOC_GET_INFO, ZCRING_IOC_GET_REGION })
        expect_refusal({ command, {}, true }, ENODEV, "gone");
}

TEST(HostileServer, ThatIsNotThereIsNamed)
{
    arguments a;
    a.device = "/nonexistent/socket";
    try {
        socket_device dev(a);
        FAIL();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), ENOENT);
        EXPECT_NE(std::string(e.what()).find("zcring serve"), std::string::npos) << e.what();
    }
}

// What was published stays, at the same address, and then the device is gone.
TEST(HostileServer, ThatHangsUpIsADeviceThatIsGone)
{
    fake_server server({ ZCRING_IOC_GET_TELEMETRY, {}, true });
    socket_device dev(device_at(server));
    dev.map();
    const backend::pages& pages = dev.mapped();
    zcring_store(&server.meta()->head, 77);
    EXPECT_EQ(zcring_ring_load_state(pages.meta), std::uint32_t{ ZCRING_STATE_RUNNING });
    std::thread sleeper([&] { dev.wait(1000, -1, -1); });
    EXPECT_THROW(dev.telemetry(), std::system_error);
    sleeper.join(); // the hang-up wakes it
    EXPECT_EQ(zcring_ring_load_state(pages.meta), std::uint32_t{ ZCRING_STATE_GONE });
    EXPECT_EQ(zcring_ring_load_head(pages.meta), 77u);
    try {
        dev.tuning();
        FAIL();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code().value(), ENODEV);
    }
}

} // namespace
