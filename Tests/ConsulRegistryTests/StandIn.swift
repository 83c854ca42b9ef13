// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import SystemIO
import TestSupport

/// The stand-in for an agent of Consul, as a process: Tests/Integration/support/consul_agent.py.
final class StandIn {
    let port: UInt16
    private let process = Process()

    init(token: String? = nil) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(
                "Integration/support/consul_agent.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", script.path] + (token.map { ["--token", $0] } ?? [])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = UInt16(line.filter(\.isNumber)) else {
            process.terminate()
            throw Unexpected(description: "the stand-in does not start: \(line)")
        }
        self.port = port
    }

    deinit {
        signal(SIGKILL)
        process.waitUntilExit()
    }

    /// Lets it hang, or go on.
    func signal(_ number: CInt) { kill(process.processIdentifier, number) }

    /// Does what no client can ask for.
    func control(_ what: String) throws { _ = try ask("PUT", "/control/" + what) }

    /// What it answers, with the head.
    func ask(_ method: String, _ path: String, _ body: [UInt8] = []) throws -> String {
        try RawExchange.askHTTP(
            method, path, body, at: SocketAddress(numeric: "127.0.0.1", port: port)!)
    }
}
