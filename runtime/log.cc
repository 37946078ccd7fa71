#include "runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>

namespace ferro::runtime {
namespace {

std::atomic<LogLevel>& current_level() {
    static std::atomic<LogLevel> level{LogLevel::info};
    return level;
}

spdlog::logger& sink() {
    static const std::shared_ptr<spdlog::logger> logger = [] {
        auto made = std::make_shared<spdlog::logger>(
            "ferro", std::make_shared<spdlog::sinks::stdout_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::info);  // a crash must not eat the line that explains it
        return made;
    }();
    return *logger;
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xFU];
        } else {
            out += c;
        }
    }
    out += '"';
}

std::string timestamp() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return {text.data(), length};
}

void write(LogLevel level,
           const char* word,
           std::string_view message,
           LogFields fields,
           const std::source_location& where) {
    if (!log_enabled(level)) {
        return;
    }
    const std::string_view path = where.file_name();
    const std::string caller =
        std::string(path.substr(path.rfind('/') + 1)) + ":" + std::to_string(where.line());
    const std::string ts = timestamp();
    std::map<std::string_view, std::string_view> sorted{
        {"caller", caller}, {"level", word}, {"msg", message}, {"ts", ts}};
    for (const LogField& field : fields) {
        sorted.emplace(field.key, field.value);
    }
    std::string line = "{";
    for (const auto& [key, value] : sorted) {
        if (line.size() > 1) {
            line += ',';
        }
        append_json_string(line, key);
        line += ':';
        append_json_string(line, value);
    }
    line += '}';
    sink().log(spdlog::level::info, line);
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view word) {
    if (word == "all" || word == "debug") {
        return LogLevel::debug;
    }
    if (word == "info") {
        return LogLevel::info;
    }
    if (word == "warn") {
        return LogLevel::warn;
    }
    if (word == "error") {
        return LogLevel::error;
    }
    if (word == "none") {
        return LogLevel::none;
    }
    return Error{
        ErrorCode::invalid_input,
        "log level \"" + std::string(word) + "\" is none of all, debug, info, warn, error, none"};
}

void set_log_level(LogLevel level) {
    current_level() = level;
}

bool log_enabled(LogLevel level) {
    return level >= current_level().load(std::memory_order_relaxed);
}

void log_debug(std::string_view message, LogFields fields, std::source_location where) {
    write(LogLevel::debug, "debug", message, fields, where);
}

void log_info(std::string_view message, LogFields fields, std::source_location where) {
    write(LogLevel::info, "info", message, fields, where);
}

void log_warn(std::string_view message, LogFields fields, std::source_location where) {
    write(LogLevel::warn, "warn", message, fields, where);
}

void log_error(std::string_view message, LogFields fields, std::source_location where) {
    write(LogLevel::error, "error", message, fields, where);
}

}  // namespace ferro::runtime
