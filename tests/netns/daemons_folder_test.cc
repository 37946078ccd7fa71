// Real controller and speaker processes and a folder of many services: an edit touches its own
// service alone; a controller that is killed while it gives addresses, or that runs out of disk,
// moves none; strangers at the feed harm nobody.
#include "core/base/prng.h"
#include "tests/netns/daemons_support.h"
#include "tests/support/eventually.h"
#include "tests/support/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ferro::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Allocations = std::map<std::string, std::string>;  // service -> address

void furnish(const Lab& lab) {
    lab.write("nodes.yaml", nodes_manifest({{"host-1"}}));
    lab.write("pool.yaml", pool_manifest(kServiceRange));
}

/// Services number `first` .. `last` - 1, without a wish for an address.
void write_range(const Lab& lab, std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t number = first; number < last; ++number) {
        lab.write(service_name(number) + ".yaml",
                  service_manifest(service_name(number), {"host-1"}));
    }
}

std::string pinned_service(std::uint32_t number, const std::vector<std::string>& hosts) {
    return service_manifest(service_name(number), hosts, service_address(number).to_string());
}

TEST(Folder, OfAThousandServicesAnEditOfOneTouchesThatOneAlone) {
    Lab lab({.hosts = 1});
    furnish(lab);
    const std::vector<ip::Address> addresses = write_services(lab, 1'000, {"host-1"}, Pinned::yes);
    lab.start_controller();
    Process speaker = lab.start_speaker(1);
    const auto client = lab.client();
    ASSERT_TRUE(all_answered(*client, addresses, seconds{60})) << speaker.output();
    ASSERT_TRUE(eventually([&] { return all_announced(lab, addresses.size()); }));
    wait_for_silence(*client);
    const std::size_t logged = speaker.output().size();

    // Another endpoint: announced again (T081), and no other service is.
    lab.write(service_name(17) + ".yaml", pinned_service(17, {"host-1", "elsewhere"}));
    std::vector<layer2::ArpFrame> frames;
    ASSERT_TRUE(eventually([&] {
        const auto more = service_frames(*client, milliseconds{10});
        frames.insert(frames.end(), more.begin(), more.end());
        return !frames.empty();
    }));
    const auto more = service_frames(*client, milliseconds{1500});
    frames.insert(frames.end(), more.begin(), more.end());
    for (const layer2::ArpFrame& frame : frames) {
        EXPECT_EQ(frame.sender_ip, service_address(17));
    }
    wait_for_silence(*client);

    // A service that goes: withdrawn, and no frame about any other.
    lab.remove(service_name(18) + ".yaml");
    ASSERT_TRUE(speaker.wait_for_output("withdrawing service announcement", seconds{10}));
    EXPECT_THAT(service_frames(*client, milliseconds{300}), IsEmpty());
    const std::string log = speaker.output().substr(logged);
    EXPECT_EQ(count_of(log, "serviceWithdrawn"), 1U) << log;
    EXPECT_EQ(count_of(log, "serviceAnnounced"), 0U) << log;
    std::vector<ip::Address> rest = addresses;
    rest.erase(rest.begin() + 18);
    EXPECT_EQ(who_answers(*client, addresses, milliseconds{300}).size(), rest.size());
    EXPECT_TRUE(all_answered(*client, rest, seconds{5}));
}

/// What the speaker's log says it announced: each line names service and address.
Allocations announced_in(const std::string& log) {
    Allocations announced;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        const auto value = [&](const std::string& key) {
            const auto at = line.find("\"" + key + "\":\"");
            const auto begin = at + key.size() + 4;
            return at == std::string::npos ? "" : line.substr(begin, line.find('"', begin) - begin);
        };
        if (line.find("serviceAnnounced") != std::string::npos) {
            announced[value("service")] = value("ip");
        }
    }
    return announced;
}

void expect_all_of(const Allocations& earlier, const Allocations& later, const std::string& seen) {
    for (const auto& [service, address] : earlier) {
        const auto now = later.find(service);
        if (now == later.end() || now->second != address) {
            ADD_FAILURE() << service << " had " << address << " (" << seen << "), now "
                          << (now == later.end() ? "none" : now->second);
            return;
        }
    }
}

