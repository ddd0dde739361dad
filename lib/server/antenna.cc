// SPDX-License-Identifier: GPL-3.0-or-later
#include "antenna.h"

#include "air.h"
#include "radio.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
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

} // namespace

antenna::antenna(const arguments& a, unsigned count)
    : d_is_free(a.pace == pacing::free),
      d_defaults(read_arguments(a)),
      d_time_offset_ns(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME)),
      d_scene(d_defaults.scene),
      d_scene_ns(clock_ns(CLOCK_BOOTTIME)),
      d_workers(
          count, [](void* self) { return static_cast<antenna*>(self)->now(); }, this)
{
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

void antenna::forget(std::uint64_t number)
{
    const turnstile_lock lock(d_lock);
    d_radios.erase(number);
}

void antenna::unplug_all()
{
    const turnstile_lock lock(d_lock);
    for (const auto& [number, r] : d_radios)
        r->unplug();
}

void antenna::end()
{
    unplug_all();
    d_workers.end();
    std::map<std::uint64_t, std::shared_ptr<radio>> radios; // destroyed without the lock
    const turnstile_lock lock(d_lock);
    radios.swap(d_radios);
}

std::uint64_t antenna::now() { return clock_ns(CLOCK_BOOTTIME); }
std::uint64_t antenna::now_locked() { return clock_ns(CLOCK_BOOTTIME); }

bool antenna::is_received() const
{
    return std::any_of(
        d_radios.begin(), d_radios.end(), [](const auto& r) { return r.second->is_running(); });
}

scene_clock antenna::clock_for_start(std::uint64_t ns, std::uint64_t num, std::uint64_t den)
{
    if (!is_received())
        d_scene_ns = ns;
    if (d_scene->has_rate())
        return { d_scene_ns, d_scene->scene.rate_num, d_scene->scene.rate_den };
    return { d_scene_ns, num, den };
}

void antenna::begin_turns(std::shared_ptr<radio> r, std::uint64_t due_ns)
{
    d_workers.add(std::move(r), due_ns);
}

air::air(const arguments& a, unsigned count) : d_antenna(std::make_shared<antenna>(a, count)) {}
air::~air() { d_antenna->end(); }

std::shared_ptr<receiver> air::add_receiver(const zcring_attach& attach)
{
    return d_antenna->add(attach);
}

std::shared_ptr<receiver> air::find(std::uint64_t number) { return d_antenna->find(number); }
std::shared_ptr<antenna_port> air::feeder() { return nullptr; }
void air::unplug_all() { d_antenna->unplug_all(); }

} // namespace zcring::server
