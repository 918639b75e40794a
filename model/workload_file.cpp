#include "model/workload_file.hpp"

#include "core/names.hpp"
#include "model/toml_quantity.hpp"
#include "model/toml_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "embedded/workloads_files.hpp"

namespace fabricast {

namespace {

using enum KeyKind;

// Shapes and their count may differ from the published total by what people round and leave out.
constexpr double kTotalTolerance = 0.01;

constexpr KeyRule need(KeyKind kind, std::string_view key, std::string_view meaning) {
  return {.key = key, .kind = kind, .required = true, .meaning = meaning};
}

/// A number of the shape, with where it goes.
struct ShapeNumber {
  std::string_view key;
  std::uint64_t Workload::*member;
  bool required;
  std::string_view meaning;
};
constexpr std::array kShapeNumbers{
    ShapeNumber{"layers",            &Workload::layers,            true,  "transformer layers"                          },
    ShapeNumber{"hidden",            &Workload::hidden,            true,  "width of the residual stream"                },
    ShapeNumber{"heads",             &Workload::heads,             true,  "attention heads"                             },
    ShapeNumber{"kv_heads",          &Workload::kv_heads,          true,  "heads of keys and values"                    },
    ShapeNumber{"ffn",               &Workload::ffn,               true,  "width of the feed-forward network, or expert"},
    ShapeNumber{"vocabulary",        &Workload::vocabulary,        true,  "rows of the embedding"                       },
    ShapeNumber{"positions",         &Workload::positions,         false, "learned position vectors"                    },
    ShapeNumber{"norms_per_layer",
                &Workload::norms_per_layer,
                true,                                                     "normalisations with parameters in a layer"   },
    ShapeNumber{"experts",           &Workload::experts,           false, "experts in each layer"                       },
    ShapeNumber{
                "experts_per_token", &Workload::experts_per_token, false, "experts that a token visits"                 },
};

struct ShapeFlag {
  std::string_view key;
  bool Workload::*member;
  std::string_view meaning;
};
constexpr std::array kShapeFlags{
    ShapeFlag{"gated",           &Workload::gated,           "a third feed-forward matrix gates the first"},
    ShapeFlag{"biases",          &Workload::biases,          "a bias on every matrix and norm"            },
    ShapeFlag{"tied_embeddings", &Workload::tied_embeddings, "the output matrix is the embedding"         },
};

constexpr auto kShapeKeys = [] {
  std::array<KeyRule, kShapeNumbers.size() + kShapeFlags.size()> keys{};
  auto* next = keys.begin();
  for (const auto& row : kShapeNumbers) {
    *next++ = {.key = row.key,
               .kind = kQuantity,
               .required = row.required,
               .meaning = row.meaning,
               .range = kCount};
  }
  for (const auto& row : kShapeFlags) {
    *next++ = need(kFlag, row.key, row.meaning);
  }
  return keys;
}();
constexpr TableRule kShape{kShapeKeys};

constexpr std::array kAboutKeys{
    need(kText, "id", "short name; the file's name for built-in workloads"),
    need(kText, "title", "one line for people"),
    KeyRule{.key = "aliases",
            .kind = kTextList,
            .required = false,
            .meaning = "other names that people type"},
    need(kQuantity, "parameters", "published total, to hold against the shapes"),
};
constexpr TableRule kAbout{kAboutKeys};

constexpr std::array kFileKeys{
    KeyRule{.key = "schema",
            .kind = kInteger,
            .required = true,
            .meaning = "version of this notation",
            .range = {1, 1} },
    KeyRule{.key = "workload",
            .kind = kTable,
            .required = true,
            .meaning = "what it is",
            .table = &kAbout},
    KeyRule{.key = "shape",
            .kind = kTable,
            .required = true,
            .meaning = "layer shapes",
            .table = &kShape},
};
constexpr TableRule kFile{kFileKeys};

struct WorkloadText {
  std::string file;  // for messages
  TomlValue root;
};

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".toml");
}

bool answers_to(const EmbeddedFile& file, const TomlValue& root, const std::string& name) {
  if (file.name == name + ".toml") {
    return true;
  }
  const TomlValue* about = root.find("workload");
  const TomlValue* aliases = about == nullptr ? nullptr : about->find("aliases");
  return aliases != nullptr &&
         std::any_of(aliases->items.begin(), aliases->items.end(), [&](const TomlValue& alias) {
           return alias.text == name;
         });
}

