// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import HTTP2Wire
import Text

extension Metadata {
    /// The custom fields of a request. Throws INTERNAL when a `-bin` value is no base64.
    package init(_ block: HeaderBlock) throws(Status) {
        self.init()
        for position in 0..<block.count {
            let (kind, name, value) = block.field(at: position)
            guard kind == .other, !MetadataRules.isReserved(name) else { continue }
            let text = String(decoding: name, as: UTF8.self)
            guard MetadataRules.isBinary(name) else {
                append(text, [UInt8](value))
                continue
            }
            // One field may stand for several: their values are joined by commas.
            for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            {
                let digits = UnsafeRawBufferPointer(rebasing: Self.trimmed(part))
                guard let bytes = Base64.decode(digits) else {
                    throw Status(.internal, "metadata in -bin that is no base64")
                }
                append(text, bytes)
            }
        }
    }

    private static func trimmed(
        _ part: Slice<UnsafeRawBufferPointer>
    ) -> Slice<UnsafeRawBufferPointer> {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == 0x09 }
        var rest = part.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
