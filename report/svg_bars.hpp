// What a time consists of, as one stacked bar per message size: inline SVG without scripts.
#pragma once

#include <string>
#include <vector>

namespace fabricast {

struct BarPart {
  std::string name;
  double share = 0;  // of the bar's length, 0..1
  std::string tooltip;
};

struct Bar {
  std::string label;  // before the bar
  std::string total;  // behind it
  std::vector<BarPart> parts;
};

struct StackedBars {
  std::string title;
  std::vector<Bar> bars;
};

/// Parts are told apart by a letter, so that the figure reads without colour. The same name has the
/// same letter in every bar. Parts that are not positive are left out; shares above 1 in all are
/// scaled down.
std::string svg_bars(const StackedBars& bars);

}  // namespace fabricast
