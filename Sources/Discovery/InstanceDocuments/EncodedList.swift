// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The document of ``InstanceList``, put together out of instances that were encoded before. Pure.
package struct EncodedList {
    /// The document as far as it is written.
    package private(set) var bytes: [UInt8]
    /// Tells what the instances say from something else, whatever was seen of them.
    package private(set) var content = 0
    private let hasSights: Bool
    private var isEmpty = true

    /// A list without instances, behind `prefix`; with what was seen of each, or without.
    package init(of service: String, hasSights: Bool, after prefix: StaticString = "") {
        self.hasSights = hasSights
        bytes = Array("\(prefix){\"service_name\":".utf8)
        bytes.append(contentsOf: PrintableText.quoted(service, .json).utf8)
        bytes.append(contentsOf: Array(",\"instances\":[".utf8))
    }

    /// Makes room for so many bytes of instances.
    package mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count + 64) }

    /// Appends an instance.
    package mutating func append(_ instance: EncodedInstance) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        instance.append(to: &bytes, withSight: hasSights)
        content = content &* 31 &+ instance.content
    }

    /// Ends the document, and appends `suffix`.
    package mutating func end(_ suffix: StaticString) {
        bytes.append(contentsOf: Array("]}\(suffix)".utf8))
    }
}
