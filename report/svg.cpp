#include "report/svg.hpp"

#include "report/html_text.hpp"
#include "report/utf8.hpp"

namespace fabricast {

namespace {

constexpr double kLegendLine = 21;
constexpr double kLegendGap = 18;
constexpr double kCharacter = 6.6;  // mean advance of the page's font, rounded up
constexpr std::size_t kLongestLabel = 64;
constexpr std::size_t kLongestTitle = 68;

}  // namespace

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
    add(out, "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + place.sample, y, escape(label));
    x += width + kLegendGap;
  }
  return y;
}

std::string svg(const Figure& f) {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n"
      "<text class=\"title\" x=\"{}\" y=\"20\">{}</text>\n{}</svg>\n",
      kFigureWidth,
      f.height,
      escape(f.description),
      f.left,
      escape(clip(f.title, kLongestTitle)),
      f.body);
}

}  // namespace fabricast