TEST(ControllerKill, InTheMiddleOfAThousandAllocationsGivesNoAddressTwiceAndMovesNone) {
    Lab lab({.hosts = 1});
    furnish(lab);
    lab.start_controller();
    Process speaker = lab.start_speaker(1);
    ASSERT_TRUE(eventually([&] { return is_connected(lab, "host-1"); }, seconds{20}));
    Prng prng(7);
    Allocations shown;
    std::vector<std::size_t> done_at_kill;
    constexpr std::uint32_t kRounds = 10;
    constexpr std::uint32_t kPerRound = 100;
    for (std::uint32_t round = 0; round < kRounds; ++round) {
        // Killed when a random part of the new services is announced, while the others are on their
        // way.
        const std::size_t enough = round * kPerRound + 1 + prng.below(kPerRound / 2);
        write_range(lab, round * kPerRound, (round + 1) * kPerRound);
        ASSERT_TRUE(eventually(
            [&] { return count_of(speaker.output(), "serviceAnnounced") >= enough; }, seconds{20}));
        expect_all_of(shown, addresses_of(status_of(lab)), "ferroctl status");
        for (const auto& [service, address] : addresses_of(status_of(lab))) {
            shown[service] = address;
        }
        lab.kill_controller();
        done_at_kill.push_back(shown.size());
        lab.start_controller();
        ASSERT_TRUE(eventually([&] { return is_connected(lab, "host-1"); }, seconds{20}));
    }
    ASSERT_TRUE(eventually([&] { return all_announced(lab, kRounds * kPerRound); }, seconds{60}));
    const Allocations final = addresses_of(status_of(lab));
    expect_all_of(shown, final, "ferroctl status");
    expect_all_of(announced_in(speaker.output()), final, "announced");
    EXPECT_EQ(announced_in(speaker.output()).size(), final.size());
    EXPECT_THAT(speaker.output(), Not(HasSubstr("serviceWithdrawn")));
    std::set<std::string> distinct;
    for (const auto& [service, address] : final) {
        EXPECT_TRUE(distinct.insert(address).second) << address << " is given twice";
    }
}

/// The controller in a mount namespace in which its state directory is a tmpfs of `size`.
Process start_on_small_disk(const Lab& lab, const std::string& size) {
    std::vector<std::string> words = {"unshare",
                                      "--mount",
                                      "--propagation",
                                      "private",
                                      "sh",
                                      "-c",
                                      "mount -t tmpfs -o size=" + size + " tmpfs " +
                                          lab.state_directory().string() + " && exec \"$@\"",
                                      "sh"};
    const std::vector<std::string> command = lab.controller_command();
    words.insert(words.end(), command.begin(), command.end());
    return exec_in(lab.controller_host(), words);
}

TEST(FullDisk, StopsNewAddressesVisiblyCostsNoExistingOneAndHealsByItself) {
    Lab lab({.hosts = 1});
    furnish(lab);
    write_range(lab, 0, 20);
    Process controller = start_on_small_disk(lab, "2m");
    Process speaker = lab.start_speaker(1);
    ASSERT_TRUE(eventually([&] { return all_announced(lab, 20); }, seconds{20}))
        << controller.output();

    // Somebody else takes every block that is left. What the ledger's files have to spare is used
    // up by further services, until one is refused.
    const std::filesystem::path hog = "/proc/" + std::to_string(controller.pid()) + "/root" +
                                      (lab.state_directory() / "hog").string();
    {
        std::ofstream out(hog, std::ios::binary);
        while (out.write("x", 1) && out.flush()) {
        }
    }
    std::uint32_t count = 20;
    const auto refused = [&] {
        return controller.output().find("statusNotWritten") != std::string::npos;
    };
    while (!refused() && count < 5'000) {
        write_range(lab, count, count + 50);
        count += 50;
        ASSERT_TRUE(eventually([&] { return refused() || all_announced(lab, count); }, seconds{20}))
            << controller.output();
    }
    ASSERT_TRUE(refused()) << "a full disk held " << count << " services";
    ASSERT_TRUE(eventually([&] {
        return lab.ferroctl({"status"}).output.find("cannot be written") != std::string::npos;
    })) << lab.ferroctl({"status"}).output;
    const Allocations before = addresses_of(status_of(lab));
    EXPECT_LT(before.size(), count);
    EXPECT_GE(before.size(), 20U);
    std::vector<ip::Address> addresses;
    for (const auto& [service, address] : before) {
        addresses.push_back(ip::Address::parse(address).value());
    }
    const auto client = lab.client();
    EXPECT_TRUE(all_answered(*client, addresses, seconds{10}));

    std::filesystem::remove(hog);
    ASSERT_TRUE(eventually([&] { return all_announced(lab, count); }, seconds{60}))
        << controller.output();
    expect_all_of(before, addresses_of(status_of(lab)), "on the full disk");
    EXPECT_THAT(lab.ferroctl({"status"}).output, Not(HasSubstr("cannot be written")));
    EXPECT_THAT(speaker.output(), Not(HasSubstr("serviceWithdrawn")));
}

