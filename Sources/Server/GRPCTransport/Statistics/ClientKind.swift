// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// The programs that are known to ask for health, by what the user agent of their requests begins with. A closed list:
/// what clients write never becomes the name of a series.
package enum ClientKind: Int, CaseIterable, Sendable {
    /// The kubelet: its built-in probes of gRPC and of HTTP.
    case kubelet
    /// `grpc_health_probe`, ours and that of the gRPC ecosystem.
    case healthProbe
    /// Health checks of Envoy.
    case envoy
    /// Health checks of Consul.
    case consul
    /// Scrapes of Prometheus.
    case prometheus
    /// Health checks of the load balancers of Google's cloud.
    case googleCloud
    /// Health checks of the load balancers of Amazon's cloud.
    case amazonCloud
    /// Libraries of gRPC.
    case grpc
    /// Any other, and none.
    case other

    /// The kind of a client by its user agent.
    package init(userAgent: UnsafeRawBufferPointer) {
        guard let start = userAgent.baseAddress else {
            self = .other
            return
        }
        for (beginning, kind) in Self.beginnings
        where userAgent.count >= beginning.utf8CodeUnitCount
            && memcmp(start, beginning.utf8Start, beginning.utf8CodeUnitCount) == 0
        {
            self = kind
            return
        }
        self = .other
    }

    /// Its name in metrics.
    package var name: String {
        switch self {
        case .kubelet: "kube-probe"
        case .healthProbe: "grpc_health_probe"
        case .envoy: "envoy"
        case .consul: "consul"
        case .prometheus: "prometheus"
        case .googleCloud: "google-cloud"
        case .amazonCloud: "amazon-cloud"
        case .grpc: "grpc"
        case .other: "other"
        }
    }

    private static let beginnings: [(StaticString, kind: ClientKind)] = [
        ("kube-probe/", .kubelet), ("grpc_health_probe", .healthProbe), ("Envoy/", .envoy),
        ("envoy", .envoy), ("Consul", .consul), ("Prometheus/", .prometheus),
        ("GoogleHC/", .googleCloud), ("ELB-HealthChecker/", .amazonCloud), ("grpc-", .grpc),
    ]
}
