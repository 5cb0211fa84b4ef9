// readable_name() makes a sensor's name of a text that is no name, so that two texts never get one
// name. Part of the wire contract (docs/protocol.md, "Names made of other texts"): what it returns
// for a text never changes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/core/reading.hpp"

namespace sensors {

/// `exact` itself when it is a name (see is_name()). Otherwise what can be read of it, '-' and 12 digits that are made
/// of all of it: "Küche" is "K_che-naupjwgpv65w". At most 64 characters. Two texts have one name in practice never: the
/// digits are 60 bits, against accidents, not against an adversary.
std::string readable_name(std::string_view exact);

/// The same where the readable part is made of another text than the digits: of `shown`, in which each run of
/// characters that no name has becomes '_', and of which both ends stay with ".." between them when it is too long.
/// `most`: characters of the whole, 16 .. 64.
std::string readable_name(std::string_view shown, std::string_view exact, std::size_t most = max_name_length);

}  // namespace sensors
