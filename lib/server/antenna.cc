// SPDX-License-Identifier: GPL-3.0-or-later
//
// The antenna (antenna.h): who receives it, its scene, and a feed with real pace. virtual_time.cc is
// free pace.
#include "antenna.h"

#include "air.h"
#include "feeder.h"
#include "live_feed.h"
#include "radio.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <system_error>

namespace zcring::server {

namespace {

void check_attach(const zcring_attach& a)
{
    const bool is_member = a.flags & ZCRING_ATTACH_MEMBER;
    if (a.flags & ~ZCRING_ATTACH_MEMBER || a.reserved0 || !zcring_all_zero(a.reserved, 4) ||
        (!is_member && (a.quorum || a.patience_ns)))
        throw std::system_error(EINVAL,
                                std::system_category(),
                                "zcring: a receiver cannot attach: quorum and patience are for "
                                "members only, and reserved fields must be zero");
}

//! Turns of the antenna itself while a feed is on the air, so that it is taken although nobody
//! receives it: each batch of turns takes it.
class feed_turner final : public turner
{
public:
    feed_turner(std::shared_ptr<live_feed> feed, std::uint64_t period_ns)
        : d_feed(std::move(feed)), d_period_ns(period_ns)
    {
    }
    std::uint64_t turn(std::uint64_t now_ns, const time_asleep&) override
    {
        return d_feed->is_on_air ? now_ns + d_period_ns : 0;
    }

private:
    const std::shared_ptr<live_feed> d_feed;
    const std::uint64_t d_period_ns;
};

} // namespace

antenna::antenna(const arguments& a, unsigned count)
    : d_is_free(a.pace == pacing::free),
      d_defaults(read_arguments(a)),
      d_time_offset_ns(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME)),
      d_scene(d_defaults.scene),
      d_scene_ns(clock_ns(CLOCK_BOOTTIME)),
      d_virtual_ns(d_scene_ns),
      d_asleep(measure_time_asleep()),
      d_workers(
          d_is_free ? 1 : count,
          [](void* self) { return static_cast<antenna*>(self)->now(); },
          this)
{
    if (d_is_free) {
        const signals_blocked block;
        d_virtual_time = std::thread([this] { run(); });
    }
}

antenna::~antenna() = default;

std::shared_ptr<radio> antenna::add(const zcring_attach& attach)
{
    check_attach(attach);
    const turnstile_lock lock(d_lock);
    std::uint64_t number = 0;
    while (d_radios.count(number))
        number++;
    const auto r = std::make_shared<radio>(shared_from_this(), number, attach);
    d_radios[number] = r;
    return r;
}

std::shared_ptr<radio> antenna::find(std::uint64_t number)
{
    const turnstile_lock lock(d_lock);
    const auto at = d_radios.find(number);
    return at == d_radios.end() ? nullptr : at->second;
}

std::shared_ptr<feeder> antenna::add_feeder()
{
    const turnstile_lock lock(d_lock);
    if (d_has_feeder)
        return nullptr;
    auto f = std::make_shared<feeder>(shared_from_this());
    d_feeder = f;
    d_has_feeder = true;
    return f;
}

void antenna::forget(std::uint64_t number)
{
    std::shared_ptr<radio> r; // destroyed without the lock
    const turnstile_lock lock(d_lock);
    const auto at = d_radios.find(number);
    if (at == d_radios.end())
        return;
    r = std::move(at->second);
    d_radios.erase(at);
}

void antenna::unplug_all()
{
    for (const auto& r : radios())
        r->unplug();
    {
        const turnstile_lock lock(d_lock);
        if (const auto f = d_feeder.lock())
            f->wake();
    }
    kick();
}

void antenna::end()
{
    unplug_all();
    {
        const std::lock_guard<std::mutex> lock(d_kick_mutex);
        d_quit = true;
    }
    d_kick.notify_one();
    if (d_virtual_time.joinable())
        d_virtual_time.join();
    d_workers.end();
    std::map<std::uint64_t, std::shared_ptr<radio>> gone; // destroyed without the lock
    const turnstile_lock lock(d_lock);
    if (d_scene->feed)
        d_scene->feed->is_on_air = false;
    gone.swap(d_radios);
}

