// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "rx_stream.h"
#include "tx_stream.h"

#include <SoapySDR/Device.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace soapy_zcring {

/*!
 * \brief The streams of a device: one that receives, and one that sends.
 *
 * A handle is a number that is never used again, so that a call with the handle of a closed stream gets
 * none, whatever thread makes it.
 * Threading: any thread may make every call.
 */
class streams final
{
public:
    //! Throws std::runtime_error while there is a stream of \p direction.
    void check_free(int direction) const;
    //! The same while there is another stream of that direction.
    SoapySDR::Stream* add(std::shared_ptr<rx_stream> made);
    SoapySDR::Stream* add(std::shared_ptr<tx_stream> made);
    //! Closes the stream, and ends the calls that wait in it; an unknown handle is ignored.
    void remove(SoapySDR::Stream* handle);

    //! The stream, or null.
    std::shared_ptr<rx_stream> rx(SoapySDR::Stream* handle) const;
    std::shared_ptr<tx_stream> tx(SoapySDR::Stream* handle) const;
    //! The stream that receives, whatever its handle, or null.
    std::shared_ptr<rx_stream> receiving() const;

private:
    template <class T>
    struct entry {
        std::shared_ptr<T> stream;
        SoapySDR::Stream* handle = nullptr;
    };
    template <class T>
    SoapySDR::Stream* add_to(entry<T>& where, std::shared_ptr<T> made);

    mutable std::mutex d_mutex; //!< guards what follows
    entry<rx_stream> d_rx;
    entry<tx_stream> d_tx;
    std::uintptr_t d_handles = 0; //!< given so far
};

} // namespace soapy_zcring
