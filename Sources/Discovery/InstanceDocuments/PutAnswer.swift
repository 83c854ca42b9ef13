// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
import JSONWire
import Text

/// What a registry says of a write: what was there before. Who has written knows by it whether that was its own.
package enum PutAnswer: Equatable, Sendable {
    /// Nothing was there.
    case registered
    /// What was there is what was written.
    case kept
    /// Something else was there.
    case changed(from: Instance)

    /// The document.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .registered: writer.set("outcome", "registered")
            case .kept: writer.set("outcome", "kept")
            case .changed(let previous):
                writer.set("outcome", "changed")
                writer.object("previous") { InstanceDocument.write(previous, into: &$0) }
            }
        }
        return writer.bytes
    }

    /// Reads the document of a write of this instance; nil when it is none.
    package init?(_ bytes: [UInt8], for key: InstanceKey) {
        let read = bytes.withUnsafeBytes { bytes -> PutAnswer? in
            guard JSONDocument.fits(bytes, maxValues: 1000), let document = JSONDocument(bytes)
            else { return nil }
            return document.withRoot { root in
                switch root["outcome"].string {
                case "registered": .registered
                case "kept": .kept
                case "changed":
                    InstanceDocument.instance(root["previous"], of: key.service).map {
                        .changed(from: $0)
                    }
                default: nil
                }
            }
        }
        guard let read else { return nil }
        self = read
    }
}
