// Any interleaving of resent, reordered and lost runs, commits that succeed and fail, and restarts of the service, held
// against a model: the rows of the store, each number once and without holes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>  // needs gtest.h before it

#include <map>

#include "tests/unit/services/sensor-persistence/logic/logic_bench.hpp"

namespace sensors::persistence {
namespace {

using Numbers = std::map<std::string, std::uint64_t>;

/// The store, as far as ingest needs it; it complains when a number is committed that is not the next.
class ModelStore {
 public:
  void commit(const CommitTransaction& transaction) {
    for (const StreamRows& rows : transaction.streams) {
      std::uint64_t& through = through_[rows.stream];
      auto gap = rows.gaps.begin();
      const auto take_gaps_before = [&](std::uint64_t seq) {
        for (; gap != rows.gaps.end() && gap->first < seq; ++gap) {
          RC_ASSERT(gap->first == through + 1);
          through = gap->last;
        }
      };
      for (const SequencedReading& reading : rows.readings) {
        take_gaps_before(reading.seq);
        RC_ASSERT(reading.seq == through + 1);
        RC_ASSERT(std::get<double>(reading.reading.value) == static_cast<double>(reading.seq));
        through = reading.seq;
      }
      take_gaps_before(max_seq);
      RC_ASSERT(rows.through == through);
    }
  }
  const Numbers& through() const { return through_; }

  StoreContents contents() const {
    StoreContents contents;
    std::uint64_t id = 0;
    for (const auto& [name, through] : through_)
      contents.streams.push_back({name, "kitchen", "sensor-publisher", ++id, through});
    return contents;
  }

 private:
  Numbers through_;
};

class Run {
 public:
  Run() {
    options_.ingest.max_pending_rows = 60;
    start();
  }

  void step() {
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1:
      case 2:
      case 3: send(); break;
      case 4:
      case 5:
        if (bench_->is_committing()) finish(true);
        break;
      case 6:
        if (bench_->is_committing()) finish(false);
        break;
      case 7: bench_->pass(Millis(*rc::gen::inRange(0, 3'000))); break;
      default:
        if (*rc::gen::inRange(0, 8) == 0) start();
        break;  // kill -9: what was not committed is gone
    }
    check();
  }

  /// A sender that follows the protocol from here on gets everything in.
  void drain() {
    for (const char* stream : {"aaaa", "bbbb"}) {
      for (int tries = 0; tries < 200 && model_.through().at(stream) < last_; ++tries) {
        if (bench_->is_committing()) finish(true);
        check();
        const std::uint64_t from = model_.through().at(stream) + 1;
        bench_->backlog(run_of(stream, from, std::min(last_, from + 29)));
        bench_->pass(1s);
        while (bench_->is_committing()) finish(true);
        check();
      }
      RC_ASSERT(model_.through().at(stream) == last_);
    }
  }

 private:
  void start() {
    bench_ = std::make_unique<LogicBench>(options_, model_.contents());
    said_.clear();
  }

  void send() {
    const std::string stream = *rc::gen::element<std::string>("aaaa", "bbbb");
    const std::uint64_t through = model_.through().contains(stream) ? model_.through().at(stream) : 0;
    const std::uint64_t lowest = through > 20 ? through - 20 : 1;
    const std::uint64_t first = *rc::gen::inRange<std::uint64_t>(lowest, through + 40);
    Batch batch = run_of(stream, first, first + *rc::gen::inRange<std::uint64_t>(0, 40));
    if (*rc::gen::inRange(0, 4) == 0) {  // some of it is lost
      batch.gaps.push_back(Gap{batch.readings.back().seq + 1, batch.readings.back().seq + 5, "outbox_full", test_time});
    }
    bench_->backlog(batch);
  }

  void finish(bool succeeds) {
    if (!succeeds) return bench_->fail_commit();
    check();
    model_.commit(bench_->commits.front());
    bench_->commit();
    check();
  }

  void check() {
    for (const Committed& watermark : bench_->take_watermarks()) {
      const std::uint64_t stored =
          model_.through().contains(watermark.stream) ? model_.through().at(watermark.stream) : 0;
      RC_ASSERT(watermark.through == stored);  // all that is committed, and nothing that is not
      RC_ASSERT(watermark.through >= said_[watermark.stream]);
      said_[watermark.stream] = watermark.through;
    }
  }

  static constexpr std::uint64_t last_ = 3'000;
  LogicOptions options_ = plain_options();
  ModelStore model_;
  std::unique_ptr<LogicBench> bench_;
  Numbers said_;

 public:
  void first_rows() {
    for (const char* stream : {"aaaa", "bbbb"}) {
      bench_->backlog(run_of(stream, 1, 3));
      bench_->pass(10ms);
      finish(true);
    }
  }
};

RC_GTEST_PROP(IngestProperty, the_watermark_is_contiguous_never_goes_back_and_each_number_is_committed_once, ()) {
  Run run;
  run.first_rows();
  const int steps = *rc::gen::inRange(0, 200);
  for (int i = 0; i < steps; ++i) run.step();
  run.drain();
}

}  // namespace
}  // namespace sensors::persistence
