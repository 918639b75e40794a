#include "core/atomic_file.hpp"

#include "core/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace fabricast {

void write_file(const std::string& path, const std::function<void(std::ostream&)>& write) {
  const std::string unfinished = path + ".tmp";
  errno = 0;
  std::ofstream out(unfinished, std::ios::binary);
  write(out);
  out.close();
  if (!out || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int code = errno;
    std::remove(unfinished.c_str());
    throw Error("cannot write " + path + (code != 0 ? std::string(": ") + std::strerror(code) : ""),
                "",
                "another place with -o or --out, or free space there");
  }
}

}  // namespace fabricast
