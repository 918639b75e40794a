#include "report/svg_bars.hpp"

#include "report/append.hpp"
#include "report/html_text.hpp"
#include "report/svg.hpp"
#include "report/utf8.hpp"

#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

constexpr double kLeft = 88;
constexpr double kLength = 450;
constexpr double kTop = 36;
constexpr double kLine = 24;
constexpr double kThickness = 17;
constexpr double kBaseline = 13;  // of text inside a bar, below its top
constexpr double kRoomForLetter = 12;
constexpr double kRoomForShare = 52;
constexpr std::size_t kLongestLabel = 13;
constexpr double kLegendSample = 24;

bool can_draw(const BarPart& part) { return std::isfinite(part.share) && part.share > 0; }

std::vector<std::string> part_names(const StackedBars& bars) {
  std::vector<std::string> names;
  for (const auto& bar : bars.bars) {
    for (const auto& part : bar.parts) {
      if (can_draw(part) && std::find(names.begin(), names.end(), part.name) == names.end()) {
        names.push_back(part.name);
      }
    }
  }
  return names;
}

// a..z, then a2, b2, ...
std::string letter(std::size_t index) {
  const std::string text(1, static_cast<char>('a' + index % 26));
  return index < 26 ? text : fmt::format("{}{}", text, index / 26 + 1);
}

double scale_of(const Bar& bar) {
  double sum = 0;
  for (const auto& part : bar.parts) {
    sum += can_draw(part) ? part.share : 0;
  }
  return kLength / std::max(sum, 1.0);
}

void draw_box(std::string& out, double x, double y, double width) {
  add(out,
      R"(<rect class="part" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>)",
      x,
      y,
      width,
      kThickness);
}

struct Place {
  double x;
  double y;  // top
  double width;
};

void draw_part(std::string& out, const BarPart& part, std::size_t index, Place place) {
  add(out, R"(<g class="c{}"><title>{}</title>)", index % kFigureColours, escape(part.tooltip));
  draw_box(out, place.x, place.y, place.width);
  if (place.width >= kRoomForLetter) {
    const bool roomy = place.width >= kRoomForShare;
    const std::string share = roomy ? fmt::format(" {:.0f} %", part.share * 100) : "";
    const double middle = place.x + place.width / 2;
    add_text(out, "inside", middle, place.y + kBaseline, Anchor::kMiddle, letter(index) + share);
  }
  out += "</g>\n";
}

void draw_bar(std::string& out, const Bar& bar, const std::vector<std::string>& names, double y) {
  const double baseline = y + kBaseline;
  add_text(out, "tick", kLeft - 8, baseline, Anchor::kEnd, clip(bar.label, kLongestLabel));
  const double scale = scale_of(bar);
  double x = kLeft;
  for (const auto& part : bar.parts) {
    if (can_draw(part)) {
      const auto name = std::find(names.begin(), names.end(), part.name) - names.begin();
      draw_part(out, part, static_cast<std::size_t>(name), {x, y, part.share * scale});
      x += part.share * scale;
    }
  }
  const double behind = kLeft + kLength + 8;
  add_text(out, "tick", behind, baseline, Anchor::kStart, clip(bar.total, kLongestLabel));
}

void draw_legend_sample(std::string& out, std::size_t index, double x, double y) {
  add(out, R"(<g class="c{}">)", index % kFigureColours);
  draw_box(out, x, y - kBaseline, kThickness);
  add_text(out, "inside", x + kThickness / 2, y, Anchor::kMiddle, letter(index));
  out += "</g>\n";
}

std::vector<LegendEntry> legend(const std::vector<std::string>& names) {
  std::vector<LegendEntry> entries;
  for (std::size_t i = 0; i < names.size(); ++i) {
    entries.push_back({names[i], [i](std::string& out, double x, double y) {
                         draw_legend_sample(out, i, x, y);
                       }});
  }
  return entries;
}

std::string description(const StackedBars& bars) {
  std::string text = bars.title + ".";
  for (const auto& bar : bars.bars) {
    text += fmt::format(" {} ({}):", bar.label, bar.total);
    for (const auto& part : bar.parts) {
      if (can_draw(part)) {
        text += fmt::format(" {} {:.0f} %,", part.name, part.share * 100);
      }
    }
    text.back() = text.back() == ',' ? '.' : text.back();
  }
  return text;
}

}  // namespace

std::string svg_bars(const StackedBars& bars) {
  const std::vector<std::string> names = part_names(bars);
  std::string body;
  double y = kTop;
  for (const auto& bar : bars.bars) {
    draw_bar(body, bar, names, y);
    y += kLine;
  }
  const double end = draw_legend(body, legend(names), {kLeft, y + 22, kLegendSample});
  return svg({bars.title, description(bars), kLeft, end + 14, body});
}

}  // namespace fabricast
