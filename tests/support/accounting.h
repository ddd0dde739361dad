// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The accounting identities of docs/abi.md. Independent of the test framework.
 *
 * A telemetry is any structure with the counters' names: zcring_telemetry of the ABI, or
 * zcring::telemetry of the library.
 */
#ifndef ZCRING_TESTS_SUPPORT_ACCOUNTING_H
#define ZCRING_TESTS_SUPPORT_ACCOUNTING_H

#include <cstdint>
#include <string>

namespace zcring_test {

//! What holds at every moment: sample_clock = produced + lost. Returns the violation, or "".
template <class Telemetry>
std::string clock_error(const Telemetry& t)
{
    if (t.sample_clock == t.produced_samples + t.lost_samples)
        return {};
    return "sample_clock " + std::to_string(t.sample_clock) + " is not produced " +
           std::to_string(t.produced_samples) + " + lost " + std::to_string(t.lost_samples);
}

//! Both identities, where \p in_ring samples are known to lie in the ring: produced = consumed +
//! in the ring, too. Returns the first violation, or "".
template <class Telemetry>
std::string accounting_error(const Telemetry& t, std::uint64_t in_ring)
{
    const std::string error = clock_error(t);
    if (!error.empty() || t.produced_samples == t.consumed_samples + in_ring)
        return error;
    return "produced " + std::to_string(t.produced_samples) + " is not consumed " +
           std::to_string(t.consumed_samples) + " + " + std::to_string(in_ring) + " in the ring";
}

//! What an observer can check without the tail: the first identity, and that the ring
//! of \p ring_samples holds what is not consumed. Returns the first violation, or "".
template <class Telemetry>
std::string observed_accounting_error(const Telemetry& t, std::uint64_t ring_samples)
{
    const std::string error = clock_error(t);
    if (!error.empty() || (t.consumed_samples <= t.produced_samples &&
                           t.produced_samples - t.consumed_samples <= ring_samples))
        return error;
    return "produced " + std::to_string(t.produced_samples) + " and consumed " +
           std::to_string(t.consumed_samples) + " do not fit a ring of " +
           std::to_string(ring_samples);
}

} // namespace zcring_test

#endif
