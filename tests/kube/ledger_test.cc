// The ledger's promises one by one, with damage done by hand.
#include "kube/io/ledger.h"

#include "tests/kube/ledger_workload.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

namespace ferro::kube {
namespace {

using testing::HasSubstr;

class LedgerTest : public testing::Test {
  protected:
    std::unique_ptr<Ledger> open() {
        auto ledger = Ledger::open(
            LedgerOptions{.state_dir = directory.path(), .now = [this] { return now; }});
        EXPECT_TRUE(ledger.has_value()) << ledger.error().context;
        return ledger ? std::move(*ledger) : nullptr;
    }

    // A ledger of `count` services, closed.
    void make(std::uint64_t count) {
        const auto ledger = open();
        std::vector<model::ServiceStatus> batch;
        for (std::uint64_t n = 0; n < count; ++n) {
            batch.push_back(allocation(n, n + 1));
        }
        ASSERT_TRUE(ledger->write(batch).has_value());
    }

    [[nodiscard]] std::string bytes_of(const std::string& name) const {
        std::ifstream file(directory / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    void put_bytes(const std::string& name, const std::string& bytes) const {
        std::ofstream(directory / name, std::ios::binary | std::ios::trunc) << bytes;
    }

    // The set-aside file must hold exactly what was there before.
    void expect_set_aside(const Ledger& ledger, LedgerFound found, const std::string& bytes) const {
        EXPECT_EQ(ledger.opening().found, found) << ledger.opening().to_string();
        EXPECT_EQ(ledger.opening().set_aside.filename().string(),
                  std::string("ledger.db.") + to_string(found) + "-20261122T174500Z");
        EXPECT_EQ(bytes_of(ledger.opening().set_aside.filename().string()), bytes);
    }

    tests::TemporaryDirectory directory{"ledger"};
    WallTime now{1795369500000};  // 2026-11-22 17:45:00 UTC
};

TEST_F(LedgerTest, KeepsWhatWasWrittenInKeyOrder) {
    const model::ServiceStatus b = allocation(2, 20);
    const model::ServiceStatus a = allocation(1, 10);
    {
        const auto ledger = open();
        EXPECT_EQ(ledger->opening().found, LedgerFound::nothing);
        ASSERT_TRUE(ledger->write({b, a}).has_value());
    }
    const auto ledger = open();
    EXPECT_EQ(ledger->opening().found, LedgerFound::intact);
    EXPECT_EQ(ledger->opening().entries, 2U);
    EXPECT_EQ(ledger->load().value(), (std::vector<model::ServiceStatus>{a, b}));
}

TEST_F(LedgerTest, RemovesAClearedStatusAndLetsTheLaterOfTwoCount) {
    const auto ledger = open();
    model::ServiceStatus cleared = allocation(1, 10);
    cleared.ips.clear();
    cleared.pool.clear();
    ASSERT_TRUE(ledger->write({allocation(1, 10), allocation(2, 20)}).has_value());
    ASSERT_TRUE(ledger->write({allocation(2, 30), cleared, allocation(2, 40)}).has_value());
    EXPECT_EQ(ledger->load().value(), (std::vector<model::ServiceStatus>{allocation(2, 40)}));
}

TEST_F(LedgerTest, RemembersSinceWhenTheAddressesWereGiven) {
    model::ServiceStatus status = allocation(1, 10);
    {
        const auto ledger = open();
        ASSERT_TRUE(ledger->write({status}).has_value());
        EXPECT_EQ(ledger->since({"ns0", "nobody"}), std::nullopt);
    }
    const WallTime given = now;
    now.unix_ms += 60000;
    const auto ledger = open();
    status.pool = "renamed";
    ASSERT_TRUE(ledger->write({status}).has_value());
    EXPECT_EQ(ledger->since(status.service), given) << "another pool name moves no address";
    status.ips = {"10.9.9.9"};
    ASSERT_TRUE(ledger->write({status}).has_value());
    EXPECT_EQ(ledger->since(status.service), now);
}

TEST_F(LedgerTest, RefusesASecondControllerAndNamesTheFirst) {
    const auto first = open();
    const auto second = Ledger::open(LedgerOptions{.state_dir = directory.path(), .now = {}});
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_THAT(second.error().context, HasSubstr("pid " + std::to_string(::getpid())));
}

TEST_F(LedgerTest, ReportsThatALedgerIsMissing) {
    make(3);
    std::filesystem::remove(directory / "ledger.db");
    {
        const auto ledger = open();
        EXPECT_EQ(ledger->opening().found, LedgerFound::missing);
        EXPECT_TRUE(ledger->load()->empty());
    }
    EXPECT_EQ(open()->opening().found, LedgerFound::intact) << "reported once, then it is a ledger";
}

TEST_F(LedgerTest, SetsAsideATextFile) {
    make(3);
    const std::string text(5000, 'x');
    put_bytes("ledger.db", text);
    const auto ledger = open();
    expect_set_aside(*ledger, LedgerFound::not_a_ledger, text);
    EXPECT_TRUE(ledger->write({allocation(1, 1)}).has_value());
}

TEST_F(LedgerTest, SetsAsideAnEmptyFile) {
    make(3);
    put_bytes("ledger.db", "");
    expect_set_aside(*open(), LedgerFound::not_a_ledger, "");
}

TEST_F(LedgerTest, SetsAsideTheDatabaseOfSomebodyElse) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((directory / "ledger.db").c_str(), &other), SQLITE_OK);
    sqlite3_exec(other, "CREATE TABLE recipes(name TEXT)", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    const std::string bytes = bytes_of("ledger.db");
    expect_set_aside(*open(), LedgerFound::not_a_ledger, bytes);
}

TEST_F(LedgerTest, SetsAsideALedgerOfAnotherVersion) {
    make(3);
    sqlite3* newer = nullptr;
    ASSERT_EQ(sqlite3_open((directory / "ledger.db").c_str(), &newer), SQLITE_OK);
    sqlite3_exec(newer, "PRAGMA user_version = 7", nullptr, nullptr, nullptr);
    sqlite3_close(newer);
    const std::string bytes = bytes_of("ledger.db");
    const auto ledger = open();
    expect_set_aside(*ledger, LedgerFound::other_version, bytes);
    EXPECT_TRUE(ledger->load()->empty());
}

TEST_F(LedgerTest, SetsAsideATruncatedFileAndKeepsItsSoundEntries) {
    make(2000);
    const std::string whole = bytes_of("ledger.db");
    put_bytes("ledger.db", whole.substr(0, whole.size() / 2));
    const auto ledger = open();
    expect_set_aside(*ledger, LedgerFound::damaged, whole.substr(0, whole.size() / 2));
    EXPECT_GT(ledger->opening().salvaged, 100U);
    EXPECT_LT(ledger->opening().salvaged, 2000U);
    EXPECT_EQ(ledger->load()->size(), ledger->opening().salvaged);
}

// Every byte of the file matters or is unused: a flip is noticed, or what is loaded is right all
// the same. What is taken over from a damaged file is never wrong.
TEST_F(LedgerTest, NeverBelievesAFlippedByte) {
    make(150);
    const std::string whole = bytes_of("ledger.db");
    const std::string marker = bytes_of("ledger.marker");
    std::map<model::ServiceKey, model::ServiceStatus> truth;
    for (std::uint64_t n = 0; n < 150; ++n) {
        truth[allocation(n, n + 1).service] = allocation(n, n + 1);
    }
    std::size_t noticed = 0;
    std::size_t saved = 0;
    Prng prng(7);
    for (int round = 0; round < 80; ++round) {
        // The first rounds hit the header, the rest anything.
        const std::size_t at = round < 40 ? static_cast<std::size_t>(round) * 2
                                          : static_cast<std::size_t>(prng.below(whole.size()));
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ static_cast<char>(1 + prng.below(255)));
        const tests::TemporaryDirectory copy("ledger-flip");
        std::ofstream(copy / "ledger.db", std::ios::binary) << flipped;
        std::ofstream(copy / "ledger.marker", std::ios::binary) << marker;
        const auto ledger = Ledger::open(LedgerOptions{.state_dir = copy.path(), .now = {}});
        ASSERT_TRUE(ledger.has_value()) << "byte " << at << ": " << ledger.error().context;
        const auto loaded = (*ledger)->load();
        ASSERT_TRUE(loaded.has_value());
        for (const model::ServiceStatus& status : *loaded) {
            ASSERT_EQ(status, truth[status.service]) << "byte " << at;
        }
        if ((*ledger)->opening().found == LedgerFound::intact) {
            ASSERT_EQ(*loaded, listed(truth)) << "byte " << at;
        } else {
            ++noticed;
            saved += loaded->size();
            EXPECT_FALSE((*ledger)->opening().set_aside.empty());
        }
    }
    EXPECT_GT(noticed, 30U);
    EXPECT_GT(saved, noticed * 50) << "most entries outlive one bad byte";
}

// The WAL of a killed controller, copied while it is open: SQLite itself would drop a damaged tail
// without a word.
TEST_F(LedgerTest, NoticesThatAcknowledgedChangesWereLostWithTheWal) {
    const auto ledger = open();
    ASSERT_TRUE(ledger->write({allocation(1, 10)}).has_value());
    ASSERT_TRUE(ledger->write({allocation(2, 20)}).has_value());
    const std::string wal = bytes_of("ledger.db-wal");
    ASSERT_GT(wal.size(), 4096U);
    std::size_t noticed = 0;
    for (std::size_t at = 0; at <= wal.size(); at += 997) {
        const tests::TemporaryDirectory copy("ledger-wal");
        std::string damaged = wal;
        if (at < wal.size()) {
            damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        }
        std::ofstream(copy / "ledger.db", std::ios::binary) << bytes_of("ledger.db");
        std::ofstream(copy / "ledger.marker", std::ios::binary) << bytes_of("ledger.marker");
        if (at != 0) {  // the first round: no WAL at all
            std::ofstream(copy / "ledger.db-wal", std::ios::binary) << damaged;
        }
        const auto again = Ledger::open(LedgerOptions{.state_dir = copy.path(), .now = {}});
        ASSERT_TRUE(again.has_value()) << again.error().context;
        if ((*again)->opening().found == LedgerFound::intact) {
            EXPECT_EQ((*again)->load()->size(), 2U) << "byte " << at;
        } else {
            EXPECT_EQ((*again)->opening().found, LedgerFound::rolled_back) << "byte " << at;
            ++noticed;
        }
    }
    EXPECT_GT(noticed, 3U);
}

TEST_F(LedgerTest, FinishesAReplacementThatWasInterrupted) {
    make(3);
    std::filesystem::rename(directory / "ledger.db", directory / "ledger.db.new");
    // As a replacement would be: newer than what the marker knows.
    put_bytes("ledger.marker", "ferrolb-ledger 00000000000000000001\n");
    const auto ledger = open();
    EXPECT_EQ(ledger->opening().found, LedgerFound::missing);
    EXPECT_EQ(ledger->load()->size(), 3U);
}

TEST_F(LedgerTest, SaysWhenTheFolderCannotBeUsed) {
    put_bytes("file", "");
    const auto ledger =
        Ledger::open(LedgerOptions{.state_dir = directory / "file" / "state", .now = {}});
    ASSERT_FALSE(ledger.has_value());
    EXPECT_THAT(ledger.error().context, HasSubstr("file/state"));
}

TEST_F(LedgerTest, WritesTenThousandInOneTransactionWellUnderASecond) {
    const auto ledger = open();
    std::vector<model::ServiceStatus> batch;
    for (std::uint64_t n = 0; n < 10000; ++n) {
        batch.push_back(allocation(n, n));
    }
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(ledger->write(batch).has_value());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "10,000 statuses in one transaction: " << took.count() << " s\n";
    EXPECT_LT(took.count(), 3.0) << "0.03 s when nothing else runs";
    EXPECT_EQ(ledger->load()->size(), 10000U);
}

}  // namespace
}  // namespace ferro::kube
