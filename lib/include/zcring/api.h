// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

//! Marks what the shared library shows; all else in it is hidden.
#define ZCRING_API __attribute__((visibility("default")))
