// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP2Wire
import Testing

@Suite("Memory that runs out")
struct ScarceMemoryTests {
    @Test(
        "Each allocation that fails is told to the peer or to us, and no block is misused",
        arguments: [HTTP2Session.Role.client, .server], [true, false])
    func eachAllocation(_ role: HTTP2Session.Role, once: Bool) {
        let plain = Exchange(role, failing: 0..<0)
        #expect(plain.failure == nil && plain.events.count > 5 && plain.livingBlocks == 0)
        for number in 1...plain.allocations {
            let short = Exchange(role, failing: number..<(once ? number + 1 : .max))
            let isOver = short.failure == .outOfMemory
            let isTold = isOver || short.hasReset || short.hasGoAway
            #expect(isTold || short.events == plain.events, "allocation \(number)")
            // nghttp2 does not always know what it has: a session that is over is not taken apart.
            #expect(short.livingBlocks == 0 || isOver, "allocation \(number)")
            #expect(short.misusedBlocks == 0, "allocation \(number)")
        }
    }
}

/// A client and a server that say all there is to say, one of them with little memory.
private struct Exchange {
    /// What the client was told.
    private(set) var events: [Recorded] = []
    /// Why a side gave up.
    private(set) var failure: HTTP2Error?
    let allocations: Int
    let livingBlocks: Int
    let misusedBlocks: Int

    /// Some stream was reset that would not have been.
    var hasReset: Bool {
        events.contains {
            if case .closed(let id, let code) = $0 { return code != .noError && id != 5 }
            return false
        }
    }

    /// The server ended the session because it could not make a header block.
    var hasGoAway: Bool {
        events.contains {
            if case .goAway(_, .internalError, "header block: it cannot be made") = $0 {
                return true
            }
            return false
        }
    }

    init(_ role: HTTP2Session.Role, failing: Range<Int>) {
        let scarce = ScarceMemory(failing: failing)
        let plenty = HTTP2Memory()
        do {
            try Self.run(
                client: role == .client ? scarce.memory : plenty,
                server: role == .server ? scarce.memory : plenty, &events)
        } catch {
            failure = error as? HTTP2Error
        }
        allocations = scarce.asked
        livingBlocks = scarce.livingBlocks
        misusedBlocks = scarce.misusedBlocks
    }

    private static func run(
        client: HTTP2Memory, server: HTTP2Memory, _ events: inout [Recorded]
    ) throws {
        var settings = HTTP2Settings()
        settings.keepsStreamWindows = true
        let client = try SessionSide(.client, memory: client)
        let server = try SessionSide(.server, settings: settings, memory: server)
        server.onEvent = { event in answer(event, server.session) }
        defer {
            server.onEvent = nil
            events = client.events
        }
        for stream in [stream(of: 100_000), stream(of: 5), stream(of: 5)] {
            stream.observesClose = true
            client.session.request(stream, headers: .custom(getFields), hasBody: true)
        }
        client.session.submitPing(1)
        try carry(client, server)
        server.session.submitPing(2)
        server.session.submitShutdownNotice()
        try carry(client, server)
        server.session.submitGoAway(.noError, debugText: "bye")
        try carry(client, server)
        server.session.terminate(.enhanceYourCalm, "enough")
        try carry(client, server)
    }

    private static func stream(of size: Int) -> ScriptedStream {
        ScriptedStream(.last(String(repeating: "a", count: size), trailers: nil))
    }

    /// Echoes the first stream's end, answers the second without a body, resets the third.
    private static func answer(_ event: HTTP2Event, _ session: HTTP2Session) {
        switch event {
        case .headers(let reference, _, _) where reference.stream.id.rawValue == 5:
            session.reset(reference.stream, .refusedStream)
        case .headers(let reference, _, _) where reference.stream.id.rawValue == 3:
            session.respond(reference.stream, headers: okFields, hasBody: false)
        case .data(let reference, let bytes, let endStream):
            session.consume(reference.stream, bytes.count)
            guard endStream, let stream = reference.stream as? ScriptedStream,
                stream.id.rawValue == 1
            else {
                return
            }
            let trailers = HeaderFields.custom([("grpc-status", "0")])
            stream.steps = [.later, .last("done", trailers: trailers)]
            session.respond(stream, headers: okFields, hasBody: true)
            session.resume(stream)
        default: break
        }
    }

    /// Carries bytes both ways until neither side has more, or one gives up.
    private static func carry(_ client: SessionSide, _ server: SessionSide) throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for (source, sink) in [(client, server), (server, client)] {
                let bytes = try source.output()
                if bytes.isEmpty { continue }
                isQuiet = false
                sink.receive(bytes)
                if let failure = sink.failure { throw failure }
            }
            // The answer of stream 1 waits for this.
            for side in [server] { side.session.forEachStream { side.session.resume($0) } }
        }
    }
}
