#include "cli/commands.h"

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/render/document.h"
#include "cli/render/text.h"
#include "runtime/version.h"

#include <algorithm>
#include <utility>

namespace ferro::cli {

namespace {

bool for_machines(const Settings& settings) {
    return settings.output == Output::json || settings.output == Output::yaml;
}

Format format_of(const Settings& settings) {
    return settings.output == Output::yaml ? Format::yaml : Format::json;
}

Result<Client> client_of(const Settings& settings) {
    return Client::connect(settings.socket, settings.timeout);
}

// Keeps what one of the names means; names that mean nothing are told.
template <typename Item, typename Matches>
std::string keep_only(std::vector<Item>& items,
                      const std::vector<std::string>& names,
                      const std::string& what,
                      const Matches& matches) {
    if (names.empty()) {
        return {};
    }
    std::string unknown;
    for (const std::string& name : names) {
        const bool known = std::any_of(
            items.begin(), items.end(), [&](const Item& item) { return matches(item, name); });
        unknown += known ? "" : "there is no " + what + " '" + name + "'\n";
    }
    std::erase_if(items, [&](const Item& item) {
        return std::none_of(names.begin(), names.end(), [&](const std::string& name) {
            return matches(item, name);
        });
    });
    return unknown;
}

}  // namespace

Outcome failure(const Error& error) {
    const bool answered = error.code == ErrorCode::not_found;
    return Outcome{"", error.context + "\n", answered ? kExitBad : kExitUnavailable};
}

Outcome status(const Settings& settings, const std::vector<std::string>& only) {
    Result<Client> client = client_of(settings);
    if (!client) {
        return {"", client.error().context + "\n", kExitUnavailable};
    }
    auto services = client->services();
    if (!services) {
        return failure(services.error());
    }
    const auto version = client->version();
    if (!version) {
        return failure(version.error());
    }
    Outcome outcome;
    outcome.err = keep_only(
        *services, only, "service", [](const control::Service& service, const std::string& name) {
            return service.key() == name || service.name == name;
        });
    outcome.out = for_machines(settings)
                      ? document_of_status(*services, version->conditions, format_of(settings))
                      : render_status(*services, version->conditions, settings.style);
    const bool good = summarise(*services).missing.empty() && outcome.err.empty();
    outcome.exit_code = good ? kExitGood : kExitBad;
    return outcome;
}

Outcome pools(const Settings& settings, const std::vector<std::string>& only) {
    Result<Client> client = client_of(settings);
    if (!client) {
        return {"", client.error().context + "\n", kExitUnavailable};
    }
    auto pools = client->pools();
    if (!pools) {
        return failure(pools.error());
    }
    Outcome outcome;
    outcome.err =
        keep_only(*pools, only, "pool", [](const control::Pool& pool, const std::string& name) {
            return pool.name == name;
        });
    outcome.out = for_machines(settings) ? document_of_pools(*pools, format_of(settings))
                                         : render_pools(*pools, settings.style);
    outcome.exit_code = outcome.err.empty() ? kExitGood : kExitBad;
    return outcome;
}

Outcome speakers(const Settings& settings) {
    Result<Client> client = client_of(settings);
    if (!client) {
        return {"", client.error().context + "\n", kExitUnavailable};
    }
    const auto speakers = client->speakers();
    if (!speakers) {
        return failure(speakers.error());
    }
    return {for_machines(settings) ? document_of_speakers(*speakers, format_of(settings))
                                   : render_speakers(*speakers, settings.style),
            "",
            kExitGood};
}

Outcome findings(const Settings& settings) {
    Result<Client> client = client_of(settings);
    if (!client) {
        return {"", client.error().context + "\n", kExitUnavailable};
    }
    const auto findings = client->findings();
    if (!findings) {
        return failure(findings.error());
    }
    const bool bad = std::any_of(findings->begin(), findings->end(), [](const auto& finding) {
        return finding.severity == "error";
    });
    return {for_machines(settings) ? document_of_findings(*findings, format_of(settings))
                                   : render_findings(*findings, settings.style),
            "",
            bad ? kExitBad : kExitGood};
}

Outcome explain(const Settings& settings, const std::string& query) {
    Result<Client> client = client_of(settings);
    if (!client) {
        return {"", client.error().context + "\n", kExitUnavailable};
    }
    const auto explanations = client->explain(query);
    if (!explanations) {
        return failure(explanations.error());
    }
    return {for_machines(settings) ? document_of_explanations(*explanations, format_of(settings))
                                   : render_explanations(*explanations, settings.style),
            "",
            kExitGood};
}

Outcome version(const Settings& settings) {
    const runtime::Version own = runtime::version();
    const ClientVersion client_version{own.number, own.commit};
    Result<control::Version> controller = Error{};
    if (Result<Client> client = client_of(settings)) {
        controller = client->version();
    } else {
        controller = client.error();
    }
    const control::Version* told = controller ? &*controller : nullptr;
    return {for_machines(settings) ? document_of_version(client_version, told, format_of(settings))
                                   : render_version(client_version, told, settings.style),
            told != nullptr ? "" : controller.error().context + "\n",
            told != nullptr ? kExitGood : kExitUnavailable};
}

Outcome complete_words(const Settings& settings, const std::vector<std::string>& words) {
    const auto services = [&settings] {
        Result<Client> client = client_of(settings);
        auto told = client ? client->services() : client.error();
        return told ? std::move(*told) : std::vector<control::Service>();
    };
    NameSource names;
    names.services = [&services] {
        std::vector<std::string> keys;
        for (const control::Service& service : services()) {
            keys.push_back(service.key());
        }
        return keys;
    };
    names.addresses = [&services] {
        std::vector<std::string> addresses;
        for (const control::Service& service : services()) {
            addresses.insert(addresses.end(), service.ips.begin(), service.ips.end());
        }
        return addresses;
    };
    names.pools = [&settings] {
        std::vector<std::string> names_of_pools;
        Result<Client> client = client_of(settings);
        const auto told = client ? client->pools() : client.error();
        if (told) {
            for (const control::Pool& pool : *told) {
                names_of_pools.push_back(pool.name);
            }
        }
        return names_of_pools;
    };
    Outcome outcome;
    for (const std::string& word : complete(words, names)) {
        outcome.out += word + "\n";
    }
    return outcome;
}

}  // namespace ferro::cli
