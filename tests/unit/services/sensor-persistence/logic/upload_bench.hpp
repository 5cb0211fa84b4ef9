// The persistence Logic on a real store, which can be opened again as after a crash: what upload tests run on.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/sensor-persistence/store/store_reader.hpp"
#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {

class Upload : public testing::Test {
 protected:
  Upload() {
    options.destinations = {"api"};
    restart();
  }

  void restart() {
    bench.reset();
    writer.reset();
    writer = StoreWriter::open(StoreOptions{folder.file("store.db"), options.destinations, 2'048, 100}).value();
    bench = std::make_unique<LogicBench>(options, *writer);
    store = writer->contents(1)->store;
  }

  void fill(std::uint64_t first, std::uint64_t last) {
    bench->backlog(run_of("aaaa", first, last));
    bench->settle();
  }

  std::string upload(const std::string& more = "") {
    bench->request("upload", R"({"destination":"api")" + more + "}");
    while (bench->is_committing()) bench->commit();
    return bench->take_answer();
  }

  std::string uploaded(std::uint64_t first, std::uint64_t last, std::vector<RejectedRow> rejected = {}) {
    bench->request("uploaded", encode_uploaded_request({store, "api", first, last, std::move(rejected)}));
    while (bench->is_committing()) bench->commit();
    return bench->take_answer();
  }

  /// The answer to `dead-letters`.
  std::string dead_letters(const std::string& request) {
    bench->request("dead-letters", request);
    for (const ListDeadLetters& list : std::exchange(bench->lists, {})) {
      const std::atomic<bool> stopping = false;
      const auto reader = StoreReader::open(folder.file("store.db"), stopping).value();
      bench->give(DeadLettersListed{list.call, reader->dead_letters(list.request, list.time_limit)});
    }
    while (bench->is_committing()) bench->commit();
    return bench->take_answer();
  }

  static UploadBatchHeader header(const std::string& answer) { return decode_upload_batch_header(answer).value(); }

  TestFolder folder;
  LogicOptions options = plain_options();
  std::unique_ptr<StoreWriter> writer;
  std::unique_ptr<LogicBench> bench;
  std::string store;
};

}  // namespace sensors::persistence
