// Splits one record of a CSV file into its fields (RFC 4180), as spreadsheets of any country save it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sensors {

struct CsvFormat {
  char separator = ',';
};

/// "," ";" or "tab", as it stands in the configuration.
std::string name_of(CsvFormat format);

/// With the separator, of ',' ';' and tab, with which `header` has the field `column`.
std::optional<CsvFormat> csv_format_of(std::string_view header, std::string_view column);

/// Quotes taken away, spaces around unquoted fields too; a UTF-8 byte order mark at the start is passed over.
std::vector<std::string> split_csv_row(std::string_view record, CsvFormat format = {});

/// Whether a field in quotes goes on in the next line of the file.
bool has_open_quote(std::string_view record, CsvFormat format = {});

/// A number as it stands in a field: where commas do not separate, one may stand for the decimal point.
std::string csv_number(std::string_view field, CsvFormat format);

}  // namespace sensors
