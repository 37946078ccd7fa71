// Reading nodes strictly: `Reader` collects the findings of one object, `Fields` takes the fields
// of one mapping by name and type and at the end reports what nobody knew. A value that is wrong
// becomes a finding and reads as absent, so that one pass finds everything that is wrong.
#pragma once

#include "core/model/finding.h"
#include "core/model/labels.h"
#include "kube/wire/node.h"
#include "kube/wire/rules.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::kube {

/// What a known field may hold, for fields that Kubernetes has and we do not use.
enum class Shape : std::uint8_t {
    any,
    string,
    boolean,
    integer,
    integer_or_string,
    mapping,
    list,
    strings,     ///< list of strings
    string_map,  ///< mapping to strings
};

struct KnownField {
    std::string_view name;
    Shape shape = Shape::any;
};

class Reader {
  public:
    /// Appends to `findings`, which must outlive the reader.
    Reader(std::string file, std::vector<model::Finding>& findings)
        : file_(std::move(file)), findings_(findings) {}

    /// The object that findings name from now on; forgets an earlier refusal.
    void start_object(model::ObjectRef object);

    void error(Rule rule, Mark mark, std::string field, std::string message, std::string remedy);
    void warn(Rule rule, Mark mark, std::string field, std::string message, std::string remedy);

    /// Whether there was an error since start_object: the object is refused.
    [[nodiscard]] bool refused() const { return refused_; }

    [[nodiscard]] model::Location location(Mark mark) const;

    /// As many findings as a file may have stand there: further ones are only counted as a refusal.
    [[nodiscard]] bool full() const;

    /// For text inside a text (a legacy ConfigMap): adds to lines and columns of locations.
    void shift(Mark by) { shift_ = by; }

    void wrong_type(const Node& node, const std::string& field, std::string_view wanted);

    /// Repeated keys and keys that YAML 1.1 took for booleans, anywhere below `node`.
    void check_keys(const Node& node, const std::string& path);

  private:
    void add(model::Severity severity,
             Rule rule,
             Mark mark,
             std::string field,
             std::string message,
             std::string remedy);

    std::string file_;
    std::vector<model::Finding>& findings_;
    model::ObjectRef object_;
    Mark shift_;
    bool refused_ = false;
};

class Fields {
  public:
    /// `node` must be a mapping (see `open`) and outlive this; `path` is empty for the object
    /// itself.
    Fields(Reader& reader, const Node& node, std::string path)
        : reader_(reader), node_(node), path_(std::move(path)) {}

    // Each marks the field as known. Null counts as absent, as for the API server.
    const Node* any(std::string_view name);
    std::optional<std::string> string(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    /// `from` and `to` inclusive.
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t from, std::int64_t to);
    std::optional<std::int64_t> duration_ms(std::string_view name);
    std::vector<std::string> strings(std::string_view name);
    model::Labels labels(std::string_view name);
    /// The mapping under `name`, or null.
    const Node* mapping(std::string_view name);
    /// The items of the list under `name` that are mappings, each with its path.
    void each(std::string_view name, const std::function<void(const Node&, std::string)>& visit);
    /// One of `words`; its index.
    std::optional<std::size_t> one_of(std::string_view name,
                                      std::initializer_list<std::string_view> words);
    std::vector<model::LabelSelector> selectors(std::string_view name);

    /// A finding if the field is absent or null.
    void require(std::string_view name);

    /// Known to Kubernetes, unused by us: checked for shape only.
    void known(std::span<const KnownField> fields);

    /// Reports every field that nobody asked for.
    void finish();

    [[nodiscard]] std::string path_of(std::string_view name) const;

    Reader& reader() { return reader_; }

    [[nodiscard]] const Node& node() const { return node_; }

  private:
    const Node* take(std::string_view name);
    bool check_shape(const Node& node, Shape shape, const std::string& path);

    Reader& reader_;
    const Node& node_;
    std::string path_;
    std::vector<std::string_view> known_;
};

/// matchLabels and matchExpressions. `values_required` is BGPPeer v1beta1's rule that every
/// expression has a value.
model::LabelSelector read_selector(Reader& reader,
                                   const Node& node,
                                   const std::string& path,
                                   bool values_required = false);

}  // namespace ferro::kube
