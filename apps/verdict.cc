// SPDX-License-Identifier: GPL-3.0-or-later
//
// Judges a run of zcring verify: the samples, as counter_check counted them, and the sums of the
// counters, which must agree with each other and with what the reader counted. A run is good
// only if all of these hold; a loss that is accounted for is still a loss unless allowed.
#include "verdict.h"

#include "snapshot.h"
#include "text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace app {

namespace {

using json = nlohmann::ordered_json;

constexpr fault_kind fault_kinds[] = { fault_kind::missing, fault_kind::doubled, fault_kind::torn };

sum equation(const char* words, std::uint64_t whole, std::vector<std::uint64_t> parts)
{
    sum s;
    std::uint64_t total = 0;
    s.words = words;
    s.numbers = grouped(whole) + " =";
    for (std::size_t i = 0; i < parts.size(); i++) {
        s.numbers += (i ? " + " : " ") + grouped(parts[i]);
        total += parts[i];
    }
    s.holds = whole == total;
    return s;
}

// The burst after a gap reports it, so the last gap may have no report yet.
sum losses_sum(const zcring::telemetry& t, const counter_check& samples)
{
    const std::uint64_t unreported = t.lost_samples - samples.lost();
    const std::uint64_t events = t.overflow_count - samples.gaps();
    sum s = equation("lost = reported by bursts + after the last burst",
                     t.lost_samples,
                     { samples.lost(), unreported });
    s.holds = t.lost_samples >= samples.lost() && (events == 0 || events == 1) &&
              (events == 1) == (unreported > 0);
    return s;
}

sum bytes_sum(const evidence& e, const zcring::telemetry& t)
{
    const std::uint64_t frame_bytes = e.channels * zcring::sample_bytes(e.format);
    sum s;
    s.words = "bytes = samples x " + grouped(frame_bytes);
    s.numbers = "produced " + grouped(t.produced_bytes) + ", consumed " +
                grouped(t.consumed_bytes) + ", lost " + grouped(t.overflow_bytes);
    s.holds = t.produced_bytes == t.produced_samples * frame_bytes &&
              t.consumed_bytes == t.consumed_samples * frame_bytes &&
              t.overflow_bytes == t.lost_samples * frame_bytes;
    return s;
}

bool sums_hold(const std::vector<sum>& sums)
{
    return std::all_of(sums.begin(), sums.end(), [](const sum& s) { return s.holds; });
}

std::uint64_t fault_count(const counter_check& samples)
{
    std::uint64_t count = 0;
    for (const fault_kind kind : fault_kinds)
        count += samples.count(kind);
    return count;
}

double samples_per_second(const evidence& e)
{
    return e.seconds > 0 ? static_cast<double>(e.released) / e.seconds : 0;
}

std::string describe(const counter_check::fault& f)
{
    const std::string where = "channel " + std::to_string(f.channel) + ", sample " +
                              grouped(f.index) + " (sample clock " + grouped(f.sample_clock) + ")";
    if (f.kind == fault_kind::torn)
        return where + ": the sample is torn";
    return where + ": " + counted(f.samples, "sample") +
           (f.kind == fault_kind::missing ? " missing before it" : " doubled from there on");
}

std::string describe_failure(const evidence& e, const counter_check& samples)
{
    if (samples.first_fault() && e.has_servers_scene)
        return describe(*samples.first_fault()) +
               "; if the scene of the server is not the counter, start it with zcring serve NAME "
               "scene=counter, or add scene=counter here: all its receivers then hear the counter";
    if (samples.first_fault())
        return describe(*samples.first_fault());
    if (!e.ended.empty())
        return e.ended;
    return "a sum does not hold";
}

std::string verdict_line(const evidence& e, const counter_check& samples)
{
    const zcring::telemetry t = e.telemetry.value_or(zcring::telemetry());
    const verdict v = find_verdict(e, samples);
    const std::string losses =
        counted(t.lost_samples, "sample") + " lost in " + counted(t.overflow_count, "overflow");
    switch (v) {
    case verdict::proven:
        return "proven: no sample was lost, doubled or torn";
    case verdict::accounted:
        return "proven: " + losses + ", each accounted for; no sample doubled or torn";
    case verdict::lost:
        return "lost: " + losses +
               ", each accounted for; increase ring_bytes, reduce rate, or use "
               "--allow-loss";
    case verdict::wrong:
        return "wrong: " + describe_failure(e, samples);
    case verdict::nothing:
        return "nothing proven: no sample arrived" + (e.ended.empty() ? "" : "; " + e.ended);
    }
    return "?";
}

json first_fault_json(const counter_check& samples)
{
    if (!samples.first_fault())
        return nullptr;
    const counter_check::fault& f = *samples.first_fault();
    return { { "kind", to_string(f.kind) },
             { "channel", f.channel },
             { "index", f.index },
             { "sample_clock", f.sample_clock },
             { "samples", f.samples } };
}

} // namespace

