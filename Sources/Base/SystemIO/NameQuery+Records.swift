// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CAres
import CLinux

#if !hasFeature(Embedded)
    extension NameQuery {
        /// Addresses of one answer that are looked at.
        private static let addressLimit = 256

        /// Asks for the records of one type, and waits for the answer: each record as a text.
        mutating func records(
            _ record: NameRecord, until deadline: MonotonicTime
        ) throws(NameResolutionError) -> [String] {
            try ask(record, until: deadline)
            let texts: [String]
            switch record {
            case .a: texts = try ipv4Addresses()
            case .aaaa: texts = try ipv6Addresses()
            case .srv: texts = try services()
            case .txt: texts = try textRecords()
            }
            if texts.isEmpty { throw .notFound(host) }
            return texts
        }

        /// Asks for the records of one type; the server's message is then in the answer.
        mutating func ask(
            _ record: NameRecord, until deadline: MonotonicTime
        ) throws(NameResolutionError) {
            answer.pointee = Answer()
            host.withCString { name in
                ares_query(
                    channel, name, 1, record.number,
                    { context, status, _, bytes, count in
                        let answer = context!.assumingMemoryBound(to: Answer.self)
                        answer.pointee.status = status
                        if status == ARES_SUCCESS, let bytes {
                            let message = UnsafeBufferPointer(start: bytes, count: Int(count))
                            answer.pointee.message = Array(message)
                        }
                    }, answer)
            }
            _ = try wait(until: deadline, delay: nil)
            try check(answer.pointee.status ?? ARES_ETIMEOUT)
        }

        private func ipv4Addresses() throws(NameResolutionError) -> [String] {
            var list = [ares_addrttl](repeating: ares_addrttl(), count: Self.addressLimit)
            var count = CInt(list.count)
            let message = answer.pointee.message
            try check(ares_parse_a_reply(message, CInt(message.count), nil, &list, &count))
            return list.prefix(Int(count)).map { Self.text(AF_INET, $0.ipaddr) }
        }

        private func ipv6Addresses() throws(NameResolutionError) -> [String] {
            var list = [ares_addr6ttl](repeating: ares_addr6ttl(), count: Self.addressLimit)
            var count = CInt(list.count)
            let message = answer.pointee.message
            try check(ares_parse_aaaa_reply(message, CInt(message.count), nil, &list, &count))
            return list.prefix(Int(count)).map { Self.text(AF_INET6, $0.ip6addr) }
        }

        private static func text<Address>(
            _ family: CInt, _ address: Address
        ) -> String {
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let isFine = withUnsafeBytes(of: address) { bytes in
                inet_ntop(family, bytes.baseAddress, &text, socklen_t(text.count)) != nil
            }
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return isFine ? String(decoding: bytes, as: UTF8.self) : ""
        }

        private func services() throws(NameResolutionError) -> [String] {
            var first: UnsafeMutablePointer<ares_srv_reply>?
            let message = answer.pointee.message
            try check(ares_parse_srv_reply(message, CInt(message.count), &first))
            defer { ares_free_data(first) }
            var texts: [String] = []
            var next = first
            while let record = next?.pointee {
                texts.append("\(record.host.map { String(cString: $0) } ?? ""):\(record.port)")
                next = record.next
            }
            return texts
        }

        /// A record may be in several chunks.
        private func textRecords() throws(NameResolutionError) -> [String] {
            var first: UnsafeMutablePointer<ares_txt_ext>?
            let message = answer.pointee.message
            try check(ares_parse_txt_reply_ext(message, CInt(message.count), &first))
            defer { ares_free_data(first) }
            var texts: [[UInt8]] = []
            var next = first
            while let chunk = next?.pointee {
                if chunk.record_start != 0 || texts.isEmpty { texts.append([]) }
                let bytes = UnsafeBufferPointer(start: chunk.txt, count: chunk.length)
                texts[texts.count - 1] += bytes
                next = chunk.next
            }
            return texts.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    extension NameResolver {
        /// The records of one type that DNS has for a whole name, each as a text: `host:port` for SRV. `server` is the only
        /// one that is asked, where one is given. Blocks the calling thread, until `deadline` at most.
        package static func records(
            _ record: NameRecord, of host: String, at server: String?, deadline: MonotonicTime
        ) throws(NameResolutionError) -> [String] {
            var query = try NameQuery(host: host, isWhole: true, server: server)
            return try query.records(record, until: deadline)
        }
    }
#endif
