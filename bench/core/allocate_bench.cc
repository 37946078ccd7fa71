// allocate: what one address costs when ten thousand services ask for one each. The reference is a
// first-fit scan, the obvious allocator: from the first address upwards, look each up among the
// used ones. Both are filled from empty to 10,000; the value is the mean over the fill, the median
// over repetitions. Both count the CPU time of their one thread, which neighbours on the machine
// disturb less than the wall's. Ends with 1 when the two do not give the same addresses.
#include "bench/support/report.h"
#include "core/pool/allocator.h"

#include <time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace {

using namespace ferro;  // NOLINT(google-build-using-namespace): a program, not a header.

struct Case {
    const char* size;
    const char* cidr;
    pool::Families families;
};

double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::shared_ptr<const config::Configuration> one_pool(const char* cidr) {
    auto made = std::make_shared<config::Configuration>();
    config::Pool pool;
    pool.name = PoolName("pool");
    const auto prefixes = ip::parse_pool_item(cidr);
    if (prefixes) {
        pool.prefixes = *prefixes;
    }
    made->pools.emplace(pool.name, pool);
    return made;
}

std::vector<model::Service> services_of(std::size_t count) {
    std::vector<model::Service> services(count);
    for (std::size_t i = 0; i < count; ++i) {
        services[i].meta.key = {"default", "service-" + std::to_string(i)};
        services[i].type = model::ServiceType::load_balancer;
        services[i].ports = {{"TCP", 80}, {"TCP", 443}};
        services[i].selector = {{"app", "web"}};
    }
    return services;
}

struct Fill {
    double mean_ns = 0;
    double first_tenth_ns = 0;
    double last_tenth_ns = 0;
    std::string checksum;
};

/// Serves all services from an empty pool; `next` gives one address.
template <typename Next>
Fill fill(std::size_t count, Next&& next) {
    Fill result;
    bench::Checksum checksum;
    const std::size_t tenth = count / 10;
    const double start = cpu_ns();
    double last_start = start;
    for (std::size_t i = 0; i < count; ++i) {
        if (i == tenth) {
            result.first_tenth_ns = (cpu_ns() - start) / static_cast<double>(tenth);
        }
        if (i == count - tenth) {
            last_start = cpu_ns();
        }
        const ip::Address address = next(i);
        checksum.add(address.number().hi);
        checksum.add(address.number().lo);
    }
    result.last_tenth_ns = (cpu_ns() - last_start) / static_cast<double>(tenth);
    result.mean_ns = (cpu_ns() - start) / static_cast<double>(count);
    result.checksum = checksum.to_string();
    return result;
}

Fill fill_allocator(const Case& which, const std::vector<model::Service>& services) {
    pool::Allocator allocator;
    allocator.set_pools(one_pool(which.cidr));
    return fill(services.size(), [&](std::size_t i) {
        const auto outcome = allocator.allocate(pool::demand_of(services[i], which.families));
        return outcome ? outcome->addresses.front() : ip::Address{};
    });
}

Fill fill_by_scan(const Case& which, std::size_t count) {
    const auto configuration = one_pool(which.cidr);
    const ip::Range range = configuration->pools.begin()->second.prefixes.front().range();
    std::unordered_set<ip::Address> used;
    return fill(count, [&](std::size_t) {
        ip::U128 number = range.first().number();
        while (used.contains(ip::Address::from_number(range.family(), number))) {
            number = number + ip::U128{1};
        }
        const auto address = ip::Address::from_number(range.family(), number);
        used.insert(address);
        return address;
    });
}

/// False when allocator and scan disagree.
bool measure(bench::Report& report, const Case& which) {
    const std::size_t count = report.quick() ? 200 : 10'000;
    const std::size_t repetitions = report.quick() ? 1 : 21;
    const std::size_t scans = report.quick() ? 1 : 3;
    const std::vector<model::Service> services = services_of(count);
    std::vector<double> means;
    std::vector<double> first;
    std::vector<double> last;
    std::string checksum;
    for (std::size_t i = 0; i < repetitions; ++i) {
        const Fill filled = fill_allocator(which, services);
        means.push_back(filled.mean_ns);
        first.push_back(filled.first_tenth_ns);
        last.push_back(filled.last_tenth_ns);
        checksum = filled.checksum;
    }
    std::vector<double> scan_means;
    std::string scan_checksum;
    for (std::size_t i = 0; i < scans; ++i) {
        const Fill filled = fill_by_scan(which, count);
        scan_means.push_back(filled.mean_ns);
        scan_checksum = filled.checksum;
    }
    const bench::Summary value = bench::summarise(means);
    report.add({"allocate",
                std::string("allocation_ns/") + which.size,
                value.median,
                "ns",
                "first-fit scan",
                bench::summarise(scan_means).median,
                repetitions});
    report.note(std::string(which.size) + ": quartiles " + std::to_string(value.low) + " .. " +
                std::to_string(value.high) + " ns, first tenth " +
                std::to_string(bench::summarise(first).median) + " ns, last tenth " +
                std::to_string(bench::summarise(last).median) + " ns, checksum " + checksum +
                (checksum == scan_checksum ? " (as the scan)" : " (THE SCAN DIFFERS)"));
    return checksum == scan_checksum;
}

}  // namespace

int main(int argc, char** argv) {
    bench::Report report(argc, argv);
    bool agree = true;
    for (const Case& which : {Case{"v4-16", "10.1.0.0/16", pool::Families::ipv4},
                              Case{"v4-8", "10.0.0.0/8", pool::Families::ipv4},
                              Case{"v6-64", "fd00:1::/64", pool::Families::ipv6}}) {
        agree = measure(report, which) && agree;
    }
    return agree ? 0 : 1;
}
