#include "services/sensorctl/doctor/checks.hpp"

#include <utility>

namespace sensors::doctor {

Findings check_all(const Facts& facts, const Thresholds& thresholds) {
  Findings all;
  for (Findings part :
       {check_units(facts, thresholds), check_pipeline(facts, thresholds), check_machine(facts, thresholds)}) {
    for (Finding& finding : part) all.push_back(std::move(finding));
  }
  return all;
}

}  // namespace sensors::doctor
