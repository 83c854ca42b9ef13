// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// The smallest reader of DER that finds a certificate's subject (X.690; RFC 5280, 4.1). Peer-free, but a bundle
/// may be anything: every length is checked against what is there.
struct DERReader {
    /// A value: its tag, and where its contents stand.
    struct Element {
        let tag: UInt8
        let contents: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int

    /// Reads the elements of a range; one that goes beyond the bytes is cut.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        self.end = min(range.upperBound, bytes.count)
        self.position = min(range.lowerBound, self.end)
    }

    /// The next element's tag and contents, which may go beyond what is there; nil when the header is not whole.
    mutating func next() -> Element? {
        guard position + 2 <= end else { return nil }
        let tag = bytes[position]
        if tag & 0x1f == 0x1f { return nil }  // a tag of several bytes: not in a certificate's head
        var length = Int(bytes[position + 1])
        var start = position + 2
        if length >= 0x80 {
            let count = length & 0x7f
            guard count >= 1, count <= 4, start + count <= end else { return nil }
            length = 0
            for _ in 0..<count {
                length = length << 8 | Int(bytes[start])
                start += 1
            }
        }
        position = start + length
        return Element(tag: tag, contents: start..<start + length)
    }
}
