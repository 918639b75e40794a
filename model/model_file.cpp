#include "model/model_file.hpp"

#include "core/atomic_file.hpp"
#include "core/decimal.hpp"
#include "core/error.hpp"
#include "model/collective/priors.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <Eigen/Cholesky>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "embedded/published_model_files.hpp"

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

// Six digits are far more than a covariance knows.
double rounded(double value) { return fabricast::rounded(value, 6); }

// The lower triangle, row by row.
json covariance_json(const Eigen::MatrixXd& covariance) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < covariance.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index k = 0; k <= i; ++k) {
      row.push_back(rounded(covariance(i, k)));
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
    if (row.size() != static_cast<std::size_t>(i) + 1) {
      refuse("the covariance is not a triangle", where);
    }
    for (Eigen::Index k = 0; k <= i; ++k) {
      covariance(i, k) = row[static_cast<std::size_t>(k)];
      covariance(k, i) = covariance(i, k);
    }
  }
  if (n > 0 &&
      (!(covariance.diagonal().maxCoeff() < 100) || covariance.llt().info() != Eigen::Success)) {
    refuse("the covariance is not positive definite, or absurd", where);
  }
  return covariance;
}

json scale_json(const ResidualProcess::Scale& scale) {
  return {
      {"small",  rounded(scale.small) },
      {"middle", rounded(scale.middle)},
      {"large",  rounded(scale.large) }
  };
}

ResidualProcess::Scale scale_from(const json& j, const std::string& where) {
  const ResidualProcess::Scale scale{
      j.at("small").get<double>(), j.at("middle").get<double>(), j.at("large").get<double>()};
  for (const double sd : {scale.small, scale.middle, scale.large}) {
    if (!(sd > 0 && sd < 10)) {
      refuse("an error of the equations is not a standard deviation of logarithms", where);
    }
  }
  return scale;
}

json residuals_json(const std::vector<Residual>& residuals) {
  json rows = json::array();
  for (const Residual& r : residuals) {
    rows.push_back({
        {"collective", name(r.place.collective)},
        {"nodes",      r.place.nodes           },
        {"per_node",   r.place.per_node        },
        {"bytes",      r.place.message.si()    },
        {"log_error",  rounded(r.log_error)    },
        {"log_sd",     rounded(r.log_sd)       }
    });
  }
  return rows;
}

std::vector<Residual> residuals_from(const json& rows, const std::string& where) {
  constexpr std::size_t kMost = 10000;  // their covariance is a dense matrix
  std::vector<Residual> residuals;
  if (rows.size() > kMost) {
    refuse("too many residuals", where);
  }
  for (const auto& j : rows) {
    const auto collective = find_collective(j.at("collective").get<std::string>());
    const Residual r{
        {collective.value_or(Collective::kAllReduce),
         j.at("nodes").get<double>(),
         j.at("per_node").get<double>(),
         Bytes(j.at("bytes").get<double>())},
        j.at("log_error").get<double>(),
        j.at("log_sd").get<double>()
    };
    if (!collective || !(r.place.nodes >= 1 && r.place.nodes < 1e9) ||
        !(r.place.per_node >= 1 && r.place.per_node < 1e9) ||
        !(r.place.message.si() > 0 && r.place.message.si() < 1e18) ||
        !(std::abs(r.log_error) < 100) || !(r.log_sd > 1e-4 && r.log_sd < 10)) {
      refuse("a residual is not one", where);
    }
    residuals.push_back(r);
  }
  return residuals;
}

Model read(const json& j, const Model& before, const std::string& where) {
  if (!j.is_object() || j.value("schema", "") != kSchema) {
    refuse("this is not a model file of this version", where);
  }
  Model model = before;
  model.description = j.at("description").get<std::string>();
  for (const auto& [what, ranks] : j.at("fitted_ranks").get<std::map<std::string, int>>()) {
    model.fitted_ranks[what] = ranks;
  }
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
  const json& errors = j.at("errors_of_the_equations");
  model.errors = ResidualProcess(scale_from(errors.at("unseen"), where),
                                 scale_from(errors.at("seen"), where),
                                 residuals_from(errors.at("residuals"), where));
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
  model.description = "constants of NCCL and assumptions; nothing was measured";
  return model;
}

Model published_model() {
  static const Model model = [] {
    const auto& file = published_model_files().front();
    return model_from_json(json::parse(file.text), file.name, prior_model());
  }();
  return model;
}

json to_json(const Model& model, const Model& before) {
  json inputs = json::object();
  for (const auto& name : model.constants.joint().names) {
    inputs[name] = {
        {"fitted", quantity_json(model.constants.at(model.constants.index(name)).quantity)  },
        {"before", quantity_json(before.constants.at(before.constants.index(name)).quantity)}
    };
  }
  if (model.constants.has("host.model_form")) {
    const auto& form = model.constants.at(model.constants.index("host.model_form")).quantity;
    if (form.provenance == Provenance::kMeasured) {
      inputs["host.model_form"] = {
          {"fitted", quantity_json(form)}
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
      {"errors_of_the_equations",
       {{"unseen", scale_json(model.errors.unseen())},
        {"seen", scale_json(model.errors.seen())},
        {"residuals", residuals_json(model.errors.known())}}                          },
      {"scores",                   scores                                             },
      {"warnings",                 model.warnings                                     }
  };
}

Model model_from_json(const json& j, const std::string& where, const Model& before) {
  try {
    return read(j, before, where);
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

void save_model(const Model& model, const std::string& path, const Model& before) {
  write_file(path, [&](std::ostream& out) { out << to_json(model, before).dump(1) << '\n'; });
}

}  // namespace fabricast
