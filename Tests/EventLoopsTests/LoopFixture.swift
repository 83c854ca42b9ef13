// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO
import TestSupport
import Testing

/// A loop on a thread of its own, stopped with its test.
final class LoopFixture: Sendable {
    let group: EventLoopGroup
    var loop: EventLoop { group.loops[0] }

    init() throws { group = try EventLoopGroup(count: 1) }

    deinit { group.stop() }

    /// Does `body` on the loop and gives what it returns.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let result = Mailbox<Result<Value, any Error>>()
        loop.post { result.put(Result { try body() }) }
        return try #require(result.next()).get()
    }
}

/// Counts what its descriptor reports, and does what a test says.
final class Recorder: EventHandler {
    var onReady: (Readiness) -> Void = { _ in }
    private(set) var count = 0

    func ready(_ readiness: Readiness) {
        count += 1
        onReady(readiness)
    }
}

/// A pipe of the kernel's, with both ends.
final class Pipe: Sendable {
    let reader: CInt
    let writer: CInt

    init() throws {
        var raw: [CInt] = [-1, -1]
        try #require(pipe(&raw) == 0)
        (reader, writer) = (raw[0], raw[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    func put() {
        var byte: UInt8 = 1
        _ = write(writer, &byte, 1)
    }

    func take() {
        var byte: UInt8 = 0
        _ = read(reader, &byte, 1)
    }
}
