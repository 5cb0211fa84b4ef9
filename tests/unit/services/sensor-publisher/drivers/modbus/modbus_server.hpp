// A Modbus server of the tests, libmodbus' own: over TCP, or at one end of a pseudo-terminal.
#pragma once

#include <modbus/modbus.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sensors {

class ModbusServer {
 public:
  enum class Over { tcp, serial };

  /// Of 100 registers and bits of each kind, from address 0.
  explicit ModbusServer(Over over) : over_(over), mapping_(modbus_mapping_new(100, 100, 100, 100)) {
    if (over == Over::tcp) {
      context_ = modbus_new_tcp("127.0.0.1", 0);
      listener_ = modbus_tcp_listen(context_, 1);
      sockaddr_in address{};
      socklen_t length = sizeof(address);
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
      port_ = ntohs(address.sin_port);
    } else {
      char name[100] = {};
      if (openpty(&line_, &other_end_, name, nullptr, nullptr) != 0) throw std::runtime_error("no pseudo-terminal");
      device_ = name;
      context_ = modbus_new_rtu(name, 9'600, 'N', 8, 1);
      modbus_set_socket(context_, line_);
    }
    thread_ = std::thread([this] { serve(); });
  }

  ~ModbusServer() {
    is_stopping_ = true;
    thread_.join();
    modbus_free(context_);
    modbus_mapping_free(mapping_);
    for (const int fd : {listener_, line_, other_end_}) {
      if (fd >= 0) close(fd);
    }
  }
  ModbusServer(const ModbusServer&) = delete;
  ModbusServer& operator=(const ModbusServer&) = delete;

  int port() const { return port_; }
  const std::string& device() const { return device_; }
  modbus_mapping_t& values() { return *mapping_; }

  /// What it does when it is asked about `slave`.
  enum class Oddity { none, silent, hangs_up, dribbles, is_unheard_behind_a_gateway, answers_with_a_wrong_checksum };
  void behave(Oddity oddity, int slave = 1) {
    odd_slave_ = slave;
    oddity_ = oddity;
  }

  std::atomic<int> requests = 0;
  std::atomic<bool> ends_idle_connections = false;

 private:
  static bool is_readable(int fd) {
    pollfd wanted{fd, POLLIN, 0};
    return poll(&wanted, 1, 10) > 0;
  }

  void serve() {
    int connection = over_ == Over::serial ? line_ : -1;
    while (!is_stopping_) {
      if (connection < 0) {
        if (is_readable(listener_)) connection = modbus_tcp_accept(context_, &listener_);
        continue;
      }
      if (is_readable(connection) && !answer() && over_ == Over::tcp) {
        close(connection);
        connection = -1;
      }
    }
    if (connection >= 0 && over_ == Over::tcp) close(connection);
  }

  /// A request to read; its length, or -1 when the connection is over. On a line modbus_receive() would take what it
  /// hears after a request to another slave for the answer of that one, and swallow it.
  int receive(std::uint8_t* query) {
    if (over_ == Over::tcp) return modbus_receive(context_, query);
    constexpr int length = 8;
    int got = 0;
    while (got < length && is_readable(line_)) {
      const auto more = read(line_, query + got, static_cast<std::size_t>(length - got));
      if (more <= 0) return -1;
      got += static_cast<int>(more);
    }
    modbus_set_slave(context_, query[0]);
    return got;
  }

  /// False: the connection is over.
  bool answer() {
    std::uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    const int length = receive(query);
    if (length < 0) return false;
    ++requests;
    const int slave = query[modbus_get_header_length(context_) - 1];
    switch (slave == odd_slave_ ? oddity_.load() : Oddity::none) {
      case Oddity::none: break;
      case Oddity::silent: return true;
      case Oddity::hangs_up: return false;
      case Oddity::dribbles: return dribble(query);
      case Oddity::is_unheard_behind_a_gateway:
        return modbus_reply_exception(context_, query, MODBUS_EXCEPTION_GATEWAY_TARGET) >= 0;
      case Oddity::answers_with_a_wrong_checksum: {
        const std::uint8_t answer[] = {1, 3, 2, 0, 7, 0xAA, 0xBB};
        return write(line_, answer, sizeof(answer)) > 0;
      }
    }
    return modbus_reply(context_, query, length, mapping_) >= 0 && !ends_idle_connections;
  }

  /// One byte of a right answer of one register each 100 ms, until nobody wants it any more.
  bool dribble(const std::uint8_t* query) const {
    const std::vector<std::uint8_t> tcp{query[0], query[1], 0, 0, 0, 5, query[6], 3, 2, 0, 7};
    const std::vector<std::uint8_t> serial{query[0], 3, 2, 0, 7, 0, 0};
    const int fd = modbus_get_socket(context_);
    for (const std::uint8_t byte : over_ == Over::tcp ? tcp : serial) {
      const bool is_sent = over_ == Over::tcp ? send(fd, &byte, 1, MSG_NOSIGNAL) == 1 : write(fd, &byte, 1) == 1;
      if (!is_sent || is_stopping_) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return true;
  }

  Over over_;
  std::atomic<Oddity> oddity_ = Oddity::none;
  std::atomic<int> odd_slave_ = 1;
  std::atomic<bool> is_stopping_ = false;
  modbus_mapping_t* mapping_;
  modbus_t* context_ = nullptr;
  int listener_ = -1;
  int line_ = -1;
  int other_end_ = -1;  // held open, so that the line does not hang up when nobody has it
  int port_ = 0;
  std::string device_;
  std::thread thread_;
};

}  // namespace sensors
