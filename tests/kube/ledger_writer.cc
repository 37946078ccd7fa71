// The process that the kill test kills: writes batch after batch to a ledger and prints the number
// of each one after the ledger acknowledged it.
//
//   ledger_writer STATE_DIR SEED FIRST COUNT
#include "kube/io/ledger.h"
#include "tests/kube/ledger_workload.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

namespace {

// One write(2) for each line: a kill cannot tear it.
void print_line(const std::string& text) {
    const std::string line = text + "\n";
    [[maybe_unused]] const ssize_t written = ::write(1, line.data(), line.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: ledger_writer STATE_DIR SEED FIRST COUNT\n";
        return 2;
    }
    ferro::kube::LedgerOptions options{.state_dir = argv[1], .now = {}};
    options.wal_pages = 24;  // checkpoints often, so that many kills fall into one
    auto ledger = ferro::kube::Ledger::open(std::move(options));
    if (!ledger) {
        std::cerr << to_string(ledger.error().code) << ": " << ledger.error().context << "\n";
        return 1;
    }
    print_line(std::string("opened ") + to_string((*ledger)->opening().found));
    const std::uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    const std::uint64_t first = std::strtoull(argv[3], nullptr, 10);
    const std::uint64_t count = std::strtoull(argv[4], nullptr, 10);
    for (std::uint64_t number = first; number < first + count; ++number) {
        const auto written = (*ledger)->write(ferro::kube::batch_number(seed, number));
        if (!written) {
            std::cerr << written.error().context << "\n";
            return 1;
        }
        print_line("acknowledged " + std::to_string(number));
    }
    return 0;
}
