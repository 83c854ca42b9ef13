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
    /// Nil for addresses, by the files of this machine as well.
    private let record: NameRecord?
    private let expected: [String]
    private let slowAfter: Duration?

    package var targetText: String { host }

    /// Reads the target and its options.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        guard NumericHost.destinations(target, port: 0) == nil, Self.isName(target) else {
            throw CheckOptionError("target", "is no name: use one such as db.example.org")
        }
        host = target.utf8.last == UInt8(ascii: ".") ? String(target.dropLast()) : target
        server = try options.takeNameServer("server")
        let record = try options.take("record", "A, AAAA, SRV or TXT") { NameRecord(rawValue: $0) }
        expected = options.takeAll("expect")
        for text in expected where record != .srv && record != .txt {
            guard SocketAddress(numeric: text, port: 0) != nil else {
                throw CheckOptionError("expect", "is no address: use one such as 10.0.0.7")
            }
        }
        self.record = record
        slowAfter = try options.take("slow", "a duration such as 100ms") { Duration(positive: $0) }
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
            if let record {
                let records = try NameResolver.records(
                    record, of: host, at: server, deadline: start + time)
                return result(of: records, took: .now() - start)
            }
            let addresses = try addresses(until: start + time)
            return result(of: addresses, took: .now() - start)
        } catch {
            return CheckResult(.unhealthy, cause(of: error))
        }
    }

    /// What an answer means.
    func result(of addresses: [SocketAddress], took time: Duration) -> CheckResult {
        let missing = expected.first { wanted in
            guard let address = SocketAddress(numeric: wanted, port: 0) else { return true }
            return !addresses.contains { $0.isSameHost(as: address) }
        }
        return result(["addresses": String(addresses.count)], missing, took: time)
    }

    /// What an answer with these records means.
    func result(of records: [String], took time: Duration) -> CheckResult {
        if record == .a || record == .aaaa {
            let addresses = records.compactMap { SocketAddress(numeric: $0, port: 0) }
            return result(of: addresses, took: time)
        }
        // Names of hosts are the same in other letters.
        let isSame: (String, String) -> Bool =
            record == .srv ? { $0.lowercased() == $1.lowercased() } : { $0 == $1 }
        let missing = expected.first { wanted in !records.contains { isSame($0, wanted) } }
        return result(["records": String(records.count)], missing, took: time)
    }

    private func result(
        _ details: [String: String], _ missing: String?, took time: Duration
    ) -> CheckResult {
        if let missing {
            let what = record.map { "\($0.rawValue) records" } ?? "addresses"
            let shown = PrintableText.escaped(missing, limit: 200)
            return CheckResult(.unhealthy, "\(shown) is not among its \(what)", details: details)
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
        let what = record.map { "\($0.rawValue) record" } ?? "address"
        guard let server else {
            if case .notFound = error, record != nil { return "it has no \(what)" }
            return error.text
        }
        return switch error {
        case .notFound: "the server \(server) has no \(what) for it"
        case .timedOut: "the server \(server) is silent"
        case .failed(_, let reason): "the server \(server): \(reason)"
        case .malformedAddress: error.text
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
    }
}
