#!/usr/bin/env python3
"""Shows that the house test sees: each rule gets a small bad tree and must flag it, and good code none."""

import os
import tempfile
import unittest

from check_house import House

UNWANTED = "TO" + "DO"


def offences(files):
    """The offences of a tree {path: text}; build files and READMEs are added, so that only the point is bad."""
    with tempfile.TemporaryDirectory() as root:
        tree = {"CMakeLists.txt": " ".join(p for p in files if p.endswith((".cc", ".h")))}
        tree.update({p.split("/")[0] + "/README.md": "." for p in files if "/" in p})
        tree.update(files)
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            if text is not None:
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
        return House(root).check()


def rules(files):
    return [rule for _, _, rule, _ in offences(files)]


def function(lines):
    return "void f() {\n" + "    g();\n" * (lines - 2) + "}\n"


class Selftest(unittest.TestCase):
    def test_good_code_is_not_flagged(self):
        good = """#include "core/base/check.h"
// sleep_for and getenv in a comment, and a co_await {}.
namespace a {
const char* text = "getenv(x) co_await {}";
std::string raw = R"(sleep_for( { )";
int big = 1'000'000;
}
"""
        self.assertEqual(rules({"kube/engine/a.cc": good, "core/base/check.h": ""}), [])

    def test_an_edge_upwards(self):
        found = offences({"core/ip/a.cc": '\n#include "runtime/loop.h"\n'})
        self.assertEqual([f[:3] for f in found], [("core/ip/a.cc", 2, "layer")])

    def test_another_room_of_the_same_layer(self):
        self.assertEqual(rules({"kube/engine/a.cc": '#include "speaker/layer2/engine/b.h"\n'}), ["layer"])
        self.assertEqual(rules({"kube/io/a.cc": '#include "netlink/link.h"\n'}), ["layer"])
        self.assertEqual(rules({"kube/engine/a.cc": '#include "kube/wire/b.h"\n'}), [])

    def test_the_product_including_tests(self):
        self.assertEqual(rules({"core/a.cc": '#include "tests/support/b.h"\n'}), ["layer"])

    def test_foreign_headers_outside_their_places(self):
        for path, header in [
            ("core/a.cc", "boost/asio/post.hpp"),
            ("kube/engine/a.cc", "boost/json.hpp"),
            ("core/a.cc", "thread"),
            ("kube/wire/a.cc", "sys/socket.h"),
            ("runtime/a.cc", "grpcpp/grpcpp.h"),
            ("kube/io/a.cc", "netlink/msg.h"),
            ("speaker/app/a.cc", "boost/asio.hpp"),
            ("core/a.cc", "gtest/gtest.h"),
        ]:
            self.assertEqual(rules({path: f"#include <{header}>\n"}), ["foreign"], header)
        self.assertEqual(rules({"runtime/a.cc": "#include <boost/asio/post.hpp>\n#include <thread>\n"}), [])

    def test_calls_that_only_runtime_makes(self):
        for call in ("std::chrono::steady_clock::now()", 'getenv("X")', "std::random_device d", "rand()", "time(nullptr)", "usleep(1)"):
            self.assertEqual(rules({"kube/io/a.cc": f"void f() {{ auto x = {call}; }}\n"}), ["call"], call)
            self.assertEqual(rules({"runtime/a.cc": f"void f() {{ auto x = {call}; }}\n"}), [], call)
        self.assertEqual(rules({"kube/io/a.cc": "int operand(int runtime(0)); expand(a);\n"}), [])

    def test_tests_may_read_a_clock_but_not_sleep(self):
        self.assertEqual(rules({"tests/a.cc": "auto t = steady_clock::now();\n"}), [])
        self.assertEqual(rules({"tests/a.cc": "void f() { std::this_thread::sleep_for(1ms); }\n"}), ["call"])

    def test_await_lines_with_lambdas_or_braces(self):
        for bad in (
            "co_await f(A{1, x});",
            "co_await f([&] { return 1; });",
            "co_await co_spawn(e,\n    [x]() { return x; }, use);",
            "auto a = Options{co_await name()};",
            "co_await f({.a = 1});",
        ):
            self.assertEqual(rules({"kube/io/a.cc": f"T g() {{\n    {bad}\n}}\n"}), ["await"], bad)
        for good in (
            "auto x = co_await f(list[0], y);",
            "if (co_await f(x)) {\n        g();\n    }",
            "else { co_await f(x); }",
            "while (true) {\n        co_await f(x);\n    }",
        ):
            self.assertEqual(rules({"kube/io/a.cc": f"T g() {{\n    {good}\n}}\n"}), [], good)

    def test_strays(self):
        found = offences({"core/a.cc": "", "CMakeLists.txt": "# a.cc\n"})
        self.assertEqual([f[:3] for f in found], [("core/a.cc", 1, "stray")])
        self.assertEqual(rules({"core/a.cc": "", "CMakeLists.txt": "", "core/CMakeLists.txt": "add(a.cc)"}), [])

    def test_a_room_without_readme(self):
        self.assertEqual(rules({"kube/engine/a.h": "", "kube/README.md": None}), ["readme"])

    def test_leftover_words_and_machine_paths(self):
        self.assertEqual(rules({"docs/a.md": f"{UNWANTED}: later\n"}), ["word"])
        self.assertEqual(rules({"core/a.cc": 'void f() { std::ce' + 'rr << "DEBUG " << x; }\n'}), ["debugging"])
        self.assertEqual(rules({"docs/a.md": "see /ho" + "me/me/x\n"}), ["machine_path"])

    def test_long_functions_and_files_and_their_ratchet(self):
        ratchet = "tests/house/ratchet.txt"
        self.assertEqual(rules({"core/a.cc": function(70)}), [])
        found = offences({"core/a.cc": "namespace a {\n\n" + function(71) + "}\n"})
        self.assertEqual(found, [("core/a.cc", 3, "function_length", "f has 71 lines")])
        record = "function_length core/a.cc f 80 # why\n"
        self.assertEqual(rules({"core/a.cc": function(80), ratchet: record}), [])
        self.assertEqual(rules({"core/a.cc": function(81), ratchet: record}), ["function_length"])
        self.assertEqual(rules({"core/a.cc": function(75), ratchet: record}), ["ratchet"])
        self.assertEqual(rules({"core/a.cc": function(10), ratchet: record}), ["ratchet"])
        self.assertEqual(rules({"core/a.cc": "", ratchet: "core/a.cc 80\n"}), ["ratchet"])
        self.assertEqual(rules({"core/a.cc": "int a;\n" * 801}), ["file_length"])

    def test_functions_are_found_in_classes_and_after_initialisers(self):
        inside = "class A {\n    A() : a_{1}, b_(2) {\n" + "    g();\n" * 75 + "    }\n};\n"
        self.assertEqual(rules({"core/a.h": inside}), ["function_length"])
        table = "const int kTable[] = {\n" + "    1,\n" * 100 + "};\n"
        self.assertEqual(rules({"core/a.cc": table}), [])


if __name__ == "__main__":
    unittest.main()
