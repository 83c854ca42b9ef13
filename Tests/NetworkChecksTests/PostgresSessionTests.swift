// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import Testing

@testable import NetworkChecks

@Suite("What a check of PostgreSQL says to a server that does not keep to the rules")
struct PostgresSessionTests {
    private let now = MonotonicTime(nanoseconds: 0)

    private func message(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt32(payload.count + 4)
        return [type.asciiValue ?? 0]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            + payload
    }

    private func authentication(_ code: UInt8, _ rest: [UInt8] = []) -> [UInt8] {
        message("R", [0, 0, 0, code] + rest)
    }

    /// The result after these messages, each of which comes alone.
    private func result(of messages: [[UInt8]]) throws -> CheckResult? {
        let kind = try PostgresCheck(
            "postgres://user:secret@127.0.0.1:1/db?sslmode=disable", CheckOptions())
        var session = kind.plan.makeSession()
        _ = session.began(CheckConnection(), at: now)
        for message in messages {
            switch message.withUnsafeBytes({ session.received($0, at: now) }).next {
            case .finish(let result), .finishKeeping(let result): return result
            case .wait, .waitUntil, .startTLS: break
            }
        }
        return nil
    }

    @Test("A server that leaves out its proof of the password is not believed")
    func unproved() throws {
        let ready = message("Z", [UInt8(ascii: "I")])
        let found = try result(of: [
            authentication(10, Array("SCRAM-SHA-256\0\0".utf8)), authentication(0), ready, ready,
            ready,
        ])
        #expect(found?.state == .unhealthy)
        let silent = try result(of: [
            authentication(10, Array("SCRAM-SHA-256\0\0".utf8)), ready, done, ready, done, ready,
        ])
        #expect(silent?.state == .unhealthy)
    }

    @Test("A server that asks for a password again and again is not answered")
    func endless() throws {
        for demand in [authentication(3), authentication(5, [1, 2, 3, 4])] {
            #expect(try result(of: [demand]) == nil)
            #expect(try result(of: [demand, demand])?.state == .unhealthy)
        }
    }

    @Test("A server that trusts, and one that wants a password once, are healthy")
    func kept() throws {
        let ready = message("Z", [UInt8(ascii: "I")])
        for demands in [[], [authentication(5, [1, 2, 3, 4])]] {
            let messages = demands + [authentication(0), ready, done, ready, done, ready]
            #expect(try result(of: messages)?.state == .healthy)
        }
    }

    @Test("A server that says it is ready, and nothing of the query, is not healthy")
    func unanswered() throws {
        let ready = message("Z", [UInt8(ascii: "I")])
        let start = [authentication(0), ready]
        #expect(try result(of: start + [ready])?.state == .unhealthy)
        #expect(try result(of: start + [done, ready, ready])?.state == .unhealthy)
        // An empty query, as poolers answer themselves, is done as well.
        #expect(try result(of: start + [done, ready, message("I", []), ready])?.state == .healthy)
    }

    private var done: [UInt8] { message("C", Array("SET\0".utf8)) }
}
