// Loaded before libc into a service (LD_PRELOAD) to set its wall clock without touching the machine's: the file named
// in SENSOR_CLOCK holds a ClockControl, which may change at any time. The monotonic clock stays the kernel's. Waits
// until a wall time (Paho's) are shifted back, so that they last as long as they were meant to.
#include "tests/rig/preload/clock_control.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using sensors::rig::ClockControl;

constexpr std::int64_t ns_per_s = 1'000'000'000;

const ClockControl& control() {
  static const ClockControl untouched{};
  static const ClockControl* const mapped = [] {
    const char* path = std::getenv("SENSOR_CLOCK");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void* memory = file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(ClockControl), PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    return memory == MAP_FAILED ? &untouched : static_cast<const ClockControl*>(memory);
  }();
  return *mapped;
}

timespec shifted(timespec time, std::int64_t by_ms) {
  const std::int64_t ns = time.tv_sec * ns_per_s + time.tv_nsec + by_ms * 1'000'000;
  return {static_cast<time_t>(ns / ns_per_s), static_cast<long>(ns % ns_per_s)};
}

timespec wall_time() {
  timespec time{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  return shifted(time, control().offset_ms);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  *time = wall_time();
  return 0;
}

int gettimeofday(timeval* time, void*) {
  const timespec now = wall_time();
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* time) {
  const time_t now = wall_time().tv_sec;
  if (time != nullptr) *time = now;
  return now;
}

int adjtimex(timex* request) {
  const long state = syscall(SYS_adjtimex, request);
  if (state < 0 || control().synchronised == ClockControl::as_the_kernel_says) return static_cast<int>(state);
  const bool synchronised = control().synchronised == ClockControl::yes;
  request->status = synchronised ? request->status & ~STA_UNSYNC : request->status | STA_UNSYNC;
  return synchronised ? TIME_OK : TIME_ERROR;
}

int ntp_adjtime(timex* request) { return adjtimex(request); }

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static const auto real = next<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  const timespec shifted_back = shifted(*until, -control().offset_ms);
  return real(condition, mutex, &shifted_back);
}

int sem_timedwait(sem_t* semaphore, const timespec* until) {
  static const auto real = next<int (*)(sem_t*, const timespec*)>("sem_timedwait");
  const timespec shifted_back = shifted(*until, -control().offset_ms);
  return real(semaphore, &shifted_back);
}

}  // extern "C"
