#include "kube/io/ledger_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

namespace ferro::kube {

namespace {

constexpr std::string_view kMarkerWord = "ferrolb-ledger ";
constexpr std::size_t kGenerationDigits = 20;

ErrorCode code_of(int error) {
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission_denied;
        case ENOSPC:
        case EDQUOT:
        case EMFILE:
        case ENFILE:
            return ErrorCode::resource_exhausted;
        case ENOENT:
            return ErrorCode::not_found;
        default:
            return ErrorCode::unavailable;
    }
}

std::string read_start(int fd) {
    std::array<char, 128> buffer;
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), 0);
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace

OwnedFd::~OwnedFd() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

OwnedFd::OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Error system_error(const std::string& doing) {
    const int error = errno;
    return Error{code_of(error), doing + ": " + std::strerror(error)};
}

Result<OwnedFd> lock_state_dir(const std::filesystem::path& lock_file) {
    OwnedFd fd(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (fd.get() < 0) {
        return system_error("opening " + lock_file.string());
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return system_error("locking " + lock_file.string());
        }
        const std::string text = read_start(fd.get());
        const std::string pid = text.substr(0, text.find_first_of(" \n"));
        return Error{ErrorCode::conflict,
                     "another controller (pid " + (pid.empty() ? "unknown" : pid) + ") holds " +
                         lock_file.string()};
    }
    // Padded, not truncated: overwriting works on a full disk. If even the first write fails the
    // lock still holds, only the pid is not told.
    std::string pid = std::to_string(::getpid());
    pid.resize(15, ' ');
    pid += '\n';
    [[maybe_unused]] const ssize_t written = ::pwrite(fd.get(), pid.data(), pid.size(), 0);
    return fd;
}

Result<void> sync_directory(const std::filesystem::path& directory) {
    const OwnedFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) {
        return system_error("syncing " + directory.string());
    }
    return {};
}

Result<std::optional<std::uint64_t>> LedgerMarker::read() {
    const OwnedFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) {
        if (errno == ENOENT) {
            return std::optional<std::uint64_t>();
        }
        return system_error("opening " + path_.string());
    }
    const std::string text = read_start(fd.get());
    std::uint64_t generation = 0;
    if (text.starts_with(kMarkerWord) && text.size() >= kMarkerWord.size() + kGenerationDigits) {
        const char* begin = text.data() + kMarkerWord.size();
        const auto parsed = std::from_chars(begin, begin + kGenerationDigits, generation);
        if (parsed.ptr != begin + kGenerationDigits) {
            generation = 0;
        }
    }
    return std::optional<std::uint64_t>(generation);
}

Result<void> LedgerMarker::record(std::uint64_t generation) {
    const bool first = fd_.get() < 0;
    if (first) {
        fd_ = OwnedFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (fd_.get() < 0) {
            return system_error("opening " + path_.string());
        }
    }
    std::array<char, 64> line{};
    const int length = std::snprintf(line.data(),
                                     line.size(),
                                     "%s%020llu\n",
                                     kMarkerWord.data(),
                                     static_cast<unsigned long long>(generation));
    const ssize_t written = ::pwrite(fd_.get(), line.data(), static_cast<std::size_t>(length), 0);
    if (written != length) {
        return system_error("writing " + path_.string());
    }
    if (first && ::fdatasync(fd_.get()) != 0) {
        return system_error("syncing " + path_.string());
    }
    return {};
}

LedgerReserve::LedgerReserve(std::filesystem::path path, std::int64_t bytes)
    : path_(std::move(path)), bytes_(bytes) {}

void LedgerReserve::hold() {
    if (held_ || bytes_ <= 0) {
        return;
    }
    const OwnedFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    // posix_fallocate writes zeros where the file system cannot reserve. A partial reserve is
    // removed: half of it would be taken from those who fight for the last blocks, and help nobody.
    held_ = fd.get() >= 0 && ::posix_fallocate(fd.get(), 0, bytes_) == 0;
    if (!held_) {
        ::unlink(path_.c_str());
    }
}

bool LedgerReserve::give_up() {
    const bool had = held_;
    held_ = false;
    ::unlink(path_.c_str());
    return had;
}

std::string date_word(WallTime time) {
    const std::time_t seconds = static_cast<std::time_t>(time.unix_ms / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
    return {text.data(), length};
}

}  // namespace ferro::kube
