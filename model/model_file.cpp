#include "model/model_file.hpp"

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "model/collective/priors.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace fabricast {

namespace {

using nlohmann::json;
constexpr std::string_view kSchema = "fabricast.model/1";
constexpr std::size_t kLargestFile = 16 << 20;

json quantity_json(const Quantity<double>& q) {
  return {
      {"value",      q.value           },
      {"lo",         q.lo              },
      {"hi",         q.hi              },
      {"provenance", name(q.provenance)},
      {"source",     q.source          }
  };
}

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(what, where, "a model.json written by `fabricast fit`");
}

Quantity<double> quantity_from(const json& j, const std::string& where) {
  Quantity<double> q{j.at("value").get<double>(),
                     j.at("lo").get<double>(),
                     j.at("hi").get<double>(),
                     Provenance::kAssumed,
                     j.at("source").get<std::string>()};
  const auto provenance = find_provenance(j.at("provenance").get<std::string>());
  if (!provenance || !(q.lo > 0 && q.lo <= q.value && q.value <= q.hi && q.hi < 1e15)) {
    refuse("an input has no valid range or provenance", where);
  }
  q.provenance = *provenance;
  return q;
}

json covariance_json(const Eigen::MatrixXd& covariance) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < covariance.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index k = 0; k < covariance.cols(); ++k) {
      row.push_back(covariance(i, k));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Eigen::MatrixXd covariance_from(const json& rows, std::size_t size, const std::string& where) {
  const auto n = static_cast<Eigen::Index>(size);
  const auto values = rows.get<std::vector<std::vector<double>>>();
  Eigen::MatrixXd covariance(n, n);
  if (values.size() != size) {
    refuse("the covariance does not belong to the fitted inputs", where);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& row = values[static_cast<std::size_t>(i)];
    if (row.size() != size) {
      refuse("the covariance is not square", where);
    }
    for (Eigen::Index k = 0; k < n; ++k) {
      covariance(i, k) = row[static_cast<std::size_t>(k)];
    }
    if (!(covariance(i, i) >= 0 && covariance(i, i) < 100)) {
      refuse("the covariance has a variance that is negative or absurd", where);
    }
  }
  return covariance;
}

Model read(const json& j, const std::string& where) {
  if (!j.is_object() || j.value("schema", "") != kSchema) {
    refuse("this is not a model file of this version", where);
  }
  Model model = prior_model();
  model.description = j.at("description").get<std::string>();
  model.fitted_ranks = j.at("fitted_ranks").get<std::map<std::string, int>>();
  for (const auto& item : j.at("inputs").items()) {
    if (!model.constants.has(item.key())) {
      refuse("the model has no input named '" + item.key() + "'", where);
    }
    model.constants.add(item.key(), quantity_from(item.value().at("fitted"), where));
  }
  Inputs::Joint joint;
  joint.names = j.at("covariance_of").get<std::vector<std::string>>();
  for (const auto& name : joint.names) {
    if (!model.constants.has(name)) {
      refuse("the covariance names an unknown input '" + name + "'", where);
    }
  }
  joint.covariance = covariance_from(j.at("covariance_of_logarithms"), joint.names.size(), where);
  model.constants.set_joint(std::move(joint));
  for (const auto& s : j.at("scores")) {
    model.scores.push_back({s.at("what").get<std::string>(),
                            s.at("rows").get<int>(),
                            s.at("median_error").get<double>(),
                            s.at("p90_error").get<double>(),
                            s.at("coverage").get<double>()});
  }
  model.warnings = j.at("warnings").get<std::vector<std::string>>();
  return model;
}

}  // namespace

Model prior_model() {
  Model model;
  model.constants = prior_inputs();
  return model;
}

json to_json(const Model& model) {
  const Inputs priors = prior_inputs();
  json inputs = json::object();
  for (std::size_t i = 0; i < model.constants.size(); ++i) {
    const Input& input = model.constants.at(i);
    const Input& prior = priors.at(priors.index(input.name));
    if (input.quantity.provenance == Provenance::kMeasured) {
      inputs[input.name] = {
          {"fitted", quantity_json(input.quantity)},
          {"prior",  quantity_json(prior.quantity)}
      };
    }
  }
  json scores = json::array();
  for (const auto& s : model.scores) {
    scores.push_back({
        {"what",         s.what        },
        {"rows",         s.rows        },
        {"median_error", s.median_error},
        {"p90_error",    s.p90_error   },
        {"coverage",     s.coverage    }
    });
  }
  return {
      {"schema",                   kSchema                                            },
      {"description",              model.description                                  },
      {"fitted_ranks",             model.fitted_ranks                                 },
      {"inputs",                   inputs                                             },
      {"covariance_of",            model.constants.joint().names                      },
      {"covariance_of_logarithms", covariance_json(model.constants.joint().covariance)},
      {"scores",                   scores                                             },
      {"warnings",                 model.warnings                                     }
  };
}

Model model_from_json(const json& j, const std::string& where) {
  try {
    return read(j, where);
  } catch (const json::exception& error) {
    refuse(std::string("the model file is incomplete: ") + error.what(), where);
  }
}

Model load_model(const std::string& path) {
  std::error_code status;
  const auto size = std::filesystem::file_size(path, status);
  std::ifstream in(path);
  if (status || !in) {
    refuse("cannot read " + path, "--model");
  }
  if (size > kLargestFile) {
    refuse(path + " is too large for a model file", "--model");
  }
  const json j = json::parse(in, nullptr, false);
  if (j.is_discarded()) {
    refuse(path + " is not JSON", "--model");
  }
  return model_from_json(j, path);
}

void save_model(const Model& model, const std::string& path) {
  write_file(path, [&](std::ostream& out) { out << to_json(model).dump(1) << '\n'; });
}

}  // namespace fabricast
