// Table: aligned columns for people. When the lines would be longer than the style allows, the
// widest columns that may wrap become narrower and their cells go over several lines.
#pragma once

#include "cli/render/style.h"

#include <string>
#include <vector>

namespace ferro::cli {

struct Cell {
    std::string text;
    Tone tone = Tone::plain;

    // NOLINTNEXTLINE(google-explicit-constructor): a row is a list of texts, some with a tone.
    Cell(std::string content, Tone in = Tone::plain) : text(std::move(content)), tone(in) {}

    // NOLINTNEXTLINE(google-explicit-constructor)
    Cell(const char* content, Tone in = Tone::plain) : text(content), tone(in) {}
};

enum class Align : std::uint8_t { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    bool wraps = false;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

    /// Title line and rows, each line ended, without trailing blanks. `indent` blanks before each.
    [[nodiscard]] std::string render(const Style& style, std::size_t indent = 0) const;

  private:
    [[nodiscard]] std::vector<std::size_t> widths(const Style& style, std::size_t indent) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// The text in lines of at most `width` columns, broken at blanks; a longer word stays whole.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace ferro::cli
