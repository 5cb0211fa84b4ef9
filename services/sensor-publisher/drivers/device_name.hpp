// The name of a device of sysfs: from what is the device's own, never from what else is there at this start. So two
// chips of one kind, of which one may be missing, never have one name. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sensors {

/// What sysfs says of one device, as it stands there.
struct DeviceIdentity {
  std::string label;    // its owner's word for it (device tree); empty: none
  std::string kind;     // what it calls itself: "bme280", "dht11@4"; empty: nothing
  std::string entry;    // in the class folder: "iio:device0". The kernel counts these anew at each start
  std::string address;  // on its bus, "1-0076", or its serial number; empty: it has none
};

/// "<kind>-<address>": "bme280-1-0076", "nvme-S4EWNX0N123456". The label alone where there is one; the kind alone where
/// there is no address, or where the kind says it ("dht11@4"); the address alone where it begins with the kind
/// ("coretemp.0"). A name, see is_name(), of at most 64 bytes.
std::string device_name(const DeviceIdentity& device);

/// Whether an owner who writes `text` means this device: by name, label, kind, address or entry.
bool is_called(const DeviceIdentity& device, std::string_view text);

/// An address from a serial number or a worldwide name, which may have blanks in it and be long: "naa.5000c500a1b2c3d4"
/// as it is, "t10.ATA     SSD 850 EVO    S2R5NX0H1234" as "S2R5NX0H1234-1f0c", which ends with a digest of all of it.
std::string address_of_serial(std::string_view serial);

/// Names of the channels of one device: what each is labelled, where no two would then have one name; its own name
/// otherwise. The same whatever their order.
struct ChannelName {
  std::string own;    // the kernel's, no two alike: "temp1"
  std::string label;  // as it stands in sysfs; empty: none
};
std::vector<std::string> channel_names(const std::vector<ChannelName>& channels);

}  // namespace sensors
