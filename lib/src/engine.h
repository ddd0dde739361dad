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
#include "front.h"
#include "stream.h"
}
