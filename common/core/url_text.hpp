// What of a URL is secret: its user part (RFC 3986 section 3.2.1), and the values of its query, which may be tokens.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sensors {

/// `url` as it may be shown to anybody: scheme, host, port and path, and of the query the names only:
/// "https://api.example.com/v1?key=...&db=...". What is no URL is shown as "...".
std::string shown_url(std::string_view url);

/// `url` where all behind the host is secret, as a webhook's path is: "https://hooks.example.com/...".
std::string shown_host(std::string_view url);

/// `text`, which may repeat what stands behind the host of `url`, with "..." in its place: all of it, and each part of
/// it that is long enough to be a secret.
std::string without_path(std::string text, std::string_view url);

/// Whether a part of `url` that reads as host, port and what follows may as well be a user and a password with a / ? or
/// # in it: "https://me:12/pw@host". That is so where an @ stands behind a port, and no user part before it.
bool may_have_cut_password(std::string_view url);

/// Why nothing can be asked at `url`, which has its scheme, to stand behind its key; empty: nothing is wrong.
std::string url_mistake(std::string_view url);

struct UrlUser {
  std::string user;
  std::string password;
};

/// Takes the user part out of `url`; its percent encoding is undone. Nothing: there is none.
std::optional<UrlUser> take_user_part(std::string& url);

}  // namespace sensors
