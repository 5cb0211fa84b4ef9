#include "common/adapters/http_client/http_client.hpp"
