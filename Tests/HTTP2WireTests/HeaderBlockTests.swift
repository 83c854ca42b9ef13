// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HTTP2Wire

@Suite("Header blocks")
struct HeaderBlockTests {
    private func greetedServer(_ settings: HTTP2Settings = HTTP2Settings()) throws -> SessionSide {
        let server = try SessionSide(.server, settings: settings)
        server.receive(Frame.preface + Frame.settings().bytes)
        _ = server.takeEvents()
        return server
    }

    private let fields = getFields.map { ($0.name, $0.value) }

    @Test("A block in CONTINUATION frames is one block, however its bytes come", arguments: 1...60)
    func continuation(_ size: Int) throws {
        let server = try greetedServer()
        let block = HeaderLiterals.encode(fields + [("x-a", "1"), ("x-b", "")])
        let cuts = stride(from: 0, to: block.count, by: 45)
        var bytes: [UInt8] = []
        for start in cuts {
            let end = min(start + 45, block.count)
            var frame = Frame(
                start == 0 ? .headers : .continuation, streamID: 1, Array(block[start..<end]))
            if start == 0 { frame.flags |= Frame.endStream }
            if end == block.count { frame.flags |= Frame.endHeaders }
            bytes += frame.bytes
        }
        while !bytes.isEmpty {
            server.receive(bytes.prefix(size))
            bytes.removeFirst(min(size, bytes.count))
        }
        #expect(server.events == [.headers(1, getLines + ["x-a: 1", "x-b: "], endStream: true)])
    }

    @Test("Fields that are never read of a POST are left out on both sides of a cut")
    func unreadFields() throws {
        var settings = HTTP2Settings()
        settings.unreadHeaders = HeaderNameSet(.te, .userAgent)
        let post = [(":method", "POST")] + fields.dropFirst()
        let lines = [":method: POST"] + getLines.dropFirst()
        let request = post + [("te", "trailers"), ("x", "1"), ("user-agent", "a"), ("x", "2")]
        let bytes = Frame.headers(1, request, endStream: true).bytes
        for cut in 1..<bytes.count {
            let server = try greetedServer(settings)
            server.receive(bytes[..<cut])
            server.receive(bytes[cut...])
            #expect(server.events == [.headers(1, lines + ["x: 1", "x: 2"], endStream: true)])
        }
    }

