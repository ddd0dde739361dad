// SPDX-License-Identifier: GPL-3.0-or-later
/*!
 * \file
 * \brief How a rule ends that does not hold, or that cannot be tried: by one of these exceptions.
 *
 * A rule that returns holds.
 */
#ifndef ZCRING_SOAPY_CHECK_VERDICT_H
#define ZCRING_SOAPY_CHECK_VERDICT_H

#include <string>

namespace soapy_check {

/*! The rule does not hold. */
struct failed {
    std::string called;   //!< the call, with its arguments
    std::string returned; //!< what came back, in the words of the API
};

/*! The module threw an exception out of a call. A failure, unless the rule expects it. */
struct threw : failed {
    threw(const std::string& call, const std::string& what)
        : failed{ call, "the exception \"" + what + "\"" }
    {
    }
};

/*! The rule cannot be tried on this device. */
struct skipped {
    std::string why;
};

/*! Ends the rule as failed, unless \p holds. */
inline void demand(bool holds, const std::string& called, const std::string& returned)
{
    if (!holds)
        throw failed{ called, returned };
}

} // namespace soapy_check

#endif
