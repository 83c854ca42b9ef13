// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import TestSupport
import Testing

@Suite("An asynchronous handler")
struct HandlerPlaceTests {
    private static let paths: [StaticString] = [
        "/test.Places/Unary", "/test.Places/Reader", "/test.Places/Writer", "/test.Places/Both",
    ]

    /// Each method reports whether it began on the loop, and whether it is there after a wait.
    private func places(_ place: HandlerPlace) throws -> [[Bool]] {
        let reports = Mailbox<[Bool]>()
        let service = TestService { table, loop in
            let report: @Sendable () async -> Void = {
                let before = loop.isCurrent
                await withCheckedContinuation { continuation in loop.post { continuation.resume() }
                }
                reports.put([before, loop.isCurrent])
            }
            table.add(
                Self.paths[0], runsOn: place,
                .asyncUnary { _, _ in
                    await report()
                    return .empty
                })
            table.add(
                Self.paths[1], runsOn: place,
                .clientStreaming { _, _ in
                    await report()
                    return .empty
                })
            table.add(
                Self.paths[2], runsOn: place, .asyncServerStreaming { _, _, _ in await report() })
            table.add(Self.paths[3], runsOn: place, .bidiStreaming { _, _, _ in await report() })
        }
        let server = try TestServer([service])
        let peer = try server.greetedPeer()
        return try Self.paths.enumerated().map { index, path in
            try peer.call("\(path)", on: Int32(2 * index + 1), [])
            return try #require(reports.next())
        }
    }

    @Test("of any kind runs off the loop")
    func pool() throws {
        #expect(try places(.pool) == Self.paths.map { _ in [false, false] })
    }

    @Test("that was added for the loop begins and goes on there")
    func loop() throws {
        #expect(try places(.loop) == Self.paths.map { _ in [true, true] })
    }
}
