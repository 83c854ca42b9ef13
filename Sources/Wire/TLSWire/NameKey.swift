// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// A number for a distinguished name: names that OpenSSL holds to be the same have the same one.
///
/// OpenSSL compares names in a canonical form: letters in lower case, white space folded, strings of any type as
/// UTF-8, the parts of a multi-valued RDN in any order. So this takes only ASCII letters and digits, of each part
/// by itself. That different names may have the same number does no harm: it only chooses what to parse.
enum NameKey {
    /// The key of a whole Name, its header included; nil when it is no Name, or goes beyond the bytes.
    static func of(name bytes: UnsafeRawBufferPointer, at range: Range<Int>) -> UInt64? {
        guard range.upperBound <= bytes.count else { return nil }
        var whole = DERReader(bytes, range)
        guard let name = whole.next(), name.tag == 0x30 else { return nil }
        var key: UInt64 = 0
        var sets = DERReader(bytes, name.contents)
        while let set = sets.next() {
            var parts = DERReader(bytes, set.contents)
            while let part = parts.next() { key &+= hash(part, bytes) }
        }
        return key
    }

    /// The key of a certificate's subject. Nil when its first bytes, which these are, do not reach so far.
    static func ofSubject(certificate bytes: UnsafeRawBufferPointer) -> UInt64? {
        var outer = DERReader(bytes, 0..<bytes.count)
        guard let certificate = outer.next(), certificate.tag == 0x30 else { return nil }
        var inner = DERReader(bytes, certificate.contents)
        guard let body = inner.next(), body.tag == 0x30 else { return nil }
        var fields = DERReader(bytes, body.contents)
        guard var field = fields.next() else { return nil }
        if field.tag == 0xa0 {  // the version; then the serial number comes
            guard let serial = fields.next() else { return nil }
            field = serial
        }
        guard field.tag == 0x02, fields.next() != nil, fields.next() != nil,  // algorithm, issuer
            let validity = fields.next(), let subject = fields.next()
        else { return nil }
        return of(name: bytes, at: validity.contents.upperBound..<subject.contents.upperBound)
    }

    /// FNV-1a over the type's OID and the letters of the value.
    private static func hash(_ part: DERReader.Element, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var fields = DERReader(bytes, part.contents)
        guard let type = fields.next(), let value = fields.next(),
            value.contents.upperBound <= bytes.count
        else { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in type.contents { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        // BMPString and UniversalString have characters of two and of four bytes.
        let width = value.tag == 0x1e ? 2 : value.tag == 0x1c ? 4 : 1
        var index = value.contents.lowerBound
        while index + width <= value.contents.upperBound {
            var isASCII = true
            for offset in 0..<width - 1 where bytes[index + offset] != 0 { isASCII = false }
            let byte = bytes[index + width - 1]
            index += width
            guard isASCII, byte.isLetter || byte.isDigit else { continue }
            hash = (hash ^ UInt64(byte.lowercased)) &* 0x100_0000_01b3
        }
        return hash
    }
}
