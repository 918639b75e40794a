#include "core/names.hpp"

#include <algorithm>
#include <numeric>

namespace fabricast {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view given, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestGiven = 200;  // edit distance is quadratic; a longer name is noise
  std::string best;
  std::size_t best_distance = given.size() / 2 + 1;
  for (const auto& name : known) {
    if (given.size() > kLongestGiven) {
      break;
    }
    const std::size_t distance = edit_distance(given, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

Error unknown_name(std::string_view kind,
                   std::string_view given,
                   const std::vector<std::string>& known,
                   const std::string& where) {
  std::string list;
  for (const auto& name : known) {
    list += (list.empty() ? "" : ", ") + name;
  }
  const std::string nearest = nearest_name(given, known);
  const std::string remedy =
      (nearest.empty() ? "" : "did you mean '" + nearest + "'? ") + "known: " + list;
  return {"unknown " + std::string(kind) + " '" + std::string(given) + "'", where, remedy};
}

}  // namespace fabricast
