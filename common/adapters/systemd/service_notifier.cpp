#include "common/adapters/systemd/service_notifier.hpp"
