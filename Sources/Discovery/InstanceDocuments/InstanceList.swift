// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
import JSONWire
import Text

/// The instances of a service as a document of JSON.
package enum InstanceList {
    /// Values of a list that are read: some 10,000 instances with all that belongs to them.
    private static let maxValues = 2_000_000

    /// The document; `sight` is asked for what a registry has seen of each.
    package static func bytes(
        of service: String, _ instances: [Instance],
        _ sight: (Instance) -> InstanceDocument.Sight? = { _ in nil }
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.set("service_name", service)
            writer.array("instances", instances) { writer, instance in
                InstanceDocument.write(instance, sight(instance), into: &writer)
            }
        }
        return writer.bytes
    }

    /// The instances of a document, ordered by id; nil when it is none of this service. What is no valid instance is left out.
    package static func instances(
        _ bytes: UnsafeRawBufferPointer, of service: String
    ) -> [Instance]? {
        guard JSONDocument.fits(bytes, maxValues: maxValues), let document = JSONDocument(bytes)
        else { return nil }
        return document.withRoot { root -> [Instance]? in
            let list = root["instances"]
            guard root["service_name"].string == service, list.isArray else { return nil }
            var instances: [String: Instance] = [:]
            for index in 0..<min(list.count, InstanceLimits.instances) {
                guard let instance = InstanceDocument.instance(list[index], of: service) else {
                    continue
                }
                instances[instance.key.id] = instance
            }
            return instances.values.sorted { $0.key.id < $1.key.id }
        }
    }
}
