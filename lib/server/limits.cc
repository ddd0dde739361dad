// SPDX-License-Identifier: GPL-3.0-or-later
#include "limits.h"

#include <algorithm>
#include <cerrno>

namespace zcring::server {

usage::share::share(usage& whole, uid_t user) : d_usage(whole), d_user(user)
{
    d_usage.d_users[user].shares++;
}

usage::share::~share()
{
    set_rate(0);
    totals& mine = d_usage.d_users.at(d_user);
    d_usage.d_receivers -= d_receivers;
    mine.connections -= d_connections;
    mine.observers -= d_observers;
    if (--mine.shares == 0)
        d_usage.d_users.erase(d_user); // and the rounding errors of its rates
}

int usage::share::take_connection()
{
    if (d_connections)
        return 0;
    totals& mine = d_usage.d_users.at(d_user);
    if (mine.connections >= d_usage.d_limits.user_connections)
        return EUSERS;
    mine.connections++;
    d_connections++;
    return 0;
}

int usage::share::take_receiver()
{
    if (d_receivers)
        return 0;
    if (d_usage.d_receivers >= d_usage.d_limits.receivers)
        return EBUSY;
    d_usage.d_receivers++;
    d_receivers++;
    return 0;
}

int usage::share::take_observer()
{
    if (d_observers)
        return 0;
    totals& mine = d_usage.d_users.at(d_user);
    if (mine.observers >= d_usage.d_limits.user_observers)
        return EUSERS;
    mine.observers++;
    d_observers++;
    return 0;
}

double usage::share::rate_max() const
{
    const double others = d_usage.d_users.at(d_user).rate - d_rate;
    return std::max(d_usage.d_limits.user_rate - others, d_rate);
}

int usage::share::check_rate(double rate) const { return rate <= rate_max() ? 0 : EDQUOT; }

void usage::share::set_rate(double rate) noexcept
{
    d_usage.d_users.at(d_user).rate += rate - d_rate;
    d_rate = rate;
}

} // namespace zcring::server
