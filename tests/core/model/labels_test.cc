// Label selectors against what apimachinery's LabelSelectorAsSelector and labels.Requirement do.
#include "core/model/labels.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferro::model {
namespace {

LabelSelector expression(const std::string& key,
                         SelectorOperator op,
                         std::vector<std::string> values = {}) {
    LabelSelector selector;
    selector.match_expressions.push_back({key, op, std::move(values)});
    return selector;
}

struct Case {
    const char* sentence;
    LabelSelector selector;
    Labels labels;
    bool matches;
};

TEST(LabelSelector, MatchesAsApimachineryDoes) {
    const LabelSelector web{.match_labels = {{"app", "web"}}, .match_expressions = {}};
    const LabelSelector web_a{.match_labels = {{"app", "web"}, {"zone", "a"}},
                              .match_expressions = {}};
    LabelSelector both = web;
    both.match_expressions.push_back({"zone", SelectorOperator::in, {"a", "b"}});
    const Labels app_web{{"app", "web"}};
    const std::vector<Case> cases{
        {"an empty selector matches everything", {}, app_web, true},
        {"an empty selector matches no labels at all", {}, {}, true},
        {"a label has to be there", web, {}, false},
        {"a label has to be equal", web, {{"app", "db"}}, false},
        {"values are compared with case", web, {{"app", "Web"}}, false},
        {"other labels do not matter", web, {{"app", "web"}, {"x", "y"}}, true},
        {"all labels have to match", web_a, app_web, false},
        {"labels and expressions have to match: one lacks", both, app_web, false},
        {"labels and expressions have to match: both", both, {{"app", "web"}, {"zone", "b"}}, true},
        {"In matches one of the values",
         expression("k", SelectorOperator::in, {"1", "2"}),
         {{"k", "2"}},
         true},
        {"In does not match another value",
         expression("k", SelectorOperator::in, {"1"}),
         {{"k", "3"}},
         false},
        {"In needs the key", expression("k", SelectorOperator::in, {"1"}), {}, false},
        {"In matches an empty value",
         expression("k", SelectorOperator::in, {""}),
         {{"k", ""}},
         true},
        {"In with an empty value needs the key",
         expression("k", SelectorOperator::in, {""}),
         {},
         false},
        {"NotIn matches another value",
         expression("k", SelectorOperator::not_in, {"1"}),
         {{"k", "2"}},
         true},
        {"NotIn matches where the key lacks",
         expression("k", SelectorOperator::not_in, {"1"}),
         {},
         true},
        {"NotIn refuses its values",
         expression("k", SelectorOperator::not_in, {"1", "2"}),
         {{"k", "1"}},
         false},
        {"Exists asks for the key alone",
         expression("k", SelectorOperator::exists),
         {{"k", ""}},
         true},
        {"Exists refuses where the key lacks",
         expression("k", SelectorOperator::exists),
         {{"j", ""}},
         false},
        {"DoesNotExist is the reverse: there",
         expression("k", SelectorOperator::does_not_exist),
         {{"k", ""}},
         false},
        {"DoesNotExist is the reverse: not there",
         expression("k", SelectorOperator::does_not_exist),
         {},
         true},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(one.selector.matches(one.labels), one.matches) << one.sentence;
    }
}

TEST(LabelSelector, RefusesWhatApimachineryRefuses) {
    EXPECT_TRUE(LabelSelector{}.validate());
    EXPECT_TRUE(expression("k", SelectorOperator::in, {"1"}).validate());
    EXPECT_TRUE(expression("k", SelectorOperator::exists).validate());
    for (const SelectorOperator op : {SelectorOperator::in, SelectorOperator::not_in}) {
        const auto refused = expression("zone", op).validate();
        ASSERT_FALSE(refused) << to_string(op);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_input);
        EXPECT_NE(refused.error().context.find("zone"), std::string::npos);
    }
    for (const SelectorOperator op : {SelectorOperator::exists, SelectorOperator::does_not_exist}) {
        EXPECT_FALSE(expression("zone", op, {"a"}).validate()) << to_string(op);
    }
}

TEST(LabelSelector, PrintsAsKubectlTakesIt) {
    LabelSelector selector{.match_labels = {{"tier", "x"}, {"app", "web"}},
                           .match_expressions = {}};
    selector.match_expressions = {{"zone", SelectorOperator::in, {"a", "b"}},
                                  {"env", SelectorOperator::not_in, {"dev"}},
                                  {"gpu", SelectorOperator::exists, {}},
                                  {"legacy", SelectorOperator::does_not_exist, {}}};
    EXPECT_EQ(selector.to_string(), "app=web,tier=x,zone in (a,b),env notin (dev),gpu,!legacy");
    EXPECT_EQ(LabelSelector{}.to_string(), "");
    EXPECT_EQ(expression("gpu", SelectorOperator::exists).to_string(), "gpu");
}

TEST(LabelSelector, AListMatchesWhenOneOfItDoes) {
    const std::vector<LabelSelector> two{expression("a", SelectorOperator::exists),
                                         expression("b", SelectorOperator::exists)};
    EXPECT_TRUE(any_matches(two, {{"b", ""}}));
    EXPECT_FALSE(any_matches(two, {{"c", ""}}));
    EXPECT_FALSE(any_matches({}, {{"c", ""}}));
}

TEST(Labels, PrintSortedByKey) {
    EXPECT_EQ(to_string(Labels{{"b", "2"}, {"a", "1"}}), "a=1,b=2");
    EXPECT_EQ(to_string(Labels{}), "");
}

TEST(SelectorOperator, HasKubernetesWords) {
    EXPECT_STREQ(to_string(SelectorOperator::in), "In");
    EXPECT_STREQ(to_string(SelectorOperator::not_in), "NotIn");
    EXPECT_STREQ(to_string(SelectorOperator::exists), "Exists");
    EXPECT_STREQ(to_string(SelectorOperator::does_not_exist), "DoesNotExist");
}

}  // namespace
}  // namespace ferro::model
