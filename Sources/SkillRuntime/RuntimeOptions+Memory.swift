// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

extension RuntimeOptions {
    /// Bytes of an idle connection in plaintext, of one in TLS, and of a Watch with a long name.
    private static let connectionCost = 24 << 10
    private static let tlsConnectionCost = 64 << 10
    private static let watchCost = 6 << 10

    /// ``fitLimits(toMemory:)`` with what the control group of this process allows, if one does.
    public mutating func fitLimitsToControlGroup() -> String? {
        var memory = AvailableMemory()
        guard let sample = try? memory.sample(), sample.source != .host else { return nil }
        return fitLimits(toMemory: sample.availableBytes)
    }

    /// Lowers the limits that were not set to what this memory of a control group suffices for: a quarter of it for what
    /// clients make the server hold, as much for connections, and an eighth for Watches. The rest is for the process
    /// itself and for work under way. What to tell when it had to.
    mutating func fitLimits(toMemory bytes: UInt64) -> String? {
        let quarter = Int(clamping: bytes / 4)
        let isSecure = tlsConfiguration != nil
        let connections = quarter / (isSecure ? Self.tlsConnectionCost : Self.connectionCost)
        let most: [(name: String, limit: WritableKeyPath<ServerConfiguration, Int>, value: Int)] = [
            ("max-connections", \.maxConnections, connections),
            ("max-handshakes", \.maxHandshakes, connections),
            ("max-streams", \.maxStreamingCalls, quarter / 2 / Self.watchCost),
            ("max-held-bytes", \.maxHeldBytes, quarter),
        ]
        let defaults = ServerConfiguration()
        var lowered: [String] = []
        for (name, limit, value) in most
        where server[keyPath: limit] == defaults[keyPath: limit] && value < server[keyPath: limit] {
            server[keyPath: limit] = max(1, value)
            lowered.append("--\(name) \(max(1, value))")
        }
        return lowered.isEmpty ? nil : lowered.joined(separator: ", ")
    }
}
