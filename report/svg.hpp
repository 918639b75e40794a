// What every figure shares: its frame with title and description, its legend, text that is escaped.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Width of a figure in its own units; a character of its text is about 12 of them high.
inline constexpr double kFigureWidth = 640;
/// Colours c0, c1, ... in report.css.
inline constexpr int kFigureColours = 7;

/// Which part of the text lies at its x.
enum class Anchor { kStart, kMiddle, kEnd };
/// A line of text with its baseline at y, escaped here. `css` is a class of report.css, "" for
/// none.
void add_text(std::string& out,
              std::string_view css,
              double x,
              double y,
              Anchor anchor,
              std::string_view text);

struct LegendEntry {
  std::string label;
  /// Draws the sample with its left end at x, on the text's baseline y.
  std::function<void(std::string& out, double x, double y)> draw;
};

struct LegendPlace {
  double left;
  double baseline;  // of the first line
  double sample;    // width kept for the sample
};

/// Entries flow into lines. Returns the baseline of the last one.
double draw_legend(std::string& out, const std::vector<LegendEntry>& entries, LegendPlace place);

struct Figure {
  std::string title;
  std::string description;  // for a reader who does not see it
  double left = 0;          // where the title starts
  double height = 0;
  std::string body;  // SVG
};
std::string svg(const Figure& figure);

}  // namespace fabricast
