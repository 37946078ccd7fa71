// Any bytes as a manifest: no crash, bounded findings, and reading twice says the same. The first
// byte chooses between the two readers.
#include "core/base/check.h"
#include "kube/wire/manifest.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const char* const name = data[0] == 'j' ? "f.json" : "f.yaml";
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const ferro::kube::Manifest once = ferro::kube::read_manifest(name, text);
    const ferro::kube::Manifest again = ferro::kube::read_manifest(name, text);
    CHECK(once.findings == again.findings, "a text means the same each time");
    CHECK(once.findings.size() <= ferro::kube::kFindingsPerFileMax, "findings are bounded");
    for (const ferro::kube::ManifestObject& object : once.objects) {
        CHECK(object.object != nullptr || !once.findings.empty(), "a refusal says why");
        CHECK(!object.ref.key.name.empty(), "a listed object has a name");
    }
    return 0;
}