std::vector<std::shared_ptr<radio>> antenna::radios()
{
    const turnstile_lock lock(d_lock);
    std::vector<std::shared_ptr<radio>> all;
    for (const auto& [number, r] : d_radios)
        all.push_back(r);
    return all;
}

std::uint64_t antenna::now()
{
    if (!d_has_feed)
        return d_is_free ? d_virtual_ns.load() : clock_ns(CLOCK_BOOTTIME);
    const turnstile_lock lock(d_lock);
    return now_locked();
}

std::uint64_t antenna::now_locked()
{
    if (d_is_free)
        return d_virtual_ns;
    const std::uint64_t ns = clock_ns(CLOCK_BOOTTIME);
    return d_scene->feed ? take_feed(ns) : ns;
}

// A receiver that is too far behind for the feed's ring loses what it has not received, as a stalled
// one. One that only had no turns, because this process got no processor, does not for a while: the
// feed is taken in parts, and the next one when the receivers had the turns for the one before. Until
// then, "now" is the end of what was taken.
std::uint64_t antenna::take_feed(std::uint64_t ns)
{
    live_feed& feed = *d_scene->feed;
    const scene_clock clock = clock_of_scene(1, 1);
    const std::int64_t tick = clock.tick_at(ns);
    d_lateness.take(ns, feed.quarter_ns(), look_for_sleep());
    const bool may_be_late = d_lateness.allows(clock.begin_of(feed.clock()), ns);
    if (tick - feed.clock() > 4 * feed.depth() && !may_be_late) {
        const std::int64_t until = tick - feed.depth() / 2;
        feed.decide_without_samples(until);
        for (const auto& [number, r] : d_radios)
            if (r->is_running())
                r->lose_until(clock.begin_of(until));
        feed.forget_samples();
    }
    feed.advance(tick, [&] {
        const std::uint64_t taken_ns = clock.begin_of(feed.clock());
        std::int64_t first = std::numeric_limits<std::int64_t>::max();
        for (const auto& [number, r] : d_radios) {
            if (!r->is_running())
                continue;
            if (feed.clock() - r->kept() > feed.depth() && !(may_be_late && r->is_late(taken_ns)))
                r->lose_until(taken_ns);
            first = std::min(first, r->kept());
        }
        return first;
    });
    d_lateness.leave(feed.clock() < tick);
    wake_feeder();
    return feed.clock() < tick ? clock.begin_of(feed.clock()) : ns;
}

bool antenna::look_for_sleep()
{
    const time_asleep before = d_asleep;
    d_asleep = measure_time_asleep();
    return d_asleep.least > before.most;
}

void antenna::wake_feeder()
{
    if (d_scene->feed && d_scene->feed->feeder_wants_wake())
        if (const auto f = d_feeder.lock())
            f->wake();
}

bool antenna::is_received() const
{
    return std::any_of(
        d_radios.begin(), d_radios.end(), [](const auto& r) { return r.second->is_running(); });
}

scene_clock antenna::clock_of_scene(std::uint64_t num, std::uint64_t den) const
{
    if (d_scene->has_rate())
        return { d_scene_ns, d_scene->scene.rate_num, d_scene->scene.rate_den };
    return { d_scene_ns, num, den };
}

void antenna::prepare_start(std::uint64_t now, std::uint64_t delay_ns)
{
    if (is_received())
        return;
    if (d_scene->feed) {
        if (d_scene->feed->is_over() && !d_is_free)
            make_feed_idle();
        return;
    }
    d_scene_ns = now + delay_ns;
    d_clock = d_scene->has_rate() ? clock_of_scene(1, 1).tick_at(now) : ns_of_scene(now);
}

void antenna::begin_turns(std::shared_ptr<turner> t, std::uint64_t due_ns)
{
    d_workers.add(std::move(t), due_ns);
}

