// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace {

using zcring::unique_fd;
using zcring::wire_message;

class wire : public testing::Test
{
protected:
    void SetUp() override
    {
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        d_here = unique_fd(ends[0]);
        d_there = unique_fd(ends[1]);
    }

    int receive(unique_fd* fd) { return zcring::wire_receive(here(), d_message, fd, MSG_DONTWAIT); }
    int here() const { return d_here.get(); }
    int there() const { return d_there.get(); }

    // As another program may send them: any number of bytes and of descriptors.
    void send_raw(std::size_t bytes, int descriptors)
    {
        const int memory = memfd_create("test", MFD_CLOEXEC);
        alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
        char text[1024] = {};
        iovec part = { text, bytes };
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (descriptors) {
            const std::size_t length = static_cast<std::size_t>(descriptors) * sizeof(int);
            header.msg_control = control;
            header.msg_controllen = CMSG_SPACE(length);
            cmsghdr* c = CMSG_FIRSTHDR(&header);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(length);
            for (int i = 0; i < descriptors; i++)
                std::memcpy(CMSG_DATA(c) + static_cast<std::size_t>(i) * sizeof(int),
                            &memory,
                            sizeof(memory));
        }
        ASSERT_EQ(sendmsg(there(), &header, MSG_NOSIGNAL), static_cast<ssize_t>(bytes));
        close(memory);
    }

    static std::size_t open_descriptors()
    {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    unique_fd d_here;
    unique_fd d_there;
    wire_message d_message;
};

TEST_F(wire, a_message_arrives_as_it_was_sent)
{
    wire_message sent;
    sent.length = 20;
    for (std::size_t i = 0; i < sent.length; i++)
        sent.bytes[i] = static_cast<std::byte>(i);
    ASSERT_EQ(zcring::wire_send(there(), sent, -1, 0), 0);
    unique_fd fd;
    ASSERT_EQ(receive(&fd), 0);
    EXPECT_EQ(d_message.length, sent.length);
    EXPECT_EQ(std::memcmp(d_message.bytes, sent.bytes, sent.length), 0);
    EXPECT_FALSE(fd);
}

TEST_F(wire, a_descriptor_comes_with_a_message_and_is_closed_on_exec)
{
    const unique_fd memory(memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(memory.get(), 12345), 0);
    wire_message sent{};
    sent.length = sizeof(zcring::wire_answer);
    ASSERT_EQ(zcring::wire_send(there(), sent, memory.get(), 0), 0);
    unique_fd fd;
    ASSERT_EQ(receive(&fd), 0);
    ASSERT_TRUE(fd);
    EXPECT_EQ(lseek(fd.get(), 0, SEEK_END), 12345);
    EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(wire, a_message_of_the_wrong_length_is_refused_with_its_descriptor)
{
    const std::size_t before = open_descriptors();
    for (const std::size_t bytes :
         { std::size_t(1), sizeof(zcring::wire_answer) - 1, zcring::wire_message_bytes_max + 1 }) {
        send_raw(bytes, 1);
        unique_fd fd;
        EXPECT_EQ(receive(&fd), EPROTO) << bytes;
        EXPECT_FALSE(fd);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(wire, a_descriptor_too_many_is_refused_and_none_stays_open)
{
    const std::size_t before = open_descriptors();
    for (const int descriptors : { 2, 3 }) {
        send_raw(8, descriptors);
        unique_fd fd;
        EXPECT_EQ(receive(&fd), EPROTO) << descriptors;
        EXPECT_FALSE(fd);
    }
    send_raw(8, 1);
    EXPECT_EQ(receive(nullptr), EPROTO);
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(wire, the_end_of_the_other_side_is_told_after_its_last_message)
{
    send_raw(8, 0);
    EXPECT_EQ(receive(nullptr), 0);
    EXPECT_EQ(receive(nullptr), EAGAIN);
    send_raw(8, 0);
    d_there = unique_fd();
    EXPECT_EQ(receive(nullptr), 0);
    EXPECT_EQ(receive(nullptr), ECONNRESET);
    EXPECT_EQ(zcring::wire_send(here(), d_message, -1, 0), EPIPE); // and no SIGPIPE
}

TEST(wire_lengths, are_those_of_the_structs)
{
    EXPECT_EQ(zcring::wire_argument_bytes(ZCRING_IOC_ATTACH), sizeof(zcring_attach));
    EXPECT_EQ(zcring::wire_result_bytes(ZCRING_IOC_ATTACH), sizeof(zcring_attach));
    EXPECT_EQ(zcring::wire_argument_bytes(ZCRING_IOC_START), sizeof(zcring_start));
    EXPECT_EQ(zcring::wire_result_bytes(ZCRING_IOC_START), 0u);
    EXPECT_EQ(zcring::wire_argument_bytes(ZCRING_IOC_GET_INFO), 0u);
    EXPECT_EQ(zcring::wire_result_bytes(ZCRING_IOC_GET_INFO), sizeof(zcring_info));
    EXPECT_EQ(zcring::wire_argument_bytes(ZCRING_IOC_STOP), 0u);
    EXPECT_EQ(zcring::wire_result_bytes(ZCRING_IOC_STOP), 0u);
}

} // namespace
