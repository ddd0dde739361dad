// SPDX-License-Identifier: GPL-3.0-or-later
//
// Free pace: when the antenna's clock moves. The rule is docs/design.md's, "Virtual time"; the model
// tests/model/serve.pml explores it. One thread applies the rule and makes the samples of all
// receivers, while their clients read.
#include "antenna.h"

#include "live_feed.h"
#include "radio.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>

namespace zcring::server {

namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

} // namespace

//! How all streams stand to the clock, at one look.
struct antenna::view {
    struct one {
        std::shared_ptr<radio> r;
        radio::outlook at;
    };
    std::vector<one> all;

    template <class Condition>
    std::size_t count(Condition condition) const
    {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](const one& o) { return condition(o.at); }));
    }
    std::size_t running() const
    {
        return count([](const radio::outlook& o) { return o.is_running; });
    }
    std::size_t running_members() const
    {
        return count([](const radio::outlook& o) { return o.is_running && o.is_member; });
    }
};

//! The clock at one look, and all who have begun to receive.
struct antenna::moment {
    std::vector<std::shared_ptr<radio>> receiving;
    std::shared_ptr<const scene_on_air> scene;
    std::int64_t clock = 0;
    std::uint64_t ns = 0;
};

// All that can begin do so together, at the clock.
void antenna::begin_waiting(view& v)
{
    if (d_scene->feed && (!d_scene->is_fed || d_scene->feed->is_over()))
        return;
    const std::size_t started = v.count(
        [](const radio::outlook& o) { return o.is_member && (o.is_waiting || o.is_running); });
    for (view::one& o : v.all) {
        if (!o.at.is_waiting || (o.at.is_member && started < o.at.quorum))
            continue;
        o.r->begin(d_virtual_ns);
        o.at = o.r->look();
    }
}

// The feeder is gone: when all that it wrote is received, the streams end by a fault.
bool antenna::end_lost_feed(const view& v)
{
    if (!d_scene->feed || !d_scene->is_fed || !d_scene->feed->is_lost())
        return false;
    if (d_scene->feed->promise() > d_clock && v.running())
        return false;
    for (const view::one& o : v.all)
        if (o.at.is_running && o.at.position + o.at.sample <= d_clock)
            return false;
    for (const view::one& o : v.all)
        o.r->fail(ZCRING_FAULT_CODE_FEED_LOST);
    make_feed_idle();
    return true;
}

// A member is full while its part of the limit is not beyond the clock.
bool antenna::demote_full(const view& v, std::int64_t promise)
{
    const std::size_t going_on = v.count([this](const radio::outlook& o) {
        return o.is_running && o.is_member && o.limit > d_clock;
    });
    const bool could_go_on = promise > d_clock && going_on;
    const std::uint64_t now = clock_ns(CLOCK_MONOTONIC);
    bool is_demoted = false;
    for (const view::one& o : v.all) {
        const bool is_full = o.at.is_running && o.at.is_member && o.at.limit <= d_clock;
        if (!is_full || !could_go_on || !o.at.patience_ns) {
            o.r->full_since_ns = 0;
        } else if (!o.r->full_since_ns) {
            o.r->full_since_ns = now;
        } else if (now - o.r->full_since_ns > o.at.patience_ns) {
            o.r->demote();
            is_demoted = true;
        }
    }
    return is_demoted;
}

void antenna::move_to(std::int64_t clock)
{
    if (d_scene->feed) {
        const std::int64_t from = d_scene->feed->clock();
        d_scene->feed->advance(clock, [&] { return from; });
        clock = d_scene->feed->clock();
        wake_feeder();
    }
    d_clock = clock;
    d_virtual_ns = d_scene->has_rate() ? clock_of_scene(1, 1).begin_of(clock)
                                       : d_scene_ns + static_cast<std::uint64_t>(clock);
}

// One look at all, and one move of the clock. True if it moved, or a stream began or ended.
bool antenna::go_on(moment& m)
{
    const turnstile_lock lock(d_lock);
    view v;
    for (const auto& [number, r] : d_radios)
        v.all.push_back({ r, r->look() });
    begin_waiting(v); // also what a lost feeder has written
    if (end_lost_feed(v)) {
        m = {};
        return true;
    }
    m = { {}, d_scene, d_clock, d_virtual_ns };
    for (const view::one& o : v.all)
        if (o.at.is_running)
            m.receiving.push_back(o.r);

    const live_feed* feed = d_scene->feed.get();
    const std::int64_t promise = feed ? feed->promise() : no_limit;
    std::int64_t limit = promise;
    for (const view::one& o : v.all) {
        if (!o.at.is_running)
            continue;
        if (o.at.is_member)
            limit = std::min(limit, o.at.limit);
        if (feed)
            limit = std::min(limit, o.at.position + feed->depth() / 2);
    }
    const bool is_draining = feed && feed->is_over() && v.running();
    if (!v.running_members() && !is_draining)
        return false;
    if (limit == no_limit)
        return false;
    const bool is_demoted = demote_full(v, promise);
    if (limit <= d_clock)
        return is_demoted;
    move_to(limit);
    m.clock = d_clock;
    m.ns = d_virtual_ns;
    return true;
}

// Without memory for a feed in place of a lost one, everything stays as it is until there is some.
bool antenna::try_to_go_on(moment& m)
try {
    return go_on(m);
} catch (const std::exception&) {
    m = {};
    return false;
}

// The clock stands: somebody kicks, or the thread looks at the tails and the feeder's words each
// millisecond while a stream runs.
void antenna::run()
{
    moment m;
    for (;;) {
        bool has_gone_on = try_to_go_on(m);
        for (const auto& r : m.receiving)
            has_gone_on |= r->take(m.scene.get(), m.clock, m.ns);
        if (!has_gone_on)
            for (const auto& r : m.receiving)
                r->wake_reader();
        std::unique_lock<std::mutex> lock(d_kick_mutex);
        const auto is_kicked = [this] { return d_is_kicked || d_quit; };
        if (!has_gone_on && !is_kicked()) {
            if (m.receiving.empty())
                d_kick.wait(lock, is_kicked);
            else
                d_kick.wait_for(lock, std::chrono::milliseconds(1), is_kicked);
        }
        if (d_quit)
            return;
        d_is_kicked = false;
    }
}

void antenna::kick()
{
    if (!d_is_free)
        return;
    {
        const std::lock_guard<std::mutex> lock(d_kick_mutex);
        d_is_kicked = true;
    }
    d_kick.notify_one();
}

} // namespace zcring::server
