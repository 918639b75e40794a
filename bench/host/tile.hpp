// The computation beside which a host rank communicates.
#pragma once

#include <memory>

namespace fabricast {

/// One product of two float32 matrices of kTileEdge rows and columns, again and again.
class Tile {
 public:
  Tile();
  ~Tile();
  Tile(const Tile&) = delete;
  Tile& operator=(const Tile&) = delete;
  void multiply();

 private:
  struct Matrices;
  std::unique_ptr<Matrices> matrices_;
};

}  // namespace fabricast
