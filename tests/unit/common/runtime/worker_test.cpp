// The worker with its real thread.
#include "common/runtime/worker.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace sensors {
namespace {

TEST(Worker, runs_jobs_one_by_one_in_the_order_they_were_posted) {
  std::vector<int> order;
  {
    Worker worker("order");
    for (int i = 0; i < 1'000; ++i) worker.post([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 1'000U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Worker, finishes_the_queued_jobs_before_it_ends) {
  std::promise<void> gate;
  int done = 0;
  {
    Worker worker("ending");
    worker.post([&gate] { gate.get_future().wait(); });
    for (int i = 0; i < 10; ++i) worker.post([&done] { ++done; });
    gate.set_value();
  }
  EXPECT_EQ(done, 10);
}

TEST(Worker, takes_jobs_while_one_is_running_without_waiting_for_it) {
  std::promise<void> gate;
  Worker worker("busy");
  worker.post([&gate] { gate.get_future().wait(); });
  std::promise<void> second_ran;
  worker.post([&second_ran] { second_ran.set_value(); });  // would hang here if post() waited
  gate.set_value();
  EXPECT_EQ(second_ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Worker, gives_its_thread_a_name_that_is_cut_to_what_the_kernel_takes) {
  Worker worker("a-name-longer-than-fifteen");
  std::promise<std::string> name;
  // The name is set after the thread has started: a job that is posted afterwards sees it.
  worker.post([&name] {
    char buffer[16];
    pthread_getname_np(pthread_self(), buffer, sizeof buffer);
    name.set_value(buffer);
  });
  EXPECT_EQ(name.get_future().get(), "a-name-longer-t");
}

TEST(Worker, lets_a_job_post_another_one) {
  std::promise<void> ran;
  Worker worker("nested");
  worker.post([&worker, &ran] { worker.post([&ran] { ran.set_value(); }); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace sensors
