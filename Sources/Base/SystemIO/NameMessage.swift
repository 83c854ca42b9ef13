// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

#if !hasFeature(Embedded)
    /// Reads the answers of a DNS message (RFC 1035, 4.1). c-ares 1.18 has no time to live for records of SRV.
    struct NameMessage {
        /// One record of the answer.
        struct Record: Equatable {
            let type: UInt16
            let timeToLive: UInt32
            /// Where its data is.
            let data: Range<Int>
        }

        private let bytes: [UInt8]
        private var index = 0

        /// Records that are read at most.
        private static let recordLimit = 256
        /// Pointers that one name may follow: each goes backwards, and a longer chain is no name of a server.
        private static let pointerLimit = 16

        /// Nil when the bytes are no answer.
        private(set) var records: [Record] = []

        init?(_ bytes: [UInt8]) {
            self.bytes = bytes
            guard bytes.count >= 12 else { return nil }
            let (questions, answers) = (Int(number(4)), Int(number(6)))
            index = 12
            for _ in 0..<questions {
                guard skipName() else { return nil }
                index += 4
            }
            for _ in 0..<min(answers, Self.recordLimit) {
                guard let record = nextRecord() else { return nil }
                records.append(record)
            }
        }

        /// The places that records of SRV name; one without a name (`.`) says that there is none.
        func places() -> [ServicePlace]? {
            var places: [ServicePlace] = []
            for record in records where record.type == 33 {
                let start = record.data.lowerBound
                guard record.data.count >= 7, let host = name(at: start + 6) else { return nil }
                let port = number(start + 4)
                if host.isEmpty || port == 0 { continue }
                places.append(
                    ServicePlace(
                        host: host, port: port, priority: number(start),
                        weight: number(start + 2), timeToLive: record.timeToLive))
            }
            return places
        }

        /// The addresses that records of A and AAAA have, each with its time to live.
        func addresses(port: UInt16) -> [(address: SocketAddress, timeToLive: UInt32)] {
            records.compactMap { record in
                let data = bytes[record.data]
                let text: String
                switch (record.type, data.count) {
                case (1, 4): text = data.map { String($0) }.joined(separator: ".")
                case (28, 16):
                    text = stride(from: data.startIndex, to: data.endIndex, by: 2)
                        .map { String(number($0), radix: 16) }.joined(separator: ":")
                default: return nil
                }
                guard let address = SocketAddress(numeric: text, port: port) else { return nil }
                return (address, record.timeToLive)
            }
        }

        // MARK: Parts

        private func number(_ place: Int) -> UInt16 {
            UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
        }

        private mutating func nextRecord() -> Record? {
            guard skipName(), index + 10 <= bytes.count else { return nil }
            let type = number(index)
            let time = UInt32(number(index + 4)) << 16 | UInt32(number(index + 6))
            let count = Int(number(index + 8))
            index += 10
            guard index + count <= bytes.count else { return nil }
            defer { index += count }
            // The highest bit means zero (RFC 2181, 8).
            return Record(
                type: type, timeToLive: time > UInt32(Int32.max) ? 0 : time,
                data: index..<index + count)
        }

        private mutating func skipName() -> Bool {
            while index < bytes.count {
                let length = Int(bytes[index])
                if length >= 0xC0 {
                    index += 2
                    return index <= bytes.count
                }
                index += 1 + length
                if length == 0 { return true }
                if length > 63 { return false }
            }
            return false
        }

        /// A name without the dot at its end; nil when it is none, or has bytes that no name of a host has.
        private func name(at start: Int) -> String? {
            var (place, pointers) = (start, 0)
            var name: [UInt8] = []
            while place < bytes.count {
                let length = Int(bytes[place])
                if length >= 0xC0 {
                    guard place + 1 < bytes.count, pointers < Self.pointerLimit else { return nil }
                    pointers += 1
                    place = (length & 0x3F) << 8 | Int(bytes[place + 1])
                    continue
                }
                if length == 0 { return String(decoding: name, as: UTF8.self) }
                guard length <= 63, place + 1 + length <= bytes.count, name.count < 255 else {
                    return nil
                }
                let label = bytes[(place + 1)..<(place + 1 + length)]
                guard label.allSatisfy(Self.isHostByte) else { return nil }
                if !name.isEmpty { name.append(UInt8(ascii: ".")) }
                name += label
                place += 1 + length
            }
            return nil
        }

        private static func isHostByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
#endif
