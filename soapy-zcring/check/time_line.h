// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The times of a stream, compared with the count of its samples.
 */
#ifndef ZCRING_SOAPY_CHECK_TIME_LINE_H
#define ZCRING_SOAPY_CHECK_TIME_LINE_H

#include "device.h"

namespace soapy_check {

/*!
 * Takes the reads of one stream in their order. Fails if a time is not that of the sample before
 * plus the count, except where OVERFLOW or END_ABRUPT has told of a gap, which must be whole samples.
 */
class time_line final
{
public:
    /*! \p rate in samples per second. */
    explicit time_line(double rate) : d_rate(rate) {}

    void take(const read_result&);

    /*! Samples in all. */
    long long samples() const { return d_samples; }
    /*! Reads that gave samples and a time. */
    long long timed() const { return d_timed; }
    /*! Times that the module told of a gap. */
    int overflows() const { return d_overflows; }
    /*! Samples that arrived since the last OVERFLOW or END_ABRUPT. */
    long long since_overflow() const { return d_since_overflow; }

private:
    void take_overflow(const read_result&);
    void compare(const read_result&);
    void demand_gap(const read_result&, long long difference_ns) const;

    double d_rate;
    bool d_anchored = false;
    bool d_gap = false; // told, and no sample since
    long long d_anchor_ns = 0;
    long long d_count = 0; // samples since the anchor
    long long d_samples = 0;
    long long d_timed = 0;
    long long d_since_overflow = 0;
    int d_overflows = 0;
};

} // namespace soapy_check

#endif
