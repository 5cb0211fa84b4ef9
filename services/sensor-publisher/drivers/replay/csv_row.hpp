// Splits one line of a CSV file into its fields (RFC 4180, without line ends inside quotes). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors {

/// Quotes taken away, spaces around unquoted fields too; a UTF-8 byte order mark at the start is passed over.
std::vector<std::string> split_csv_row(std::string_view line);

}  // namespace sensors
