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

// Length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF), or 0.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) {
        return 0;
    }
    const unsigned char second = byte(1);
    const bool out_of_range = (first == 0xE0 && second < 0xA0) ||
                              (first == 0xED && second > 0x9F) ||
                              (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return out_of_range ? 0 : length;
}

void append_control(std::string& out, char c) {
    static constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
        out += "\\n";
    } else {
        out += "\\u00";
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
    }
}

// Texts come from networks and files: whatever bytes they hold, the line stays one line of JSON.
// What is not UTF-8 becomes U+FFFD, a byte each, as Go's encoder does it.
void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const char c = text.front();
        if (length == 0) {
            out += "\xEF\xBF\xBD";
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            append_control(out, c);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
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
