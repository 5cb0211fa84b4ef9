// Waiting for a condition with a deadline, in ticks of 10 ms: what tests do instead of sleeping.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/core/time.hpp"
#include "tests/rig/temp_dir.hpp"

namespace sensors::rig {

/// Whether `condition` came true before `deadline` passed, and before somebody gave up. It is asked at least once.
bool comes_true(Millis deadline, const std::function<bool()>& condition);

/// From now on every wait of this process ends when `asked` says so, which may be asked on any thread: for a program
/// whose user wants it to end at once. What is started is killed instead of stopped then.
void give_up_when(bool (*asked)());

/// Throws RigError "WHAT: not within ..." with the tails of the logs in `folder` when the condition does not come true.
void wait_until(const std::string& what, Millis deadline, const TempDir& folder,
                const std::function<bool()>& condition);

/// Lets `time` pass; for programs that play for a while (the demo, the fault campaign), not for tests to hope.
void let_pass(Millis time);

/// Milliseconds on the monotonic clock.
Millis monotonic_now();

/// Whether nobody listens on `port` of the loopback interface, and one may.
bool is_free(std::uint16_t port);

/// A TCP port of the loopback interface that nothing listens on, below the range that the kernel takes for outgoing
/// connections, so that nobody takes it while a broker is being restarted.
std::uint16_t free_port();

/// Whether somebody listens on `port` of the loopback interface.
bool accepts_connections(std::uint16_t port);

}  // namespace sensors::rig
