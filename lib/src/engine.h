// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The headers of the engine, which is C and also part of the driver, for C++.
 */
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
#include "free_pace.h"
#include "front.h"
#include "shared_antenna.h"
#include "shared_feed.h"
#include "stream.h"
}
