/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
// The source's counters on ControlPort, where GNU Radio is built with it.
#include "source_impl.h"

#ifdef GR_CTRLPORT
#include <gnuradio/rpcregisterhelpers.h>
#endif

#include <cmath>
#include <system_error>

namespace gr {
namespace zcring {

void source_impl::setup_rpc()
{
#ifdef GR_CTRLPORT
    const auto show =
        [this](const char* name, double (source_impl::*get)(), const char* unit, const char* what) {
            add_rpc_variable(rpcbasic_sptr(
                new rpcbasic_register_get<source_impl, double>(alias(),
                                                               name,
                                                               get,
                                                               pmt::mp(0.0),
                                                               pmt::mp(1e19),
                                                               pmt::mp(0.0),
                                                               unit,
                                                               what,
                                                               RPC_PRIVLVL_MIN,
                                                               DISPTIME | DISPOPTSTRIP)));
        };
    show("produced_samples", &source_impl::rpc_produced, "samples", "Samples put into the ring");
    show("lost_samples", &source_impl::rpc_lost, "samples", "Samples lost by overflow");
    show("overflow_count", &source_impl::rpc_overflows, "gaps", "Gaps in the stream");
    show("clipped_samples", &source_impl::rpc_clipped, "samples", "Samples beyond full scale");
#endif
}

double source_impl::rpc_counter(const char* name) const
{
    try {
        return static_cast<double>(telemetry().at(name));
    } catch (const std::system_error&) {
        return NAN; // the device is gone
    }
}

} // namespace zcring
} // namespace gr