/// The folder still reaches the wire: a new service is announced and answered.
void expect_service_is_answered(const Lab& lab, std::uint32_t number) {
    lab.write(service_name(number) + ".yaml", pinned_service(number, {"host-1"}));
    EXPECT_TRUE(all_answered(*lab.client(), {service_address(number)}, seconds{10}));
}

TEST(Feed, RefusesAWrongCertificateWhileOthersWork) {
    Lab lab({.hosts = 3});
    furnish(lab);
    lab.start_controller();
    Process good = lab.start_speaker(1);
    expect_service_is_answered(lab, 0);
    const std::size_t logged =
        good.output().size();  // it may have been there before the controller

    CertificateAuthority stranger(lab.path("."), "stranger");
    CertificateFiles forged =
        stranger.issue("forged", {.common_name = "host-2", .dns_names = {"host-2"}});
    // It knows the right authority, but is signed by another one.
    forged.authority = lab.path("lab-ca.pem");
    Process unsigned_one = lab.start_speaker(2, {.certificates = forged});
    // A good certificate of host-1 does not make host-3 of a speaker.
    Process impostor = lab.start_speaker(3, {.certificates = lab.certificates_of(1)});
    EXPECT_TRUE(unsigned_one.wait_for_output("feedLost", seconds{20})) << unsigned_one.output();
    EXPECT_TRUE(lab.controller().wait_for_output("feedRefused", seconds{20}))
        << lab.controller().output();
    expect_service_is_answered(lab, 1);
    EXPECT_TRUE(is_connected(lab, "host-1"));
    EXPECT_FALSE(is_connected(lab, "host-2"));
    EXPECT_FALSE(is_connected(lab, "host-3"));
    EXPECT_THAT(unsigned_one.output() + impostor.output(), Not(HasSubstr("serviceAnnounced")));
    EXPECT_THAT(good.output().substr(logged), Not(HasSubstr("feedLost")));
}

/// Connects to the feed's port, says `bytes` and goes.
void say_to_feed(const Lab& lab, const std::string& bytes) {
    run_in(lab.client_host(), [&] {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        const std::string endpoint = Lab::feed_endpoint();
        const auto colon = endpoint.find(':');
        ::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &to.sin_addr);
        to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(colon + 1))));
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
        ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        ::close(fd);
    });
}

TEST(Feed, GarbageOnItsPortHarmsNobody) {
    Lab lab({.hosts = 1});
    furnish(lab);
    lab.start_controller();
    Process speaker = lab.start_speaker(1);
    expect_service_is_answered(lab, 0);
    const std::size_t logged = speaker.output().size();
    Prng prng(11);
    for (int connection = 0; connection < 200; ++connection) {
        std::string bytes(prng.below(4096), '\0');
        for (char& byte : bytes) {
            byte = static_cast<char>(prng.below(256));
        }
        // Some begin as TLS or HTTP/2 would.
        if (connection % 3 == 1) {
            bytes.insert(0, "\x16\x03\x01\x02");
        } else if (connection % 3 == 2) {
            bytes.insert(0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        }
        say_to_feed(lab, bytes);
    }
    expect_service_is_answered(lab, 1);
    EXPECT_TRUE(lab.controller().is_running());
    EXPECT_THAT(speaker.output().substr(logged), Not(HasSubstr("feedLost")));
    EXPECT_LT(lab.controller().output().size(), 200U * 1024) << "garbage fills the log";
}

}  // namespace
}  // namespace ferro::test
