#include "common/adapters/sqlite/database.hpp"
