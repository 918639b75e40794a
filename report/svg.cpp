#include "report/svg.hpp"

#include "report/append.hpp"
#include "report/html_text.hpp"
#include "report/utf8.hpp"

#include <array>

namespace fabricast {

namespace {

constexpr double kLegendLine = 21;
constexpr double kLegendGap = 18;
constexpr double kCharacter = 6.6;  // mean advance of the page's font, rounded up
constexpr std::size_t kLongestLabel = 64;
constexpr std::size_t kLongestTitle = 68;

constexpr std::array<std::string_view, 3> kAnchors{"start", "middle", "end"};

}  // namespace

void add_text(std::string& out,
              std::string_view css,
              double x,
              double y,
              Anchor anchor,
              std::string_view text) {
  add_line(out,
           R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
           css,
           x,
           y,
           kAnchors[static_cast<std::size_t>(anchor)],
           escape(text));
}

double draw_legend(std::string& out, const std::vector<LegendEntry>& entries, LegendPlace place) {
  double x = place.left;
  double y = place.baseline;
  for (const auto& entry : entries) {
    const std::string label = clip(entry.label, kLongestLabel);
    const double width = place.sample + kCharacter * static_cast<double>(display_width(label));
    if (x > place.left && x + width > kFigureWidth) {
      x = place.left;
      y += kLegendLine;
    }
    entry.draw(out, x, y);
    add_text(out, "", x + place.sample, y, Anchor::kStart, label);
    x += width + kLegendGap;
  }
  return y;
}

std::string svg(const Figure& f) {
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">
<text class="title" x="{}" y="20">{}</text>
{}</svg>
)",
                     kFigureWidth,
                     f.height,
                     escape(f.description),
                     f.left,
                     escape(clip(f.title, kLongestTitle)),
                     f.body);
}

}  // namespace fabricast
