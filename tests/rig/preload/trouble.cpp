// Loaded into a service (LD_PRELOAD) to make it a nuisance to its machine, as the file named in SENSOR_TROUBLE says:
// "leak" takes 1 MiB every 5 ms, "spin" keeps two threads busy, "threads" starts as many as it may. Looked at ten times
// a second; a trouble that has begun ends with the process.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void* spin(void*) {
  while (true) std::atomic_signal_fence(std::memory_order_seq_cst);
}

void* idle(void*) {
  while (true) pause();
}

bool start(void* (*work)(void*)) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, work, nullptr) != 0) return false;
  pthread_detach(thread);
  return true;
}

void* leak(void*) {
  constexpr std::size_t bytes = 1024 * 1024;
  while (true) {
    if (void* memory = std::malloc(bytes); memory != nullptr)
      std::memset(memory, 1, bytes);  // touched, so that it counts
    usleep(5'000);
  }
}

void begin(const char* trouble) {
  if (std::strcmp(trouble, "leak") == 0) start(leak);
  if (std::strcmp(trouble, "spin") == 0) start(spin) && start(spin);
  if (std::strcmp(trouble, "threads") == 0) {
    while (start(idle)) {
    }
  }
}

void* watch(void* path) {
  char trouble[16] = "";
  while (trouble[0] == '\0') {
    usleep(100'000);
    if (std::FILE* file = std::fopen(static_cast<const char*>(path), "r"); file != nullptr) {
      if (std::fscanf(file, "%15s", trouble) != 1) trouble[0] = '\0';
      std::fclose(file);
    }
  }
  begin(trouble);
  return nullptr;
}

__attribute__((constructor)) void watch_for_trouble() {
  char* path = std::getenv("SENSOR_TROUBLE");
  pthread_t thread;
  if (path != nullptr && pthread_create(&thread, nullptr, watch, path) == 0) pthread_detach(thread);
}

}  // namespace