const char* to_string(verdict v) noexcept
{
    switch (v) {
    case verdict::proven:
        return "proven";
    case verdict::accounted:
        return "accounted";
    case verdict::lost:
        return "lost";
    case verdict::wrong:
        return "wrong";
    case verdict::nothing:
        return "nothing";
    }
    return "?";
}

std::vector<sum> check_sums(const evidence& e, const counter_check& samples)
{
    if (!e.telemetry)
        return {};
    const zcring::telemetry& t = *e.telemetry;
    return {
        equation("sample clock = produced + lost",
                 t.sample_clock,
                 { t.produced_samples, t.lost_samples }),
        equation("produced = consumed + in the ring",
                 t.produced_samples,
                 { t.consumed_samples, e.left }),
        equation("consumed = released by the reader", t.consumed_samples, { e.released }),
        losses_sum(t, samples),
        bytes_sum(e, t),
    };
}

verdict find_verdict(const evidence& e, const counter_check& samples)
{
    if (fault_count(samples) || !sums_hold(check_sums(e, samples)))
        return verdict::wrong;
    if (!samples.samples())
        return verdict::nothing;
    if (!e.ended.empty() || !e.telemetry)
        return verdict::wrong;
    if (!e.telemetry->lost_samples)
        return verdict::proven;
    return e.loss_allowed ? verdict::accounted : verdict::lost;
}

void print_report(std::ostream& out, const evidence& e, const counter_check& samples)
{
    const std::string rate = scaled(samples_per_second(e), "S/s", 4);
    const std::size_t unit = rate.find(' ');
    table counts(1);
    counts.row("read",
               { grouped(e.released),
                 "samples of " + counted(e.channels, "channel") + " in " +
                     scaled(e.seconds, "s", 4) + (e.interrupted ? ", ended early" : "") });
    counts.row("rate", { rate.substr(0, unit), rate.substr(unit + 1) });
    counts.row("left in the ring", { grouped(e.left), "samples, checked too" });
    if (e.telemetry) {
        counts.row("lost",
                   { grouped(e.telemetry->lost_samples),
                     "samples in " + counted(e.telemetry->overflow_count, "overflow") });
        counts.row("bursts", { grouped(e.telemetry->bursts) });
    }
    for (const fault_kind kind : fault_kinds)
        if (samples.count(kind))
            counts.row(to_string(kind), { grouped(samples.count(kind)), "samples" });
    table sums;
    for (const sum& s : check_sums(e, samples))
        sums.row(s.words, { s.holds ? "holds" : "DOES NOT HOLD", s.numbers });
    out << counts << '\n' << sums << '\n' << verdict_line(e, samples) << '\n';
}

json report_json(const evidence& e, const counter_check& samples)
{
    const std::vector<sum> sums = check_sums(e, samples);
    const verdict v = find_verdict(e, samples);
    json broken = json::array();
    for (const sum& s : sums)
        if (!s.holds)
            broken.push_back(s.words + ": " + s.numbers);
    json all = {
        { "verdict", to_string(v) },
        { "good", is_good(v) },
        { "device", e.device },
        { "format", to_string(e.format) },
        { "channels", e.channels },
        { "interrupted", e.interrupted },
        { "ended", e.ended.empty() ? json(nullptr) : json(e.ended) },
        { "seconds", e.seconds },
        { "samples", e.released },
        { "samples_per_second", samples_per_second(e) },
        { "checked_samples", samples.samples() },
        { "left_samples", e.left },
        { "missing_samples", samples.count(fault_kind::missing) },
        { "doubled_samples", samples.count(fault_kind::doubled) },
        { "torn_samples", samples.count(fault_kind::torn) },
        { "first_fault", first_fault_json(samples) },
        { "sums_hold", sums_hold(sums) },
        { "broken_sums", broken },
    };
    if (e.telemetry)
        all.update(to_json(*e.telemetry));
    return all;
}

} // namespace app
