#include "services/sensor-publisher/drivers/modbus/modbus_plan.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>

namespace sensors {

namespace {

/// Bytes of data that an answer may have.
int most_bytes(const ModbusOptions& options) {
  constexpr int most = 2 * ModbusPlan::most_registers;
  if (!options.is_serial()) return most;
  constexpr int bits_of_byte = 11;
  constexpr int around = 5;  // address, function, length, checksum
  const auto arrive = options.timeout.count() / 2 * options.baud / (1'000 * bits_of_byte);
  return static_cast<int>(std::clamp<std::int64_t>(arrive - around, 1, most));
}

bool is_of_bits(ModbusTable table) { return table == ModbusTable::coil || table == ModbusTable::discrete; }

/// The bits of the number, from words in the order that is configured.
std::uint64_t bits_of(std::span<const std::uint16_t> words, const std::string& order) {
  const bool is_low_first = order == "CDAB" || order == "DCBA";
  const bool is_swapped = order == "BADC" || order == "DCBA";
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint16_t word = words[is_low_first ? words.size() - 1 - i : i];
    if (is_swapped) word = static_cast<std::uint16_t>(word << 8 | word >> 8);
    bits = bits << 16 | word;
  }
  return bits;
}

}  // namespace

double modbus_number(const ModbusRegister& what, std::span<const std::uint16_t> words) {
  using Type = ModbusRegister::Type;
  const std::uint64_t bits = bits_of(words.first(static_cast<std::size_t>(what.length())), what.order);
  switch (what.type) {
    case Type::bit: return bits != 0 ? 1 : 0;
    case Type::u16:
    case Type::u32:
    case Type::u64: return static_cast<double>(bits);
    case Type::i16: return static_cast<std::int16_t>(bits);
    case Type::i32: return static_cast<std::int32_t>(bits);
    case Type::i64: return static_cast<double>(static_cast<std::int64_t>(bits));
    case Type::f32: return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case Type::f64: return std::bit_cast<double>(bits);
  }
  return 0;
}

ModbusPlan::ModbusPlan(const ModbusOptions& options) : options_(options) {
  std::vector<std::size_t> sorted(options_.registers.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  const auto place = [this](std::size_t i) {
    const ModbusRegister& one = options_.registers[i];
    return std::tuple(one.slave, one.table, one.address);
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  const int bytes = most_bytes(options_);
  for (const std::size_t i : sorted) {
    const ModbusRegister& one = options_.registers[i];
    const int most = is_of_bits(one.table) ? std::min(8 * bytes, most_bits) : std::min(bytes / 2, most_registers);
    const int end = one.address + one.length();
    ModbusRequest* last = requests_.empty() ? nullptr : &requests_.back();
    const bool adjoins = last != nullptr && last->slave == one.slave && last->table == one.table &&
                         one.address <= last->address + last->count && end - last->address <= most;
    if (adjoins) {
      last->count = std::max(last->count, end - last->address);
      last->registers.push_back(i);
    } else {
      requests_.push_back({one.slave, one.table, one.address, one.length(), {i}});
    }
  }
}

std::vector<ModbusRequest> ModbusPlan::round() const {
  std::vector<ModbusRequest> round = requests_;
  std::rotate(round.begin(), round.begin() + static_cast<std::ptrdiff_t>(first_), round.end());
  return round;
}

void ModbusPlan::silent(int slave, Instant now) {
  const auto known = rests_.find(slave);
  const Millis length =
      known == rests_.end() ? options_.silence_first : std::min(known->second.length * 2, options_.silence_longest);
  rests_[slave] = {length, now + length};
}

bool ModbusPlan::is_resting(int slave, Instant now) const {
  const auto rest = rests_.find(slave);
  return rest != rests_.end() && now < rest->second.until;
}

namespace {

auto find(std::vector<ModbusRequest>& requests, const ModbusRequest& wanted) {
  return std::find_if(requests.begin(), requests.end(),
                      [&](const ModbusRequest& request) { return request.registers == wanted.registers; });
}

}  // namespace

void ModbusPlan::split(const ModbusRequest& request) {
  const auto same = find(requests_, request);
  if (same == requests_.end() || request.registers.size() < 2) return;
  std::vector<ModbusRequest> alone;
  for (const std::size_t i : request.registers) {
    const ModbusRegister& one = options_.registers[i];
    alone.push_back({one.slave, one.table, one.address, one.length(), {i}});
  }
  requests_.insert(requests_.erase(same), alone.begin(), alone.end());
  first_ = 0;
}

void ModbusPlan::begin_with(const ModbusRequest& request) {
  const auto same = find(requests_, request);
  if (same != requests_.end()) first_ = static_cast<std::size_t>(same - requests_.begin());
}

}  // namespace sensors
