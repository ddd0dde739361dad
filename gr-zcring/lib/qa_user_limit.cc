/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// user_limit, with each version of the runtime played by the test.
#include "user_limit.h"

#include <boost/test/unit_test.hpp>

using gr::zcring::user_limit;

namespace {

// gr::block's variable for the largest size of a buffer, and what the runtime does with it.
struct limit_of_a_block {
    explicit limit_of_a_block(bool always) : runtime_always_writes(always) {}

    void block_writes(long limit)
    {
        users.observe(variable);
        users.wrote(limit);
        variable = limit;
    }
    void runtime_makes_a_buffer(long size)
    {
        if (runtime_always_writes || (variable != -1 && variable != size))
            variable = size;
        users.buffer_made(variable, size);
        users.observe(variable);
        block_writes(users.users());
    }

    const bool runtime_always_writes; // 3.10.5 does, 3.10.12 does not
    long variable = -1;
    user_limit users;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_users_limit_survives_what_block_and_runtime_write)
{
    for (const bool always : { true, false }) {
        limit_of_a_block limit(always);
        limit.variable = 4096; // the user
        for (int flowgraph = 0; flowgraph < 3; flowgraph++) {
            limit.block_writes(-1);
            limit.runtime_makes_a_buffer(524288);
            BOOST_CHECK_EQUAL(limit.users.users(), 4096);
            limit.block_writes(1);
            limit.runtime_makes_a_buffer(512); // whole pages
            BOOST_CHECK_EQUAL(limit.users.users(), 4096);
        }
        for (const long users : { 8192, -1, 1024 }) {
            limit.variable = users; // the user again
            limit.block_writes(-1);
            limit.runtime_makes_a_buffer(524288);
            BOOST_CHECK_EQUAL(limit.users.users(), users);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_the_runtime_wrote_is_no_users_limit)
{
    for (const bool always : { true, false }) {
        limit_of_a_block limit(always);
        for (int flowgraph = 0; flowgraph < 3; flowgraph++) {
            limit.block_writes(-1);
            limit.runtime_makes_a_buffer(65536);
            BOOST_CHECK_EQUAL(limit.users.users(), -1);
        }
        limit.variable = 4096; // the user, while the flowgraph runs
        limit.block_writes(-1);
        BOOST_CHECK_EQUAL(limit.users.users(), 4096);
    }
}
