// SPDX-License-Identifier: GPL-3.0-or-later
//
// The streams of a device by their handles.
#include "streams.h"

#include <stdexcept>

namespace soapy_zcring {

namespace {

void check_none(bool is_there)
{
    if (is_there)
        throw std::runtime_error(
            "zcring: a stream of this direction exists; close it, or set up one "
            "stream of several channels");
}

} // namespace

void streams::check_free(int direction) const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    check_none(direction == SOAPY_SDR_TX ? d_tx.stream != nullptr : d_rx.stream != nullptr);
}

template <class T>
SoapySDR::Stream* streams::add_to(entry<T>& where, std::shared_ptr<T> made)
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    check_none(where.stream != nullptr);
    where.handle = reinterpret_cast<SoapySDR::Stream*>(++d_handles);
    where.stream = std::move(made);
    return where.handle;
}

SoapySDR::Stream* streams::add(std::shared_ptr<rx_stream> made)
{
    return add_to(d_rx, std::move(made));
}

SoapySDR::Stream* streams::add(std::shared_ptr<tx_stream> made)
{
    return add_to(d_tx, std::move(made));
}

// The stream ends without the lock: it may wait for a thread that leaves it.
void streams::remove(SoapySDR::Stream* handle)
{
    entry<rx_stream> rx;
    entry<tx_stream> tx;
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        if (d_rx.stream && d_rx.handle == handle)
            std::swap(rx, d_rx);
        else if (d_tx.stream && d_tx.handle == handle)
            std::swap(tx, d_tx);
    }
    if (rx.stream)
        rx.stream->close();
    if (tx.stream)
        tx.stream->close();
}

std::shared_ptr<rx_stream> streams::rx(SoapySDR::Stream* handle) const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_rx.handle == handle ? d_rx.stream : nullptr;
}

std::shared_ptr<tx_stream> streams::tx(SoapySDR::Stream* handle) const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_tx.handle == handle ? d_tx.stream : nullptr;
}

std::shared_ptr<rx_stream> streams::receiving() const
{
    const std::lock_guard<std::mutex> lock(d_mutex);
    return d_rx.stream;
}

} // namespace soapy_zcring
