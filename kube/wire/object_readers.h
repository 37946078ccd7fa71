// One reader per kind: a mapping of a known apiVersion and kind into the object of core/model.
#pragma once

#include "core/model/objects.h"
#include "kube/wire/reader.h"

#include <string>
#include <string_view>

namespace ferro::kube {

/// metadata, checked as the API server checks it. `fields` is the whole object.
model::ObjectMeta read_meta(Fields& fields, const model::ObjectRef& ref);

/// Reads everything but apiVersion, kind and metadata, and reports what is unknown. `api_version`
/// is one that kind has.
model::Object read_object(Fields& fields,
                          model::Kind kind,
                          std::string_view api_version,
                          model::ObjectMeta meta);

// core/v1 and discovery.k8s.io/v1
model::Service read_service(Fields& fields);
model::EndpointSlice read_endpoint_slice(Fields& fields, const model::ObjectMeta& meta);
model::Node read_node(Fields& fields);

// metallb.io
model::IpAddressPool read_ip_address_pool(Fields& fields);
model::L2Advertisement read_l2_advertisement(Fields& fields);
model::BgpAdvertisement read_bgp_advertisement(Fields& fields);
model::BfdProfile read_bfd_profile(Fields& fields);
model::Community read_community(Fields& fields);
model::BgpPeer read_bgp_peer(Fields& fields);
/// Read as the conversion webhook makes it a v1beta2 one (spec 1.6): absent timers become 0s.
model::BgpPeer read_bgp_peer_v1beta1(Fields& fields);

}  // namespace ferro::kube
