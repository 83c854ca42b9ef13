// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import InstanceRegistry
import Outbound
import StoreConformance
import TestSupport
import Text

@testable import EtcdRegistry

/// etcd for the suite that all stores pass.
///
/// Unchecked Sendable: what can be changed is changed before stores are made.
final class EtcdRig: StoreRig, @unchecked Sendable {
    let server: EtcdServer
    private let resolver = OutboundResolver()
    /// How often stores know each member.
    var endpointsOfEach = 1
    var user = (name: "", password: "")

    /// The member that stores ask first; nil for any.
    var first: Int?

    init(members: Int = 1, canBeCut: Bool = false) throws {
        server = try EtcdServer(members: members, canBeCut: canBeCut)
    }

    static let features: Set<RigFeature> = [.timeToLive, .loseAll, .garbage, .away]
    var features: Set<RigFeature> { Self.features }
    var timeToLive: Duration { .seconds(2) }
    var crowd: Int { 510 }

    var settings: EtcdSettings {
        let members = server.members.map {
            HostAndPort(host: "127.0.0.1", port: $0.port)
        }
        var settings = EtcdSettings((0..<endpointsOfEach).flatMap { _ in members })
        (settings.user, settings.password) = user
        settings.first = first
        settings.times.timeToLive = timeToLive
        settings.times.answer = .milliseconds(800)
        settings.times.silence = .milliseconds(800)
        return settings
    }

    func makeStore(on loop: EventLoop) throws -> any RegistryStore {
        EtcdStore(settings, on: loop, resolver)
    }

    func loseAll() throws { try server.restartEmpty() }

    func plantGarbage(_ service: String) throws {
        try server.put(service + "/broken", "{")
        try server.put(service + "/elsewhere", #"{"Op":0,"Addr":"nowhere"}"#)
        try server.put(service + "/strange", #"{"Op":0,"Addr":"h:1","Metadata":{"status":"x"}}"#)
        try server.put(service + "/a/b", #"{"Op":0,"Addr":"h:1"}"#)
    }

    func goAway() throws { for index in server.members.indices { server.signal(index, SIGSTOP) } }
    func comeBack() throws {
        for index in server.members.indices { server.signal(index, SIGCONT) }
    }
}
