// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTPRouting
import StatusBoard
import Text

/// `/discover/NAME`: the instances of a service. This process knows of one, itself.
struct DiscoveryPage {
    private let service: String
    private let instance: Instance?

    private struct Instance {
        let identity: ServiceIdentity
        let baseURL: String
        let availability: Availability
    }

    /// The page of a service's name, asked for with `authority`. Of an unknown service there are no instances: that is an
    /// answer, as any registry gives it, and no error.
    init(
        of service: String, _ snapshot: Board.Snapshot, _ identity: ServiceIdentity,
        authority: String?
    ) {
        self.service = service
        guard service == identity.service else {
            instance = nil
            return
        }
        let scheme = identity.usesTLS ? "https" : "http"
        let host = authority.flatMap { Self.isAuthority($0) ? $0 : nil } ?? "localhost"
        instance = Instance(
            identity: identity, baseURL: "\(scheme)://\(host)",
            availability: snapshot.availability)
    }

    /// A host and perhaps a port, and nothing else.
    private static func isAuthority(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                byte.isLetter || byte.isDigit || "-._:[]".utf8.contains(byte)
            }
    }

    /// The document.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("service_name", service)
            writer.array("instances", [instance].compactMap(\.self)) { writer, instance in
                writer.set("instance_id", instance.identity.instance)
                writer.set("base_url", instance.baseURL)
                writer.set("status", instance.availability.rawValue)
                writer.object("metadata") { writer in
                    writer.set("version", instance.identity.version)
                    writer.set("health_check_url", instance.baseURL + "/health")
                }
            }
        }
        return writer.bytes
    }
}
