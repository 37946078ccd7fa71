// Log lines in MetalLB's shape (spec 10.2): one JSON object a line on stdout, keys sorted,
// `caller`, `level`, `msg`, `ts` and context keys in MetalLB's words (event, service, ip, ips,
// pool, reason, error, interface ...).
//
// Threads: any.
#pragma once

#include "core/base/result.h"

#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

namespace ferro::runtime {

enum class LogLevel { debug, info, warn, error, none };

/// MetalLB's words: all, debug, info, warn, error, none ("all" is debug). Error: anything else.
Result<LogLevel> parse_log_level(std::string_view word);

/// Lines below this level are dropped. `info` until set.
void set_log_level(LogLevel level);

/// Whether a line of this level would be written: to skip building costly ones.
bool log_enabled(LogLevel level);

struct LogField {
    std::string_view key;
    std::string value;
};

using LogFields = std::initializer_list<LogField>;

void log_debug(std::string_view message,
               LogFields fields = {},
               std::source_location where = std::source_location::current());
void log_info(std::string_view message,
              LogFields fields = {},
              std::source_location where = std::source_location::current());
void log_warn(std::string_view message,
              LogFields fields = {},
              std::source_location where = std::source_location::current());
void log_error(std::string_view message,
               LogFields fields = {},
               std::source_location where = std::source_location::current());

}  // namespace ferro::runtime
