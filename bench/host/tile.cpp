#include "bench/host/tile.hpp"

#include "bench/patterns/schedule.hpp"

#include <Eigen/Dense>

namespace fabricast {

struct Tile::Matrices {
  using Matrix = Eigen::MatrixXf;
  static constexpr auto kEdge = static_cast<Eigen::Index>(kTileEdge);
  Matrix a = Matrix::Constant(kEdge, kEdge, 0.5F);
  Matrix b = Matrix::Identity(kEdge, kEdge);
  Matrix c = Matrix::Zero(kEdge, kEdge);
};

Tile::Tile() : matrices_(std::make_unique<Matrices>()) {}
Tile::~Tile() = default;

void Tile::multiply() { matrices_->c.noalias() = matrices_->a * matrices_->b; }

}  // namespace fabricast
