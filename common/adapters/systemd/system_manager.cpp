#include "common/adapters/systemd/system_manager.hpp"

#include <systemd/sd-bus.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sensors {
namespace {

constexpr const char* destination = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager = "org.freedesktop.systemd1.Manager";
constexpr const char* own_socket = "unix:path=/run/systemd/private";

/// sd_bus_error with its end.
struct BusError {
  sd_bus_error error{};
  BusError() = default;
  ~BusError() { sd_bus_error_free(&error); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
};

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED: return ErrorCode::not_found;
    case EACCES:
    case EPERM: return ErrorCode::permission;
    case ETIMEDOUT: return ErrorCode::timeout;
    default: return ErrorCode::io;
  }
}

tl::unexpected<Error> failed(const std::string& doing, int result, const sd_bus_error& error) {
  return fail(code_of(-result), doing + ": " + (error.message != nullptr ? error.message : std::strerror(-result)));
}

/// Reads the properties of one object, one call each, up to the first that fails.
class Properties {
 public:
  Properties(sd_bus* bus, std::string path) : bus_(bus), path_(std::move(path)) {}

  void read(const char* interface, const char* name, std::string& target) {
    if (result_ < 0) return;
    char* text = nullptr;
    note(name, sd_bus_get_property_string(bus_, destination, path_.c_str(), interface, name, &error_.error, &text));
    if (text != nullptr) target = text;
    std::free(text);
  }

  /// `type` is the D-Bus type of `target`: 't' uint64, 'u' uint32, 'i' int32.
  void read(const char* interface, const char* name, char type, void* target) {
    if (result_ < 0) return;
    note(name,
         sd_bus_get_property_trivial(bus_, destination, path_.c_str(), interface, name, &error_.error, type, target));
  }

  Result<void> finish(const std::string& unit) const {
    if (result_ >= 0) return {};
    return failed("ask systemd for " + failed_name_ + " of " + unit, result_, error_.error);
  }

 private:
  void note(const char* name, int result) {
    result_ = result;
    if (result < 0) failed_name_ = name;
  }

  sd_bus* bus_;
  std::string path_;
  BusError error_;
  int result_ = 0;
  std::string failed_name_;
};

void read_service(Properties& properties, UnitState& unit) {
  const char* const service = "org.freedesktop.systemd1.Service";
  properties.read(service, "Result", unit.result);
  properties.read(service, "ExecMainStatus", 'i', &unit.exit_status);
  properties.read(service, "NRestarts", 'u', &unit.restarts);
  properties.read(service, "MainPID", 'u', &unit.main_pid);
  properties.read(service, "WatchdogUSec", 't', &unit.watchdog_us);
  properties.read(service, "WatchdogTimestampMonotonic", 't', &unit.pinged_at_us);
  properties.read(service, "ControlGroup", unit.control_group);
  properties.read(service, "MemoryMax", 't', &unit.memory_max);
  properties.read(service, "MemoryHigh", 't', &unit.memory_high);
  properties.read(service, "MemorySwapMax", 't', &unit.swap_max);
  properties.read(service, "TasksMax", 't', &unit.tasks_max);
  properties.read(service, "CPUQuotaPerSecUSec", 't', &unit.cpu_us_per_s);
  properties.read(service, "CPUWeight", 't', &unit.cpu_weight);
  properties.read(service, "IOWeight", 't', &unit.io_weight);
  properties.read(service, "LimitNOFILESoft", 't', &unit.files_max);
  properties.read(service, "OOMScoreAdjust", 'i', &unit.oom_score_adjust);
}

}  // namespace

void SystemManager::Close::operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }

Result<SystemManager> SystemManager::connect(Millis deadline) {
  sd_bus* bus = nullptr;
  int result = sd_bus_new(&bus);
  if (result >= 0) result = sd_bus_set_address(bus, own_socket);
  if (result >= 0) result = sd_bus_start(bus);
  if (result < 0) {
    bus = sd_bus_unref(bus);
    result = sd_bus_open_system(&bus);
  }
  if (result < 0) {
    const BusError none;
    return failed("connect to systemd", result, none.error);
  }
  sd_bus_set_method_call_timeout(bus, static_cast<std::uint64_t>(std::chrono::microseconds(deadline).count()));
  return SystemManager(bus);
}

Result<UnitState> SystemManager::unit(const std::string& name) {
  BusError error;
  sd_bus_message* raw_reply = nullptr;
  int result = sd_bus_call_method(bus_.get(), destination, manager_path, manager, "LoadUnit", &error.error, &raw_reply,
                                  "s", name.c_str());
  const std::unique_ptr<sd_bus_message, sd_bus_message* (*)(sd_bus_message*)> reply(raw_reply, sd_bus_message_unref);
  const char* path = nullptr;
  if (result >= 0) result = sd_bus_message_read(reply.get(), "o", &path);
  if (result < 0) return failed("ask systemd for " + name, result, error.error);

  UnitState unit;
  unit.name = name;
  Properties properties(bus_.get(), path);
  const char* const any_unit = "org.freedesktop.systemd1.Unit";
  properties.read(any_unit, "LoadState", unit.load_state);
  properties.read(any_unit, "UnitFileState", unit.file_state);
  properties.read(any_unit, "ActiveState", unit.active_state);
  properties.read(any_unit, "SubState", unit.sub_state);
  properties.read(any_unit, "ActiveEnterTimestampMonotonic", 't', &unit.active_since_us);
  if (name.ends_with(".service")) read_service(properties, unit);
  TRY(properties.finish(name));
  return unit;
}

Result<void> SystemManager::start_job(const char* method, const std::string& unit, const char* mode) {
  BusError error;
  const int result = sd_bus_call_method(bus_.get(), destination, manager_path, manager, method, &error.error, nullptr,
                                        "ss", unit.c_str(), mode);
  if (result < 0) return failed(std::string(method) + " " + unit, result, error.error);
  return {};
}

Result<void> SystemManager::restart(const std::string& name) { return start_job("RestartUnit", name, "replace"); }

Result<void> SystemManager::reboot() { return start_job("StartUnit", "reboot.target", "replace-irreversibly"); }

}  // namespace sensors
