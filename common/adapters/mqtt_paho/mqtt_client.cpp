#include "common/adapters/mqtt_paho/mqtt_client.hpp"
