// DemoFolder is where all of a demo is: its databases, logs and configuration.
#pragma once

#include <optional>
#include <string>

#include "tests/rig/temp_dir.hpp"

namespace sensors::demo {

class DemoFolder {
 public:
  /// `keep`: that folder, new or empty, which is kept. Empty: a temporary one, below the first of TMPDIR,
  /// XDG_RUNTIME_DIR and /tmp that can be written and has room; there it removes first what demos left behind that were
  /// killed. RigError, which says what to do, when there is no room, or its path is none for a demo.
  explicit DemoFolder(const std::string& keep);

  /// Removes it, as TempDir does.
  ~DemoFolder();

  DemoFolder(const DemoFolder&) = delete;
  DemoFolder& operator=(const DemoFolder&) = delete;

  void keep() { dir_->keep(); }
  const rig::TempDir& dir() const { return *dir_; }

  /// Whether somebody has deleted it.
  bool is_gone() const;

  /// Whether its disk, which may be memory, has so little room left that the demo had better end.
  bool is_nearly_full() const;

 private:
  std::optional<rig::TempDir> dir_;  // there from the constructor on
  int lock_ = -1;                    // held by who uses the folder: one that nobody holds was left behind
};

}  // namespace sensors::demo
