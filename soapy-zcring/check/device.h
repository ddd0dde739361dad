// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A device and its streams, as a rule uses them: made, set up, read, closed and unmade.
 *
 * Threading: one thread for each object, as for the objects of the API.
 */
#ifndef ZCRING_SOAPY_CHECK_DEVICE_H
#define ZCRING_SOAPY_CHECK_DEVICE_H

#include "rule.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace soapy_check {

/*! A code of the API as text: "TIMEOUT (-1)", or "12 elements". */
std::string text_of_result(int code);

/*! Whether \p code is one of the error codes of Errors.h. */
bool is_error_code(int code);

/*! A device that is unmade at the end. */
class device final
{
public:
    explicit device(const options&);
    device(const options&, const SoapySDR::Kwargs& arguments);
    ~device();
    device(const device&) = delete;
    device& operator=(const device&) = delete;

    SoapySDR::Device* operator->() const { return d_device; }
    SoapySDR::Device* get() const { return d_device; }
    const options& wanted() const { return d_options; }

    /*! Unmakes it now. Its streams must be closed, or abandoned. */
    void unmake();

private:
    const options& d_options;
    SoapySDR::Device* d_device;
};

/*! How many channels; the rule is skipped where there are none. */
size_t channels_of(const device&, direction);

/*! Makes the device and calls \p check with it and each of its channels. */
template <class Check>
void on_every_channel(const options& wanted, direction dir, Check check)
{
    const device dev(wanted);
    const size_t channels = channels_of(dev, dir);
    for (size_t channel = 0; channel < channels; channel++)
        check(dev, channel);
}

/*! Sets the rate that the user wants, or one of the device's, if the device has none. */
void prepare_rate(const device&, direction, size_t channel);

/*! Buffers for the samples of all channels, with a margin behind each that no read may touch. */
class sample_buffers final
{
public:
    sample_buffers(const std::string& format, size_t channels, size_t elements);

    void* const* pointers() const { return d_pointers.data(); }
    const void* const* pointers_to_const() const { return d_pointers.data(); }
    size_t elements() const { return d_elements; }

    /*! Whether all bytes behind the first \p written elements of each channel are untouched. */
    bool untouched_behind(size_t written) const;

    /*! Whether a byte in the first \p written elements of each channel was written. */
    bool written_in_all(size_t written) const;

    /*! Forgets what was written. */
    void reset();

    /*! Makes all samples zero, so that a transmitter sends nothing. */
    void silence();

private:
    size_t d_element_bytes;
    size_t d_elements;
    std::vector<std::vector<unsigned char>> d_memory;
    std::vector<void*> d_pointers;
};

/*! What one readStream() gave. */
struct read_result {
    std::string call;
    int returned = 0;
    int flags = 0;
    long long time_ns = 0;
    std::chrono::milliseconds took{};
};

/*! A stream that is closed at the end. */
class stream final
{
public:
    /*! Sets it up, with the rate of prepare_rate(). */
    stream(device&,
           direction,
           const std::string& format,
           const std::vector<size_t>& channels = { 0 },
           const SoapySDR::Kwargs& arguments = {});
    /*! The same, in the native format of channel 0. */
    stream(device&, direction);
    ~stream();
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    operator SoapySDR::Stream*() const { return d_stream; }
    SoapySDR::Device* operator->() const { return d_device.get(); }
    direction way() const { return d_direction; }
    const std::string& format() const { return d_format; }
    size_t channels() const { return d_channels; }
    size_t mtu() const;

    /*! Buffers of \p elements for this stream. */
    sample_buffers buffers(size_t elements) const { return { d_format, d_channels, elements }; }

    /*! Activates it; fails unless the module returns 0. */
    void activate();

    /*! Deactivates it; fails unless the module returns 0. */
    void deactivate();

    /*!
     * Reads once. Fails if the module returns more than asked for, a code that Errors.h does not
     * have, or writes behind the samples.
     */
    read_result read(sample_buffers&, size_t elements, long timeout_us, int flags = 0);

    /*!
     * Reads until \p elements have arrived, over timeouts and overflows. Fails on any other error,
     * and if no sample arrives within the patience.
     */
    void read_all(size_t elements);

    /*! Reads, or writes, enough to prove that the stream works. */
    void prove();

    void close();

    /*! Leaves the stream open when the object is destroyed. */
    void abandon() { d_open = false; }

private:
    void setup(const std::vector<size_t>&, const SoapySDR::Kwargs&);
    void write_some(size_t elements);

    device& d_device;
    direction d_direction;
    std::string d_format;
    size_t d_channels;
    SoapySDR::Stream* d_stream = nullptr;
    bool d_open = false;
};

/*! The native format of channel 0. */
std::string native_format(const device&, direction);

} // namespace soapy_check

#endif
