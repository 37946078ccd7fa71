"""Include lines against the layers (docs/HOUSE_STYLE.md 2.2): dependencies point down, engines and adapters do not know
each other, and each foreign library has the few places that may see it."""

import re

from source import Place, line_of

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)

# Foreign headers (in angle brackets) and the layers, parts or rooms that may include them; the first match counts.
FOREIGN = [
    (r"boost/asio", {2, 3}),
    (r"boost/beast", {2, 3}),
    (r"boost/json", {"wire", 3, "cli"}),
    (r"boost/", {2, 3}),
    (r"grpc|google/protobuf", {"proto", 3, 4}),
    (r"yaml-cpp/", {"wire", 3, "cli"}),
    (r"sqlite3\.h", {3}),
    (r"netlink/", {"netlink"}),
    (r"spdlog/", {"runtime"}),
    (r"openssl/", {"wire", 2, 3}),
    (r"CLI/", {4}),
    (r"gtest/|gmock/|benchmark/", set()),
]

# Core, wire and engine think: no thread, lock, clock, randomness, environment, file or socket.
UNTHINKING = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|random|ctime|time\.h|"
    r"fstream|filesystem|iostream|csignal|coroutine|pthread\.h|unistd\.h|fcntl\.h|poll\.h|signal\.h|netdb\.h|ifaddrs\.h|"
    r"(sys|arpa|net|netinet|linux)/.*)$"
)


def check(path, text, report):
    place = Place(path)
    if place.layer is None:
        return
    for match in INCLUDE.finditer(text):
        line = line_of(text, match.start(2))
        if match.group(1) == '"':
            _check_own(path, line, place, match.group(2), report)
        else:
            _check_foreign(path, line, place, match.group(2), report)


def _check_own(path, line, place, header, report):
    target = Place(header)
    if target.room in ("tests", "bench"):
        report(path, line, "layer", f"{header}: the product does not include tests")
    if target.layer is None:
        return
    if target.layer > place.layer:
        report(path, line, "layer", f"{place} (layer {place.layer}) may not include {header} (layer {target.layer})")
    elif target.layer == place.layer and place.layer in (1, 3) and target.room != place.room:
        report(path, line, "layer", f"{place} may not include {header}: another room of layer {place.layer}")


def _check_foreign(path, line, place, header, report):
    if place.layer <= 1 and place.room != "proto" and UNTHINKING.match(header):
        report(path, line, "foreign", f"<{header}> in {place}: {place.part} reads no clock, thread, file or socket")
    for pattern, allowed in FOREIGN:
        if re.match(pattern, header):
            if not allowed & {place.layer, place.part, place.room}:
                report(path, line, "foreign", f"<{header}> is not for {place}")
            return
