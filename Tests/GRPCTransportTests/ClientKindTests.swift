// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Kinds of clients")
struct ClientKindTests {
    @Test(
        "follow from the beginning of the user agent",
        arguments: [
            ("kube-probe/1.31", ClientKind.kubelet), ("kube-probe/1.27 grpc-go/1.54.0", .kubelet),
            ("grpc_health_probe", .healthProbe), ("grpc_health_probe grpc-go/1.60", .healthProbe),
            ("Envoy/HC", .envoy), ("envoy", .envoy), ("Consul Health Check", .consul),
            ("Prometheus/2.42.0", .prometheus), ("GoogleHC/1.0", .googleCloud),
            ("ELB-HealthChecker/2.0", .amazonCloud), ("grpc-python/1.66.0", .grpc),
            ("curl/7.88.1", .other), ("", .other), ("kube-prob", .other),
            ("x kube-probe/1", .other),
        ])
    func kinds(userAgent: String, kind: ClientKind) {
        Array(userAgent.utf8).withUnsafeBytes { #expect(ClientKind(userAgent: $0) == kind) }
    }

    @Test("have a name each")
    func names() {
        #expect(Set(ClientKind.allCases.map(\.name)).count == ClientKind.allCases.count)
    }
}
