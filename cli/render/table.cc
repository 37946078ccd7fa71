#include "cli/render/table.h"

#include <algorithm>
#include <sstream>

namespace ferro::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 14;  // a column is not wrapped below this

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
    std::vector<std::string> lines(1);
    std::istringstream words(text);
    std::string word;
    while (words >> word) {
        std::string& line = lines.back();
        if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
            lines.push_back(word);
        } else {
            line += (line.empty() ? "" : " ") + word;
        }
    }
    return lines;
}

std::vector<std::size_t> Table::widths(const Style& style, std::size_t indent) const {
    std::vector<std::size_t> widths;
    std::size_t total = indent;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        std::size_t width = display_width(columns_[c].title);
        for (const auto& row : rows_) {
            width = std::max(width, display_width(row[c].text));
        }
        widths.push_back(width);
        total += width + (c == 0 ? 0 : kGap);
    }
    while (!style.wide && total > style.columns) {
        std::size_t widest = columns_.size();
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const bool can = columns_[c].wraps && widths[c] > kNarrowest;
            if (can && (widest == columns_.size() || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == columns_.size()) {
            break;
        }
        --widths[widest];
        --total;
    }
    return widths;
}

std::string Table::render(const Style& style, std::size_t indent) const {
    const std::vector<std::size_t> width = widths(style, indent);
    std::string out;
    const auto put_line = [&](const std::vector<std::string>& texts,
                              const std::vector<Tone>& tones) {
        std::string line(indent, ' ');
        std::size_t owed = 0;  // blanks that are written only if something follows
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const std::size_t used = display_width(texts[c]);
            const std::size_t pad = width[c] > used ? width[c] - used : 0;
            const bool right = columns_[c].align == Align::right;
            if (used > 0) {
                line +=
                    std::string(owed + (right ? pad : 0), ' ') + toned(style, tones[c], texts[c]);
                owed = (right ? 0 : pad) + kGap;
            } else {
                owed += width[c] + kGap;
            }
        }
        out += line + "\n";
    };

    std::vector<std::string> titles;
    for (const Column& column : columns_) {
        titles.push_back(column.title);
    }
    put_line(titles, std::vector<Tone>(columns_.size(), Tone::bold));
    for (const auto& row : rows_) {
        std::vector<std::vector<std::string>> cells;
        std::vector<Tone> tones;
        std::size_t height = 1;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            cells.push_back(columns_[c].wraps ? wrapped(row[c].text, width[c])
                                              : std::vector<std::string>{row[c].text});
            tones.push_back(row[c].tone);
            height = std::max(height, cells.back().size());
        }
        for (std::size_t n = 0; n < height; ++n) {
            std::vector<std::string> texts;
            for (const auto& cell : cells) {
                texts.push_back(n < cell.size() ? cell[n] : std::string());
            }
            put_line(texts, tones);
        }
    }
    return out;
}

}  // namespace ferro::cli
