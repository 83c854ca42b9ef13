// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire
import TestSupport
import Testing

@testable import EtcdProtocol

@Suite("Messages of etcd")
struct EtcdMessageTests {
    private func text(_ message: EncodedMessage) -> [UInt8] {
        Array(message.bytes.dropFirst(EncodedMessage.prefixSize))
    }

    @Test("Requests are as protoc encodes them")
    func requests() {
        #expect(
            text(EtcdRequest.range([97], [98], limit: 5, revision: 300))
                == [10, 1, 97, 18, 1, 98, 24, 5, 32, 0xAC, 2])
        #expect(text(EtcdRequest.watchProgress) == [26, 0])
        #expect(
            text(EtcdRequest.watch([97], [98], from: 7))
                == [10, 10, 10, 1, 97, 18, 1, 98, 24, 7, 64, 1])
        #expect(text(EtcdRequest.authenticate("a", "b")) == [10, 1, 97, 18, 1, 98])
        // Compares value and lease; reads and writes where they differ.
        #expect(
            text(EtcdRequest.put([97], [1], lease: 9, expecting: [1])) == [
                10, 8, 16, 3, 26, 1, 97, 58, 1, 1, 10, 7, 16, 4, 26, 1, 97, 64, 9,
                26, 5, 10, 3, 10, 1, 97, 26, 10, 18, 8, 10, 1, 97, 18, 1, 1, 24, 9,
            ])
    }

    @Test("A response of a watch has its events, with the revision of each")
    func watch() throws {
        var writer = FieldWriter()
        writer.message(1) { header in
            header.varint(1, 11)
            header.varint(3, 12)
            header.varint(4, 13)
        }
        writer.varint(3, 1)
        writer.message(11) { event in
            event.message(2) { entry in
                entry.text(1, "a")
                entry.varint(3, 40)
                entry.text(5, "v")
                entry.varint(6, 2)
            }
        }
        writer.message(11) { event in
            event.varint(1, 1)
            event.message(2) { entry in
                entry.text(1, "b")
                entry.varint(3, 41)
            }
        }
        let response = try EtcdWatchResponse(writer.bytes)
        #expect(response.isCreated && !response.isCancelled && !response.isFragment)
        #expect(response.header.revision == 12 && response.header.term == 13)
        #expect(response.events.map(\.isDeletion) == [false, true])
        #expect(response.events.map(\.entry.revision) == [40, 41])
        #expect(response.events[0].entry.value == [118] && response.events[0].entry.lease == 2)
    }

    @Test("A revision after which there is none, or below 0, is refused")
    func revisions() throws {
        func header(_ revision: Int64) -> [UInt8] {
            var writer = FieldWriter()
            writer.message(1) { $0.int64(3, revision) }
            return writer.bytes
        }
        func entry(_ revision: Int64) -> [UInt8] {
            var writer = FieldWriter()
            writer.message(11) { $0.message(2) { $0.int64(3, revision) } }
            return writer.bytes
        }
        #expect(try EtcdRange(header(.max - 1)).header.revision == .max - 1)
        #expect(try EtcdWatchResponse(entry(.max - 1)).events[0].entry.revision == .max - 1)
        for revision in [Int64.max, -1, .min] {
            #expect(throws: Status.self) { try EtcdRange(header(revision)) }
            #expect(throws: Status.self) { try EtcdWatchResponse(header(revision)) }
            #expect(throws: Status.self) { try EtcdWatchResponse(entry(revision)) }
        }
    }

    @Test("Bytes that are no message are refused, whatever they are")
    func garbage() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = try? EtcdWatchResponse(bytes)
            _ = try? EtcdRange(bytes)
            _ = try? EtcdPut(bytes)
            _ = try? EtcdLease(bytes)
            _ = try? EtcdToken.decode(bytes)
        }
        #expect(throws: Status.self) { try EtcdWatchResponse([90, 0]) }
        #expect(throws: Status.self) { try EtcdRange([0xFF]) }
    }
}
