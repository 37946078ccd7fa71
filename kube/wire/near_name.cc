#include "kube/wire/near_name.h"

#include <algorithm>
#include <string>

namespace ferro::kube {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Edits between two words, swapped neighbours counting as one (optimal string alignment).
std::size_t edits(const std::string& a, const std::string& b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            table[i][j] =
                std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size()][b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view word, const std::vector<std::string_view>& known) {
    constexpr std::size_t kLongest =
        64;  // beyond that it is no typing mistake, and edits() is quadratic
    std::string_view best;
    if (word.empty() || word.size() > kLongest) {
        return best;
    }
    const std::string from = lower(word);
    std::size_t best_edits = SIZE_MAX;
    for (const std::string_view candidate : known) {
        const std::size_t distance = edits(from, lower(candidate));
        if (distance <= candidate.size() / 3 && distance < best_edits) {
            best = candidate;
            best_edits = distance;
        }
    }
    return best;
}

}  // namespace ferro::kube