int antenna::put_on_air(std::shared_ptr<const scene_on_air> next)
{
    std::shared_ptr<const scene_on_air> before; // up to a gibibyte, freed without the lock
    const turnstile_lock lock(d_lock);
    const std::uint64_t ns = now_locked();
    before = d_scene;
    const bool is_fed = d_scene->feed && d_scene->is_fed && !d_scene->feed->is_over();
    std::size_t running = 0, able = 0;
    for (const auto& [number, r] : d_radios) {
        if (!r->is_running())
            continue;
        running++;
        able += r->can_receive(next->scene);
        if (d_is_free && is_fed && r->is_running_member())
            return -EBUSY;
    }
    if (running && !able)
        return -ERANGE;
    exchange(std::move(next), ns);
    return 0;
}

void antenna::exchange(std::shared_ptr<const scene_on_air> next, std::uint64_t ns)
{
    for (const auto& [number, r] : d_radios)
        r->change_scene(next, ns);
    if (d_scene->feed)
        d_scene->feed->is_on_air = false;
    d_scene = std::move(next);
    d_scene_ns = ns;
    d_clock = 0;
    d_has_feed = d_scene->feed && !d_is_free;
    if (d_has_feed) {
        d_lateness.begin(ns);
        look_for_sleep(); // before, it was no concern of the feed
        d_scene->feed->is_on_air = true;
        const std::uint64_t period = std::min<std::uint64_t>(d_scene->feed->quarter_ns(), 5000000);
        d_workers.add(std::make_shared<feed_turner>(d_scene->feed, period), ns);
    }
    if (const auto f = d_feeder.lock())
        f->wake(); // it may sleep for room in a feed that is not on the air any more
    kick();
}

// The same feed without a feeder: receivers wait for the next one.
void antenna::make_feed_idle()
{
    const auto idle = std::make_shared<scene_on_air>();
    idle->scene = d_scene->scene;
    idle->feed = std::make_shared<live_feed>(idle->scene, false);
    exchange(idle, d_is_free ? d_virtual_ns.load() : clock_ns(CLOCK_BOOTTIME));
}

void antenna::hang_up(const feeder& f)
{
    {
        const turnstile_lock lock(d_lock);
        const auto present = d_feeder.lock();
        if (present.get() != &f)
            return;
        d_feeder.reset();
        d_has_feeder = false;
        now_locked();
        if (d_scene->feed && d_scene->is_fed)
            d_scene->feed->hang_up(!d_is_free);
    }
    kick();
}

int antenna::get_feed(const std::shared_ptr<live_feed>& feed, zcring_feed& out)
{
    {
        const turnstile_lock lock(d_lock);
        if (!feed)
            return -ENODATA;
        now_locked();
        feed->get(out);
        out.state = ZCRING_STATE_STOPPED;
        if (d_scene->feed == feed && is_received()) {
            out.state = ZCRING_STATE_RUNNING;
            out.time_ns = time_of_day(clock_of_scene(1, 1).begin_of(feed->clock()));
        }
    }
    kick();
    return 0;
}

int antenna::inject(const zcring_inject& injection)
{
    int error = -EINVAL;
    bool has_reached = false;
    for (const auto& r : radios()) {
        zcring_inject copy = injection;
        const int result = r->call(ZCRING_IOC_INJECT, &copy);
        has_reached |= !result;
        error = result;
    }
    return has_reached ? 0 : error;
}

std::uint32_t antenna::state()
{
    const turnstile_lock lock(d_lock);
    return is_received() ? ZCRING_STATE_RUNNING : ZCRING_STATE_STOPPED;
}

air::air(const arguments& a, unsigned count) : d_antenna(std::make_shared<antenna>(a, count)) {}
air::~air() { d_antenna->end(); }

std::shared_ptr<receiver> air::add_receiver(const zcring_attach& attach)
{
    return d_antenna->add(attach);
}

std::shared_ptr<receiver> air::find(std::uint64_t number) { return d_antenna->find(number); }
std::shared_ptr<antenna_port> air::feeder() { return d_antenna->add_feeder(); }
void air::unplug_all() { d_antenna->unplug_all(); }

} // namespace zcring::server
