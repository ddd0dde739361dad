// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief A rule in a process of its own, so that a crash or a hang of the module is a result.
 *
 * The process is this program once more: threads of a module do not survive a fork alone.
 */
#ifndef ZCRING_SOAPY_CHECK_ISOLATED_H
#define ZCRING_SOAPY_CHECK_ISOLATED_H

#include "progress.h"
#include "rule.h"

#include <string>
#include <vector>

namespace soapy_check {

/*! How a rule ended. */
struct verdict {
    outcome result = outcome::none;
    std::string called;   //!< failed: the call
    std::string returned; //!< failed: what came back; skipped: why
    std::string log;      //!< the last lines that the module printed
    double seconds = 0;   //!< how long the process took
    int channels[2] = {}; //!< by direction, as far as the process told them
};

/*!
 * \brief The parent's side: starts the program with \p trial, watches it, and returns its verdict.
 *
 * A process that ends by a signal, that stays in one call for longer than the patience, or that
 * lives for longer than \p limit_seconds has failed, and the call it was in is named.
 *
 * \param verbose what the module prints goes to stderr, and not into the verdict.
 * \throws std::system_error if no process can be started.
 */
verdict run_isolated(const std::string& trial, const options&, double limit_seconds, bool verbose);

/*! The name of the trial that makes the device and counts its channels, and checks nothing else. */
inline const char* const count_channels = "count-channels";

/*!
 * \brief The child's side: tries \p trial and writes the verdict to the memory \p fd.
 *
 * \return the exit status of the process.
 */
int run_trial(const std::string& trial, const options&, int fd);

} // namespace soapy_check

#endif
