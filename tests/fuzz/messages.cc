// SPDX-License-Identifier: GPL-3.0-or-later
//
// Messages of hostile clients, for libFuzzer: the parser and what it calls, on a fake air. The input is a
// list of messages of four clients of two users; see one_message(). tools/fuzz-messages runs it, and
// the test messages_corpus replays what it found.
#include "conversation.h"
#include "server/fake_ports.h"
#include "wire.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

using namespace zcring::server;
using zcring::unique_fd;
using zcring::wire_answer;
using zcring::wire_message;
using zcring::wire_request;

namespace {

constexpr std::uint32_t commands[] = {
    ZCRING_IOC_ATTACH,        ZCRING_IOC_GET_INFO,   ZCRING_IOC_GET_REGION, ZCRING_IOC_GET_CONFIG,
    ZCRING_IOC_SET_CONFIG,    ZCRING_IOC_SET_SCENE,  ZCRING_IOC_START,      ZCRING_IOC_STOP,
    ZCRING_IOC_CONTROL,       ZCRING_IOC_GET_TUNING, ZCRING_IOC_INJECT,     ZCRING_IOC_GET_RANGES,
    ZCRING_IOC_GET_TELEMETRY, ZCRING_IOC_GET_FEED,   ZCRING_IOC_FEED_UNTIL, ZCRING_IOC_FEED_END,
};
constexpr std::size_t clients = 4;
constexpr uid_t first_user = 1000;
constexpr std::uint64_t bytes_of_a_user = 1 << 20;

void check(bool holds, const char* what)
{
    if (holds)
        return;
    std::fprintf(stderr, "messages: %s\n", what);
    std::abort();
}

limits small()
{
    limits l;
    l.receivers = 3;
    l.user_connections = 2;
    l.user_observers = 1;
    l.user_bytes = bytes_of_a_user;
    l.user_rate = 20e6;
    return l;
}

// Takes what is left of the input.
class input
{
public:
    input(const std::uint8_t* data, std::size_t bytes) : d_next(data), d_end(data + bytes) {}
    bool is_empty() const { return d_next == d_end; }
    std::uint8_t byte() { return is_empty() ? 0 : *d_next++; }
    std::size_t take(std::byte* to, std::size_t bytes)
    {
        const std::size_t taken = std::min(bytes, static_cast<std::size_t>(d_end - d_next));
        std::memcpy(to, d_next, taken);
        d_next += taken;
        return taken;
    }

private:
    const std::uint8_t* d_next;
    const std::uint8_t* const d_end;
};

// Whatever was asked, the answer is one that a client can check.
void check_answer(const wire_message& request, const wire_message& answer, const unique_fd& fd)
{
    wire_request asked{};
    wire_answer status{};
    std::memcpy(&asked, request.bytes, sizeof(asked));
    std::memcpy(&status, answer.bytes, sizeof(status));
    check(status.command == asked.command, "the answer is to another command");
    check(status.error >= 0 && status.error < 4096, "the error is no errno");
    const std::size_t result = status.error ? 0 : zcring::wire_result_bytes(asked.command);
    check(answer.length == sizeof(status) + result, "the answer has a wrong length");
    check(!fd || status.error == 0, "a descriptor goes with an error");
    if (status.error == 0) {
        check(!asked.reserved, "a reserved word is accepted");
        check(request.length == sizeof(asked) + zcring::wire_argument_bytes(asked.command),
              "a wrong length is accepted");
        check(std::count(std::begin(commands), std::end(commands), asked.command),
              "an unknown command is accepted");
    }
}

// First byte: bits 0, 1 the client; bit 7: it leaves before; bit 6: a well-formed message, whose
// second byte is its command, and the next ones its argument. Otherwise the second byte is the length
// of a message, which follows.
wire_message read_message(input& in, std::uint8_t kind)
{
    wire_message request;
    if (kind & 0x40) {
        const wire_request header = { commands[in.byte() % std::size(commands)], 0 };
        std::memcpy(request.bytes, &header, sizeof(header));
        const std::size_t argument = zcring::wire_argument_bytes(header.command);
        std::memset(request.argument(), 0, argument);
        in.take(request.argument(), std::min<std::size_t>(argument, in.byte()));
        request.length = sizeof(header) + argument;
    } else {
        std::memset(request.bytes, 0, sizeof(request.bytes));
        const std::size_t length = sizeof(wire_request) + in.byte();
        in.take(request.bytes, length);
        request.length = length;
    }
    return request;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes)
{
    static memory_ledger ledger(bytes_of_a_user); // kept: to close what watches takes long
    {
        zcring_test::fake_ports ports;
        usage taken(small());
        std::unique_ptr<conversation> talks[clients];
        for (input in(data, bytes); !in.is_empty();) {
            const std::uint8_t kind = in.byte();
            const std::size_t client = kind % clients;
            std::unique_ptr<conversation>& talk = talks[client];
            if (kind & 0x80 || !talk) {
                talk.reset(); // before the next one takes its place among the connections
                talk =
                    std::make_unique<conversation>(ports, taken, ledger, first_user + client / 2);
                check(talk->take_connection() == 0, "a connection is not given back");
            }
            const wire_message request = read_message(in, kind);
            wire_message answer;
            unique_fd fd;
            talk->answer(request, answer, fd);
            check_answer(request, answer, fd);
            check(ports.receivers() <= small().receivers, "there are too many receivers");
            for (const uid_t user : { first_user, first_user + 1 })
                check(ledger.bytes(user) <= bytes_of_a_user, "a user has too much memory");
        }
        for (auto& talk : talks)
            talk.reset();
        check(ports.receivers() == 0, "a receiver stays without its client");
    }
    ledger.collect();
    for (const uid_t user : { first_user, first_user + 1 })
        check(ledger.bytes(user) == 0, "memory that nobody holds is charged");
    return 0;
}
