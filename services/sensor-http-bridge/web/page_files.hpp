// The files of the web page, built into the program: a page that is there whenever the service is, of the same version.
#pragma once

#include <string_view>
#include <vector>

namespace sensors::bridge {

struct PageFile {
  std::string_view name;  // "index.html"
  std::string_view content_type;
  std::string_view hash;  // of the content
  std::string_view content;
};

const std::vector<PageFile>& page_files();

}  // namespace sensors::bridge
