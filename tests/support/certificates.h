// A certificate authority for tests: makes keys and certificates (EC P-256) and writes them as PEM
// files.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ferro::test {

struct CertificateFiles {
    std::string certificate;
    std::string key;
    std::string authority;
};

struct LeafRequest {
    std::string common_name;
    std::vector<std::string> dns_names;
    std::vector<std::string> addresses;
    /// Both relative to now; a negative `until` is an expired certificate.
    std::chrono::seconds from{-3600};
    std::chrono::seconds until{3600};
};

class CertificateAuthority {
  public:
    /// Writes `NAME-ca.pem` into `directory`.
    CertificateAuthority(std::filesystem::path directory, const std::string& name);
    ~CertificateAuthority();
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;

    /// Writes `FILE.pem` and `FILE-key.pem`; replaces older ones. Good for servers and clients.
    CertificateFiles issue(const std::string& file, const LeafRequest& request);

    [[nodiscard]] const std::string& file() const { return file_; }

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::filesystem::path directory_;
    std::string file_;
    long serial_ = 1;
};

}  // namespace ferro::test
