#include "core/ip/u128.h"

#include <algorithm>
#include <array>

namespace ferro::ip {

std::string to_string(U128 value) {
    // Long division by 10 over four 32-bit limbs.
    std::array<std::uint64_t, 4> limbs{
        value.hi >> 32U, value.hi & 0xFFFFFFFFU, value.lo >> 32U, value.lo & 0xFFFFFFFFU};
    std::string digits;
    do {
        std::uint64_t remainder = 0;
        for (std::uint64_t& limb : limbs) {
            const std::uint64_t current = (remainder << 32U) | limb;
            limb = current / 10;
            remainder = current % 10;
        }
        digits += static_cast<char>('0' + remainder);
    } while (std::any_of(limbs.begin(), limbs.end(), [](std::uint64_t limb) { return limb != 0; }));
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace ferro::ip
