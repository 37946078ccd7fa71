// ferroctl: the command line. What the commands do is in commands.h and lint.h.
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/lint.h"
#include "runtime/clock.h"
#include "runtime/version.h"

#include <CLI/CLI.hpp>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace ferro::cli {
namespace {

struct Arguments {
    Settings settings;
    std::vector<std::string> services;
    std::vector<std::string> pools;
    std::string query;
    std::string shell;
    LintOptions lint;
    std::string no_color;
    double watch = 0;  // seconds between two looks; 0 = one look
    std::function<Outcome()> run;
};

Style style_of_terminal(const Arguments& arguments) {
    Style style;
    style.colour = ::isatty(STDOUT_FILENO) == 1 && arguments.no_color.empty();
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60) {
        style.columns = size.ws_col;
    }
    return style;
}

void add_socket_option(CLI::App& app, Settings& settings) {
    app.add_option("--socket", settings.socket, "The controller's --control-socket")
        ->envname("FERROLB_CONTROL")
        ->capture_default_str()
        ->type_name("PATH");
}

void add_global_options(CLI::App& app, Arguments& arguments) {
    const std::map<std::string, Output> outputs = {{"table", Output::table},
                                                   {"wide", Output::wide},
                                                   {"json", Output::json},
                                                   {"yaml", Output::yaml}};
    add_socket_option(app, arguments.settings);
    // no-color.org: any text but the empty one. An option without a place in the help.
    app.add_option("--no-color-since", arguments.no_color)->envname("NO_COLOR")->group("");
    app.add_option("-o,--output", arguments.settings.output, "table, wide, json or yaml")
        ->transform(CLI::CheckedTransformer(outputs).description(""))
        ->type_name("FORMAT");
    app.add_option_function<double>(
           "--timeout",
           [&arguments](double seconds) {
               arguments.settings.timeout =
                   std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
           },
           "Seconds to wait for the controller's answer")
        ->default_str("5")
        ->check(CLI::PositiveNumber)
        ->type_name("SECONDS");
}

void add_commands(CLI::App& app, Arguments& arguments) {
    CLI::App* const status_command =
        app.add_subcommand("status", "Services, their addresses and who announces them");
    status_command->add_option(
        "SERVICE", arguments.services, "Only these (namespace/name or name)");
    status_command->add_option("-w,--watch", arguments.watch, "Look again every so many seconds")
        ->expected(0, 1)
        ->default_str("1")
        ->type_name("SECONDS");
    CLI::App* const pools_command =
        app.add_subcommand("pools", "Address pools, used and free, of both families");
    pools_command->add_option("POOL", arguments.pools, "Only these");
    CLI::App* const explain_command =
        app.add_subcommand("explain", "Why a service is or is not announced, gate by gate");
    explain_command->add_option("SERVICE|ADDRESS", arguments.query)->required();
    CLI::App* const lint_command =
        app.add_subcommand("lint", "Check a folder of manifests, without a controller");
    lint_command->add_option("DIR", arguments.lint.folder)->required();
    lint_command
        ->add_option("--namespace", arguments.lint.own_namespace, "Where metallb.io objects count")
        ->capture_default_str();
    CLI::App* const completion_command =
        app.add_subcommand("completion", "Print the completion script of a shell");
    completion_command->add_option("SHELL", arguments.shell, "bash or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}).description(""));

    const auto on = [&arguments](CLI::App* command, std::function<Outcome()> run) {
        command->fallthrough();
        command->callback([&arguments, run] { arguments.run = run; });
    };
    const Settings& settings = arguments.settings;
    on(status_command, [&] { return status(settings, arguments.services); });
    on(pools_command, [&] { return pools(settings, arguments.pools); });
    on(explain_command, [&] { return explain(settings, arguments.query); });
    on(lint_command, [&] { return lint(settings, arguments.lint); });
    on(completion_command, [&] { return Outcome{*completion_script(arguments.shell), "", 0}; });
    on(app.add_subcommand("speakers", "The speakers, and how far each one's feed is"),
       [&] { return speakers(settings); });
    on(app.add_subcommand("findings", "What is wrong or surprising in the configuration"),
       [&] { return findings(settings); });
    on(app.add_subcommand("version", "What this is, and what the controller is and sees"),
       [&] { return version(settings); });
}

int print(const Outcome& outcome) {
    std::cout << outcome.out << std::flush;
    std::cerr << outcome.err;
    return outcome.exit_code;
}

// Until it is interrupted, or nobody reads any more.
int watch(Arguments& arguments) {
    int exit_code = kExitGood;
    while (std::cout) {
        arguments.settings.style.now = runtime::wall_now();
        const Outcome outcome = arguments.run();
        // Cursor home and clear: without a scrolled-away history of tables.
        std::cout << (::isatty(STDOUT_FILENO) == 1 ? "\x1b[H\x1b[2J" : "") << outcome.out
                  << outcome.err << std::flush;
        exit_code = outcome.exit_code;
        ::poll(nullptr, 0, static_cast<int>(arguments.watch * 1000));
    }
    return exit_code;
}

// `ferroctl __complete WORD..`: for the completion scripts; never says anything but candidates.
int complete_command(const std::vector<std::string>& words) {
    Settings settings;
    CLI::App environment;
    add_socket_option(environment, settings);
    environment.parse(std::vector<std::string>());
    settings.socket = socket_of(words).value_or(settings.socket);
    settings.timeout = std::chrono::milliseconds(1000);
    return print(complete_words(settings, words));
}

int run(int argc, char** argv) {
    if (argc >= 2 && std::string(argv[1]) == "__complete") {
        return complete_command(std::vector<std::string>(argv + 2, argv + argc));
    }
    const runtime::Version own = runtime::version();
    CLI::App app("Looks into FerroLB: what is announced, by whom, and why not", "ferroctl");
    app.set_version_flag("--version", "ferroctl " + own.number + " (" + own.commit + ")");
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    Arguments arguments;
    add_global_options(app, arguments);
    add_commands(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? kExitGood : kExitUsage;
    }
    arguments.settings.style = style_of_terminal(arguments);
    arguments.settings.style.wide = arguments.settings.output == Output::wide;
    arguments.settings.style.now = runtime::wall_now();
    if (arguments.watch > 0) {
        return watch(arguments);
    }
    return print(arguments.run());
}

}  // namespace
}  // namespace ferro::cli

int main(int argc, char** argv) {
    return ferro::cli::run(argc, argv);
}
