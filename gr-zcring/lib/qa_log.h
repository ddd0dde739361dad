/* -*- c++ -*- */
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

/*!
 * What GNU Radio's loggers say, to look at. There is one for all tests, as the runtime takes no
 * sink away again; each test forgets what was said before it.
 */
class qa_log final : public spdlog::sinks::base_sink<std::mutex>
{
public:
    //! An empty one.
    static qa_log& anew()
    {
        static const auto the_log = [] {
            auto made = std::make_shared<qa_log>();
            gr::logging::singleton().add_default_sink(made);
            return made;
        }();
        const std::lock_guard<std::mutex> lock(the_log->mutex_);
        the_log->d_text.clear();
        return *the_log;
    }

    bool says(const std::string& words)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        return d_text.find(words) != std::string::npos;
    }

    //! Number of times that the words are in the log.
    std::size_t count(const std::string& words)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        std::size_t found = 0;
        for (auto at = d_text.find(words); at != std::string::npos; at = d_text.find(words, at + 1))
            found++;
        return found;
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        d_text.append(message.payload.data(), message.payload.size()).append("\n");
    }
    void flush_() override {}

private:
    std::string d_text; // guarded by mutex_
};
