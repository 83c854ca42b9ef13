// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Between the members of a cluster: Tests/Integration/support/peer_proxy.py.
final class PeerProxy {
    /// By which the members reach each other.
    let ports: [UInt16]
    private let process = Process()
    private let (orders, answers) = (Pipe(), Pipe())

    init(to members: [UInt16]) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(
                "Integration/support/peer_proxy.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path] + members.map { "\($0)" }
        (process.standardInput, process.standardOutput) = (orders, answers)
        try process.run()
        let line = Self.line(of: answers)
        ports = line.split { !$0.isNumber }.compactMap { UInt16($0) }
        guard ports.count == members.count else {
            process.terminate()
            throw Unexpected(description: "the proxy does not start: \(line)")
        }
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Has it do something, and waits until it is done.
    func order(_ words: String) throws {
        try orders.fileHandleForWriting.write(contentsOf: Data((words + "\n").utf8))
        _ = Self.line(of: answers)
    }

    /// What comes until the end of a line, or of the process.
    private static func line(of pipe: Pipe) -> String {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let part = pipe.fileHandleForReading.availableData
            if part.isEmpty { break }
            line += part
        }
        return String(decoding: line, as: UTF8.self)
    }
}
