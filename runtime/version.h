// What this build is.
#pragma once

#include <string>

namespace ferro::runtime {

struct Version {
    std::string number;
    std::string commit;
};

Version version();

}  // namespace ferro::runtime
