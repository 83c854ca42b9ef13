// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import Flags
import StatusBoard
import SystemIO
import Text

/// The check of kind `dns`: a name has an address, and the right one.
///
/// Options: `server` (an address, or one with a port, in place of this machine's resolver), `expect` (an address that is among
/// the answers, repeatable), `slow` (an answer that takes longer is degraded).
package struct DNSCheck: CheckKind {
    private let host: String
    private let server: String?
    private let expected: [(text: String, address: SocketAddress)]
    private let slowAfter: Duration?

    package var targetText: String { host }

    /// Reads the target and its options.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        guard NumericHost.destinations(target, port: 0) == nil, Self.isName(target) else {
            throw CheckOptionError("target", "is no name: use one such as db.example.org")
        }
        host = target.utf8.last == UInt8(ascii: ".") ? String(target.dropLast()) : target
        server = try options.take("server", "an address, or one with a port: 10.0.0.2:53") { text in
            Self.isServer(text) ? text : nil
        }
        var expected: [(text: String, address: SocketAddress)] = []
        for text in options.takeAll("expect") {
            guard let address = SocketAddress(numeric: text, port: 0) else {
                throw CheckOptionError("expect", "is no address: use one such as 10.0.0.7")
            }
            expected.append((text, address))
        }
        self.expected = expected
        slowAfter = try options.take("slow", "a duration such as 100ms") { Duration(goText: $0) }
        try options.checkEmpty()
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        // The check's own words say more than that it timed out: it ends before that.
        BlockingCheck(on: context.loop) { [self] timeout in result(within: timeout * 9 / 10) }
    }

    /// What is found now. Blocks, so long at most.
    func result(within time: Duration) -> CheckResult {
        let start = MonotonicTime.now()
        do throws(NameResolutionError) {
            let addresses = try addresses(until: start + time)
            return result(of: addresses, took: .now() - start)
        } catch {
            return CheckResult(.unhealthy, cause(of: error))
        }
    }

    /// What an answer means.
    func result(of addresses: [SocketAddress], took time: Duration) -> CheckResult {
        let details = ["addresses": String(addresses.count)]
        let missing = expected.first { wanted in
            !addresses.contains { $0.isSameHost(as: wanted.address) }
        }
        if let missing {
            return CheckResult(
                .unhealthy, "its addresses are others than \(missing.text)", details: details)
        }
        if let slowAfter, time > slowAfter {
            return CheckResult(
                .degraded, "the answer took longer than \(slowAfter.goText)", details: details)
        }
        return CheckResult(.healthy, details: details)
    }

    private func addresses(until deadline: MonotonicTime) throws(NameResolutionError)
        -> [SocketAddress]
    {
        if let server { return try NameResolver.ask(host, at: server, deadline: deadline) }
        return try NameResolver.resolve(host, port: 0, deadline: deadline)
    }

    private func cause(of error: NameResolutionError) -> String {
        guard let server else { return error.text }
        return switch error {
        case .notFound: "the server \(server) has no address for it"
        case .timedOut: "the server \(server) is silent"
        case .failed(_, let reason): "the server \(server): \(reason)"
        case .malformedAddress: error.text
        }
    }

    /// `10.0.0.2`, `10.0.0.2:53`, `::1` or `[::1]:53`.
    private static func isServer(_ text: String) -> Bool {
        if SocketAddress(numeric: text, port: 53) != nil { return true }
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
        var host = Array(text.utf8[..<colon])
        let port = UInt16(String(decoding: Array(text.utf8[colon...].dropFirst()), as: UTF8.self))
        let hasBrackets = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
        if hasBrackets { host = Array(host.dropFirst().dropLast()) }
        guard let port, port > 0, hasBrackets == host.contains(UInt8(ascii: ":")) else {
            return false
        }
        return SocketAddress(numeric: String(decoding: host, as: UTF8.self), port: port) != nil
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
    }
}