WorkloadText find_workload(const std::string& name_or_path) {
  if (is_path(name_or_path)) {
    return {name_or_path, read_toml(read_toml_file(name_or_path), name_or_path)};
  }
  for (const auto& file : workloads_files()) {
    const std::string path = "workloads/" + file.name;
    TomlValue root = read_toml(file.text, path);
    if (answers_to(file, root, name_or_path)) {
      return {path, std::move(root)};
    }
  }
  throw unknown_name(
      "workload", quotable(name_or_path), workload_names(), "a file needs a / or .toml");
}

std::uint64_t whole(const TomlValue& quantity) {
  return static_cast<std::uint64_t>(std::llround(quantity.at("v").number));
}

Workload workload_of(const TomlValue& root) {
  const TomlValue& about = root.at("workload");
  const TomlValue& shape = root.at("shape");
  Workload w;
  w.id = about.at("id").text;
  w.title = about.at("title").text;
  w.published_parameters = about.at("parameters").at("v").number;
  for (const auto& row : kShapeNumbers) {
    if (const TomlValue* value = shape.find(row.key)) {
      w.*row.member = whole(*value);
    }
  }
  for (const auto& row : kShapeFlags) {
    w.*row.member = shape.at(row.key).flag;
  }
  return w;
}

class ShapeCheck {
 public:
  ShapeCheck(const TomlValue& root, Faults& faults)
      : shape_(root.at("shape")), w_(workload_of(root)), faults_(faults) {}

  void run() const {
    whole_numbers();
    divides("heads", w_.heads, "hidden", w_.hidden);
    divides("kv_heads", w_.kv_heads, "heads", w_.heads);
    if ((w_.experts == 0) != (w_.experts_per_token == 0) || w_.experts_per_token > w_.experts) {
      faults_.add(
          shape_,
          "shape",
          fmt::format("{} experts, of which a token visits {}", w_.experts, w_.experts_per_token),
          "both keys or none; experts_per_token <= experts");
    }
    if (faults_.all().empty()) {
      total();
    }
  }

 private:
  void whole_numbers() const {
    for (const auto& row : kShapeNumbers) {
      const TomlValue* value = shape_.find(row.key);
      if (value != nullptr && value->at("v").number != std::floor(value->at("v").number)) {
        faults_.add(*value,
                    fmt::format("shape.{}", row.key),
                    fmt::format("{} is not a whole number", row.key),
                    "shapes are counts");
      }
    }
  }

  void divides(std::string_view part,
               std::uint64_t divisor,
               std::string_view whole,
               std::uint64_t dividend) const {
    if (dividend % divisor != 0) {
      faults_.add(shape_.at(part),
                  fmt::format("shape.{}", part),
                  fmt::format("{} = {} does not divide {} = {}", part, divisor, whole, dividend),
                  "the shapes as published");
    }
  }

  void total() const {
    const auto counted = static_cast<double>(parameter_count(w_));
    if (std::abs(counted / w_.published_parameters - 1) > kTotalTolerance) {
      faults_.add(shape_,
                  "shape",
                  fmt::format("the shapes add up to {:.4g} parameters, published are {:.4g}",
                              counted,
                              w_.published_parameters),
                  "find the shape that is wrong; more than 1 % is not rounding");
    }
  }

  const TomlValue& shape_;
  Workload w_;
  Faults& faults_;
};

std::vector<Error> faults_of(const WorkloadText& text) {
  Faults faults(text.file);
  check_schema(text.root, kFile, faults);
  if (faults.all().empty()) {
    ShapeCheck(text.root, faults).run();
  }
  return faults.all();
}

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& file : workloads_files()) {
    names.push_back(file.name.substr(0, file.name.rfind('.')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

DescribedWorkload load_workload(const std::string& name_or_path) {
  const WorkloadText text = find_workload(name_or_path);
  const auto faults = faults_of(text);
  if (!faults.empty()) {
    throw Error(faults.front());
  }
  DescribedWorkload described{workload_of(text.root), {}};
  visit_values(text.root,
               kFile,
               "",
               [&](const TomlValue& value, const KeyRule& row, const std::string& path) {
                 if (row.kind == kQuantity) {
                   described.facts.push_back({path, read_quantity(value)});
                 }
               });
  return described;
}

std::vector<Error> workload_faults(const std::string& name_or_path) {
  try {
    return faults_of(find_workload(name_or_path));
  } catch (const Error& fault) {
    return {fault};
  }
}

}  // namespace fabricast
