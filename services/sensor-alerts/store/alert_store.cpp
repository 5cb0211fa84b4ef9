#include "services/sensor-alerts/store/alert_store.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/adapters/sqlite/preparing.hpp"
#include "common/adapters/sqlite/quick_check.hpp"
#include "common/codec/alert_json.hpp"
#include "services/sensor-alerts/store/schema.hpp"

namespace sensors::alerts {

namespace {

constexpr Millis check_limit{5'000};

}  // namespace

Result<AlertStore> AlertStore::open(const std::string& path, const std::string& new_store) {
  Database::Options options;
  options.application_id = alert_application_id;
  options.cache_kib = 256;
  TRY_ASSIGN(Database database, Database::open(path, alert_migrations(), options));
  TRY(quick_check(database, check_limit));
  Preparing p(database);
  Result<Sql> sql = p.all(Sql{
      .put_state = p("INSERT OR REPLACE INTO state(one, store, next_episode, next_message) VALUES(1, ?1, ?2, ?3)"),
      .put_episode =
          p("INSERT OR REPLACE INTO episode(number, alert, begin_told, critical_told, end_told, reminders, told_ms)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      .put_message = p("INSERT OR REPLACE INTO message(id, channel, body) VALUES(?1, ?2, ?3)"),
      .forget_episode = p("DELETE FROM episode WHERE number = ?1"),
      .forget_message = p("DELETE FROM message WHERE id = ?1"),
  });
  TRY(sql);
  AlertStore store(std::move(database), std::move(*sql));
  TRY(store.load(new_store));
  return store;
}

Result<void> AlertStore::load(const std::string& new_store) {
  known_.store = new_store;
  TRY_ASSIGN(Statement state, database_.prepare("SELECT store, next_episode, next_message FROM state"));
  TRY_ASSIGN(const Statement::Step step, state.step());
  if (step == Statement::Step::row) {
    known_.store = state.text(0);
    known_.next_episode = state.unsigned_integer(1);
    known_.next_message = state.unsigned_integer(2);
  }
  TRY(load_episodes());
  return load_messages();
}

Result<void> AlertStore::load_episodes() {
  TRY_ASSIGN(
      Statement row,
      database_.prepare("SELECT number, alert, begin_told, critical_told, end_told, reminders, told_ms FROM episode"
                        " ORDER BY number"));
  while (true) {
    TRY_ASSIGN(const Statement::Step step, row.step());
    if (step == Statement::Step::done) return {};
    Result<Alert> alert = decode_alert(row.text(1));
    if (!alert.has_value()) {
      known_.warnings.push_back(fmt::format("{}: episode {} cannot be read and is left out: {}", database_.path(),
                                            row.unsigned_integer(0), alert.error().message));
      continue;
    }
    Episode episode;
    episode.number = row.unsigned_integer(0);
    episode.alert = std::move(*alert);
    episode.begin_told = row.integer(2) != 0;
    episode.critical_told = row.integer(3) != 0;
    episode.end_told = row.integer(4) != 0;
    episode.reminders = row.unsigned_integer(5);
    if (!row.is_null(6)) episode.told = row.wall_time(6);
    known_.episodes.push_back(std::move(episode));
  }
}

Result<void> AlertStore::load_messages() {
  TRY_ASSIGN(Statement row, database_.prepare("SELECT id, channel, body FROM message ORDER BY id"));
  while (true) {
    TRY_ASSIGN(const Statement::Step step, row.step());
    if (step == Statement::Step::done) return {};
    Result<Message> message = message_from(row.text(2));
    if (!message.has_value()) {
      known_.warnings.push_back(fmt::format("{}: message {} cannot be read and is left out: {}", database_.path(),
                                            row.unsigned_integer(0), message.error().message));
      continue;
    }
    message->id = row.unsigned_integer(0);
    message->channel = row.text(1);
    known_.messages.push_back(std::move(*message));
  }
}

Result<void> AlertStore::write(const AlertWrite& write) {
  TRY(database_.begin());
  Result<void> written = write_all(write);
  if (written) written = database_.commit();
  if (!written) database_.rollback();
  return written;
}

Result<void> AlertStore::write_all(const AlertWrite& write) {
  if (write.all) {
    TRY(database_.execute("DELETE FROM episode; DELETE FROM message"));
  }
  TRY(sql_.put_state.bind(1, std::string_view(write.store))
          .bind(2, write.next_episode)
          .bind(3, write.next_message)
          .run());
  for (const std::uint64_t number : write.forgotten) {
    TRY(sql_.forget_episode.bind(1, number).run());
  }
  for (const Episode& episode : write.episodes) {
    const std::string alert = encode_alert(episode.alert);
    Statement& put = sql_.put_episode;
    put.bind(1, episode.number).bind(2, std::string_view(alert));
    put.bind(3, std::int64_t{episode.begin_told}).bind(4, std::int64_t{episode.critical_told});
    put.bind(5, std::int64_t{episode.end_told}).bind(6, episode.reminders);
    if (episode.told.has_value()) {
      put.bind(7, *episode.told);
    } else {
      put.bind_null(7);
    }
    TRY(put.run());
  }
  for (const Message& message : write.messages) {
    const std::string body = stored_text(message);
    TRY(sql_.put_message.bind(1, message.id)
            .bind(2, std::string_view(message.channel))
            .bind(3, std::string_view(body))
            .run());
  }
  for (const std::uint64_t id : write.done) {
    TRY(sql_.forget_message.bind(1, id).run());
  }
  return {};
}

}  // namespace sensors::alerts