    @Test("Of another method every field is kept")
    func readFields() throws {
        var settings = HTTP2Settings()
        settings.unreadHeaders = HeaderNameSet(.scheme, .userAgent)
        let request = fields + [("user-agent", "a")]
        let server = try greetedServer(settings)
        server.receive(Frame.headers(1, request, endStream: true).bytes)
        server.receive(
            Frame.headers(3, [(":method", "POST")] + request.dropFirst(), endStream: true).bytes)
        let short = [":method: POST"] + getLines.dropFirst().filter { !$0.contains("scheme") }
        #expect(
            server.events == [
                .headers(1, getLines + ["user-agent: a"], endStream: true),
                .headers(3, short, endStream: true),
            ])
    }

    @Test("Blocks of two connections that share a batch do not mix")
    func sharedBatch() throws {
        let batch = HTTP2EventBatch()
        let sessions = try (0..<2).map { _ in try HTTP2Session.make(.server) }
        func receive(_ index: Int, _ bytes: some Sequence<UInt8>) throws -> [Recorded] {
            try Array(bytes).withUnsafeBytes { try sessions[index].receive($0, into: batch) }
            return batch.events.map { Recorded($0, in: batch) }
        }
        let blocks = (0..<2).map { index in
            Frame.headers(1, fields + [("x-who", "\(index)")], endStream: true).bytes
        }
        for index in 0..<2 { _ = try receive(index, Frame.preface + Frame.settings().bytes) }
        for index in 0..<2 { #expect(try receive(index, blocks[index].prefix(30)) == []) }
        for index in 0..<2 {
            #expect(
                try receive(index, blocks[index].dropFirst(30)) == [
                    .headers(1, getLines + ["x-who: \(index)"], endStream: true)
                ])
        }
    }

    @Test("A block above the limit is cut and says so, and the next one is whole again")
    func tooLarge() throws {
        var settings = HTTP2Settings()
        settings.maxHeaderListSize = 400
        let server = try greetedServer(settings)
        let many = (0..<20).map { ("x-\($0)", "value") }
        server.receive(Frame.headers(1, fields + many, endStream: true).bytes)
        server.receive(Frame.headers(3, fields, endStream: true).bytes)
        guard case .headers(1, let lines, true)? = server.events.first else {
            Issue.record("no headers")
            return
        }
        #expect(lines.starts(with: getLines) && lines.last == "(too large)")
        #expect(lines.count < 12)
        #expect(server.events.last == .headers(3, getLines, endStream: true))
    }

    @Test(
        "The limit counts each field with 32 more bytes, and is still allowed itself",
        arguments: [(0, false), (1, true)])
    func limit(_ excess: Int, _ isTooLarge: Bool) throws {
        let size = fields.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
        var settings = HTTP2Settings()
        settings.maxHeaderListSize = UInt32(size)
        let server = try greetedServer(settings)
        var request = fields
        request[2].1 += String(repeating: "x", count: excess)
        // In two reads, so that the size is carried over.
        let bytes = Frame.headers(1, request, endStream: true).bytes
        server.receive(bytes.prefix(40))
        server.receive(bytes.dropFirst(40))
        guard case .headers(_, let lines, _)? = server.events.first else {
            Issue.record("no headers")
            return
        }
        #expect((lines.last == "(too large)") == isTooLarge)
    }

    @Test("A block that nghttp2 refuses leaves nothing open behind it")
    func refusedBlock() throws {
        let server = try greetedServer()
        let bad = Frame.headers(1, fields + [("Upper", "x")] + [("x-y", "z")], endStream: true)
        server.receive(bad.bytes)
        #expect(server.events == [])
        #expect(server.session.headers.carriedBlock == nil)
        server.receive(Frame.headers(3, fields, endStream: true).bytes)
        #expect(server.events == [.headers(3, getLines, endStream: true)])
    }

    @Test("More header bytes in one read than a server can mean are excessive")
    func headerBomb() throws {
        var settings = HTTP2Settings()
        settings.maxConcurrentStreams = 10_000
        let server = try greetedServer(settings)
        // A field of 4 kB in the dynamic table (RFC 7541, 6.2.1), and then an index of one byte each time.
        let value = String(repeating: "v", count: 3500)
        let first =
            HeaderLiterals.encode(fields) + [0x40] + HeaderLiterals.encode([("x", value)])[1...]
        var bytes = Frame(
            .headers, flags: Frame.endHeaders | Frame.endStream, streamID: 1, first
        ).bytes
        for index in 1..<2000 {
            bytes +=
                Frame(
                    .headers, flags: Frame.endHeaders | Frame.endStream,
                    streamID: Int32(2 * index + 1),
                    HeaderLiterals.encode(fields) + [0x80 | 62, 0x80 | 62, 0x80 | 62, 0x80 | 62]
                ).bytes
        }
        server.receive(bytes)
        #expect(server.failure == .excessive(what: "header bytes in one read"))
    }

    @Test("Names that the project acts on are found by their bytes")
    func knownNames() {
        let known: [(String, HeaderName)] = [
            (":method", .method), (":scheme", .scheme), (":path", .path),
            (":authority", .authority), (":status", .status), ("te", .te),
            ("content-type", .contentType), ("content-length", .contentLength),
            ("user-agent", .userAgent), ("grpc-status", .grpcStatus),
            ("grpc-message", .grpcMessage), ("grpc-timeout", .grpcTimeout),
            ("grpc-encoding", .grpcEncoding), ("grpc-accept-encoding", .grpcAcceptEncoding),
        ]
        for (name, kind) in known {
            #expect(kindOf(name) == kind, "\(name)")
            #expect(kindOf(name + "x") == .other)
            #expect(kindOf(String(name.dropLast())) == .other)
            #expect(kindOf(String(name.dropLast()) + "?") == .other)
            #expect(kindOf(name.uppercased()) == .other)
        }
        #expect(kindOf("") == .other)
    }

    @Test("Fields are visited in order: the known ones, or all of them")
    func visiting() throws {
        let batch = HTTP2EventBatch()
        let block = batch.block([("x", "1"), ("te", "trailers"), (":path", "/"), ("te", "")])
        var known: [String] = []
        var position = 0
        while let (name, value) = block.nextKnown(&position) {
            known.append("\(name) \(String(decoding: value, as: UTF8.self))")
        }
        #expect(known == ["te trailers", "path /", "te "])
        #expect(block.value(of: .te).map { Array($0) } == Array("trailers".utf8))
        #expect(block.value(of: .status) == nil)
        #expect(block.lines == ["x: 1", "te: trailers", ":path: /", "te: "])
    }

    @Test("A block that decompresses to many times its limit is refused, not counted to its end")
    func decompressing() {
        let batch = HTTP2EventBatch()
        batch.store.pointee.beginBlock(limit: 1000)
        let value = [UInt8](repeating: 1, count: 67)
        var count = 0
        while count < 1000, batch.append([2], value) { count += 1 }
        #expect(count == 160)
        #expect(HeaderBlock(endIn: batch.store).isTooLarge)
    }

    private func kindOf(_ name: String) -> HeaderName {
        Array(name.utf8 + [0]).withUnsafeBufferPointer {
            HeaderName($0.baseAddress!, name.utf8.count)
        }
    }
}

extension HTTP2EventBatch {
    /// A block of these fields, as if they had been received.
    func block(_ fields: [(String, String)], maxSize: Int = .max) -> HeaderBlock {
        reset()
        store.pointee.beginBlock(limit: maxSize)
        for (name, value) in fields { _ = append(Array(name.utf8), Array(value.utf8)) }
        return HeaderBlock(endIn: store)
    }

    /// Adds a field to the open block.
    func append(_ name: [UInt8], _ value: [UInt8]) -> Bool {
        (name + value + [0]).withUnsafeBufferPointer {
            store.pointee.append(
                name: $0.baseAddress!, name.count, value: $0.baseAddress! + name.count, value.count)
        }
    }
}
