#include "tests/support/certificates.h"

#include "core/base/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <utility>

namespace ferro::test {
namespace {

template <typename T, void (*Free)(T*)>
struct Freed {
    void operator()(T* pointer) const { Free(pointer); }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    CHECK(key != nullptr, "OpenSSL makes a key");
    return key;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    CHECK(extension != nullptr, "the extension's text is well formed");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

void set_name(X509_NAME* name, const std::string& common_name) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's text type is unsigned.
    const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
}

Certificate make_certificate(EVP_PKEY* key,
                             const std::string& common_name,
                             long serial,
                             std::chrono::seconds from,
                             std::chrono::seconds until) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until.count());
    X509_set_pubkey(certificate.get(), key);
    set_name(X509_get_subject_name(certificate.get()), common_name);
    return certificate;
}

/// Written aside and moved into place, so that a reader never sees half a file.
template <typename Write>
std::string write_pem(const std::filesystem::path& path, Write write) {
    const std::filesystem::path aside = path.string() + ".new";
    std::FILE* file = std::fopen(aside.c_str(), "we");
    CHECK(file != nullptr, "the directory is writable");
    CHECK(write(file) == 1, "OpenSSL writes PEM");
    std::fclose(file);
    std::filesystem::rename(aside, path);
    return path.string();
}

}  // namespace

struct CertificateAuthority::State {
    Key key;
    Certificate certificate;
};

CertificateAuthority::CertificateAuthority(std::filesystem::path directory, const std::string& name)
    : state_(std::make_unique<State>()), directory_(std::move(directory)) {
    state_->key = make_key();
    state_->certificate = make_certificate(
        state_->key.get(), name, serial_++, std::chrono::hours{-24}, std::chrono::hours{24});
    X509* certificate = state_->certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    CHECK(X509_sign(certificate, state_->key.get(), EVP_sha256()) > 0, "OpenSSL signs");
    file_ = write_pem(directory_ / (name + "-ca.pem"),
                      [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

CertificateAuthority::~CertificateAuthority() = default;

CertificateFiles CertificateAuthority::issue(const std::string& file, const LeafRequest& request) {
    const Key key = make_key();
    const Certificate certificate =
        make_certificate(key.get(), request.common_name, serial_++, request.from, request.until);
    X509* issuer = state_->certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
    std::string names;
    for (const std::string& name : request.dns_names) {
        names += (names.empty() ? "DNS:" : ",DNS:") + name;
    }
    for (const std::string& address : request.addresses) {
        names += (names.empty() ? "IP:" : ",IP:") + address;
    }
    if (!names.empty()) {
        add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
    }
    add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
    CHECK(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) > 0, "OpenSSL signs");
    return {.certificate =
                write_pem(directory_ / (file + ".pem"),
                          [&](std::FILE* out) { return PEM_write_X509(out, certificate.get()); }),
            .key = write_pem(directory_ / (file + "-key.pem"),
                             [&](std::FILE* out) {
                                 return PEM_write_PrivateKey(
                                     out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
                             }),
            .authority = file_};
}

}  // namespace ferro::test
