// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief The engine, which is C and the driver's, as C++ sees it.
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
