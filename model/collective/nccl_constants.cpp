#include "model/collective/nccl_constants.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "embedded/nccl_files.hpp"

namespace fabricast {

namespace {

/// The embedded files, each parsed when first needed.
class Library {
 public:
  Library() {
    for (const auto& file : nccl_files()) {
      if (file.name != "graphs.toml") {
        TomlValue root = read_toml(file.text, path(file.name));
        const NcclVersionRange range{version(root, "first", file.name),
                                     version(root, "last", file.name)};
        roots_.emplace(range.first, Entry{file.name, range, std::move(root), nullptr});
      }
    }
  }

  [[nodiscard]] std::vector<NcclVersionRange> ranges() const {
    std::vector<NcclVersionRange> all;
    for (const auto& [first, entry] : roots_) {
      all.push_back(entry.range);
    }
    return all;
  }

  std::shared_ptr<const NcclConstants> at(NcclVersion version) {
    const std::lock_guard lock(parsing_);
    const NcclVersion oldest = roots_.begin()->first;
    const NcclVersion newest = roots_.rbegin()->second.range.last;
    if (version.major != oldest.major || version < oldest || version.minor > newest.minor) {
      throw Error(fmt::format("NCCL {}.{} is {} than every known version",
                              version.major,
                              version.minor,
                              version < oldest ? "older" : "newer"),
                  "",
                  fmt::format("{}", fmt::join(nccl_versions(), ", ")));
    }
    auto found = std::prev(roots_.upper_bound(version));
    if (found->second.range.last.minor < version.minor) {
      ++found;  // a patch before the first known of its minor
    }
    return parsed(found->second);
  }

 private:
  struct Entry {
    std::string file;
    NcclVersionRange range;
    TomlValue root;
    std::shared_ptr<const NcclConstants> constants;
  };

  static std::string path(const std::string& file) { return "model/collective/nccl/" + file; }

  static NcclVersion version(const TomlValue& root, std::string_view key, const std::string& file) {
    return parse_nccl_version(root.text_at(key), fmt::format("{}, {}", path(file), key));
  }

  std::shared_ptr<const NcclConstants> parsed(Entry& entry) {
    if (entry.constants == nullptr) {
      const std::string parent = entry.root.text_at("inherits");
      const auto inherited = parent.empty() ? nullptr : parsed(older(entry, parent));
      entry.constants = std::make_shared<const NcclConstants>(
          parse_nccl_constants(entry.root, path(entry.file), inherited.get()));
    }
    return entry.constants;
  }

  // Older only: a circle of files cannot be walked for ever.
  Entry& older(const Entry& entry, const std::string& file) {
    for (auto& [first, candidate] : roots_) {
      if (candidate.file == file && first < entry.range.first) {
        return candidate;
      }
    }
    throw Error(fmt::format("'{}' is not the file of an older version", file),
                fmt::format("{}:{}", path(entry.file), entry.root.at("inherits").line),
                "the file of the version before");
  }

  std::mutex parsing_;
  std::map<NcclVersion, Entry> roots_;
};

Library& library() {
  static Library all;
  return all;
}

}  // namespace

std::shared_ptr<const NcclConstants> nccl_constants(NcclVersion version) {
  return library().at(version);
}

std::vector<NcclVersionRange> nccl_version_ranges() { return library().ranges(); }

}  // namespace fabricast
