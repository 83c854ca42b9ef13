// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import InstanceRegistry
import Text

/// An instance as JSON, made when it is written: a list of many is a concatenation. Pure.
package struct EncodedInstance: Sendable {
    /// The object without its end: what it says of itself, and then what was seen of it.
    private var bytes: [UInt8]
    private let ownCount: Int
    /// Tells what it says of itself from something else.
    let content: Int

    /// An instance, and what is seen of it.
    package init(_ instance: Instance, _ sight: InstanceDocument.Sight) {
        bytes = InstanceDocument.bytes(of: instance)
        bytes.removeLast()
        ownCount = bytes.count
        content = bytes.hashValue
        see(sight)
    }

    /// Takes what is seen of it now.
    package mutating func see(_ sight: InstanceDocument.Sight) {
        bytes.removeLast(bytes.count - ownCount)
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: InstanceDocument.bytes(of: sight).dropFirst().dropLast())
    }

    /// Bytes of the object.
    package var byteCount: Int { bytes.count + 1 }

    /// The object, with what was seen of it.
    package var object: [UInt8] { bytes + [UInt8(ascii: "}")] }

    /// Appends the object.
    func append(to list: inout [UInt8], withSight: Bool) {
        list.append(contentsOf: withSight ? bytes[...] : bytes[..<ownCount])
        list.append(UInt8(ascii: "}"))
    }
}
