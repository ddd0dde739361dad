// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

//! Marks a symbol that the shared library exports; all other symbols are hidden.
#define ZCRING_API __attribute__((visibility("default")))
