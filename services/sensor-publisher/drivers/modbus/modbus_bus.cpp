#include "services/sensor-publisher/drivers/modbus/modbus_bus.hpp"

#include <modbus/modbus.h>

#include <cerrno>
#include <cstring>

namespace sensors {

namespace {

/// Of an answer that says no, which is in step and whole.
bool is_exception(int number) { return number > MODBUS_ENOBASE && number < EMBBADCRC; }

modbus_t* in(void* context) { return static_cast<modbus_t*>(context); }

/// libmodbus' own numbers, and errno's.
Error error_of(int number) {
  switch (number) {
    case ETIMEDOUT:
    case EMBXGPATH:  // a gateway answers for a slave that is silent
    case EMBXGTAR: return {ErrorCode::timeout, "no answer"};
    case EMBXILADD: return {ErrorCode::not_found, "it has no such address"};
    case EMBXILFUN: return {ErrorCode::invalid, "it does not have this kind of register; is 'table' right?"};
    case EMBXILVAL: return {ErrorCode::invalid, "it refuses to answer about this address"};
    case EMBXSFAIL:
    case EMBXACK:
    case EMBXSBUSY:
    case EMBXNACK:
    case EMBXMEMPAR: return {ErrorCode::io, std::string("it cannot answer now: ") + modbus_strerror(number)};
    case EMBBADCRC:
    case EMBBADDATA:
    case EMBBADEXC:
    case EMBUNKEXC:
    case EMBMDATA:
    case EMBBADSLAVE:
      return {ErrorCode::corrupt, std::string("its answer cannot be believed: ") + modbus_strerror(number) +
                                      "; look at baud, parity and the wiring"};
    default: return {ErrorCode::disconnected, modbus_strerror(number)};
  }
}

}  // namespace

void ModbusBus::Close::operator()(void* context) const {
  modbus_close(in(context));
  modbus_free(in(context));
}

ModbusBus::ModbusBus(const ModbusOptions& options) : options_(options) {}

ModbusBus::~ModbusBus() = default;

Result<void> ModbusBus::open() {
  constexpr int data_bits = 8;
  modbus_t* made =
      options_.is_serial()
          ? modbus_new_rtu(options_.device.c_str(), options_.baud, options_.parity, data_bits, options_.stop_bits)
          : modbus_new_tcp_pi(options_.host.c_str(), std::to_string(options_.port).c_str());
  if (made == nullptr) return fail(ErrorCode::invalid, options_.peer() + ": " + modbus_strerror(errno));
  std::unique_ptr<void, Close> context(made);
  const auto count = static_cast<std::uint32_t>(options_.timeout.count());
  modbus_set_response_timeout(made, count / 1'000, count % 1'000 * 1'000);
  modbus_set_byte_timeout(made, 0, 0);  // that is for all of an answer, and not for each of its bytes
  modbus_set_error_recovery(made, MODBUS_ERROR_RECOVERY_NONE);
  errno = 0;
  if (modbus_connect(made) != 0) {
    // Of an unknown name it says nothing in errno.
    const std::string why = errno == 0 ? "unknown host" : modbus_strerror(errno);
    return fail(ErrorCode::unreachable, options_.peer() + ": " + why);
  }
  context_ = std::move(context);
  return {};
}

Result<std::vector<std::uint16_t>> ModbusBus::ask(const ModbusRequest& request) {
  modbus_t* bus = in(context_.get());
  // A late answer to what was asked before is not one to this.
  if (options_.is_serial()) modbus_flush(bus);
  if (modbus_set_slave(bus, request.slave) != 0) return tl::unexpected(error_of(errno));
  std::vector<std::uint16_t> words(static_cast<std::size_t>(request.count));
  std::vector<std::uint8_t> bits(words.size());
  int got = -1;
  switch (request.table) {
    case ModbusTable::holding: got = modbus_read_registers(bus, request.address, request.count, words.data()); break;
    case ModbusTable::input:
      got = modbus_read_input_registers(bus, request.address, request.count, words.data());
      break;
    case ModbusTable::coil: got = modbus_read_bits(bus, request.address, request.count, bits.data()); break;
    case ModbusTable::discrete: got = modbus_read_input_bits(bus, request.address, request.count, bits.data()); break;
  }
  if (got != request.count) {
    const int number = got < 0 ? errno : EMBBADDATA;
    const Error error = error_of(number);
    // Over TCP an answer that is late, or out of step, would be taken for the next one.
    const bool is_lost = error.code == ErrorCode::disconnected || !options_.is_serial();
    if (is_lost && !is_exception(number)) context_.reset();
    return tl::unexpected(error);
  }
  if (request.table == ModbusTable::coil || request.table == ModbusTable::discrete)
    words.assign(bits.begin(), bits.end());
  return words;
}

}  // namespace sensors
