/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/attributes.h>

//! \defgroup zcring The GNU Radio block

#ifdef gnuradio_zcring_EXPORTS
#define GR_ZCRING_API __GR_ATTR_EXPORT
#else
#define GR_ZCRING_API __GR_ATTR_IMPORT
#endif
