// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HealthProtocol
import StatusBoard
import TestSupport
import Testing

@testable import GRPCHealth

@Suite("The reporter")
struct HealthReporterTests {
    private let reporter = HealthReporter()

    @Test("The whole server is registered from the start, and SERVING")
    func start() {
        #expect(reporter.status(of: "") == .serving && reporter.status(of: "a") == nil)
    }

    @Test("Names are set, changed and cleared")
    func names() {
        reporter.set(.notServing, for: "a")
        #expect(reporter.status(of: "a") == .notServing)
        reporter.set(.serving, for: "a")
        #expect(reporter.status(of: "a") == .serving)
        reporter.clear("a")
        reporter.clear("never there")
        #expect(reporter.status(of: "a") == nil)
    }

    @Test("The whole server cannot be cleared, only made UNKNOWN")
    func clearServer() {
        reporter.clear("")
        #expect(reporter.status(of: "") == .unknown)
    }

    @Test("A name with a NUL is no name")
    func nul() {
        reporter.set(.serving, for: "a\u{0}b")
        #expect(reporter.status(of: "a\u{0}b") == nil && reporter.status(of: "a") == nil)
    }

    @Test("After a shutdown all is NOT_SERVING, and nothing changes that but the resume")
    func shutdown() {
        reporter.set(.serving, for: "a")
        reporter.set(.unknown, for: "b")
        for _ in 0..<2 { reporter.shutdown() }
        reporter.set(.serving, for: "a")
        reporter.set(.serving, for: "new")
        reporter.clear("b")
        for name in ["", "a", "b"] { #expect(reporter.status(of: name) == .notServing) }
        #expect(reporter.status(of: "new") == nil)
        for _ in 0..<2 { reporter.resume() }
        #expect(reporter.status(of: "") == .serving && reporter.status(of: "a") == .serving)
        #expect(reporter.status(of: "b") == .unknown && reporter.status(of: "new") == nil)
        reporter.set(.notServing, for: "a")
        #expect(reporter.status(of: "a") == .notServing)
    }

    @Test("A board's verdicts are published, and a name without a rule is unregistered")
    func board() {
        let board = Board(
            rules: [("", .all([.outcome("a"), .outcome("b")])), ("a", .outcome("a"))],
            outcomes: ["a": .healthy], publisher: { [reporter] in reporter.publish($0) })
        #expect(reporter.status(of: "") == .notServing && reporter.status(of: "a") == .serving)
        board.report(Outcome(.degraded), for: "b")
        #expect(reporter.status(of: "") == .serving)
        board.define("a", nil)
        #expect(reporter.status(of: "") == .serving && reporter.status(of: "a") == nil)
        board.define("", nil)
        #expect(reporter.status(of: "") == .unknown)
    }

    @Test("A resume without a shutdown changes nothing")
    func idleResume() {
        reporter.set(.notServing, for: "a")
        reporter.resume()
        #expect(reporter.status(of: "a") == .notServing && reporter.status(of: "") == .serving)
    }

    /// What a loop's copy says after all that was posted to it.
    private func drain(_ loop: EventLoop, _ table: HealthTable) -> [String: ServingStatus] {
        loop.stop()
        loop.run()
        return Dictionary(uniqueKeysWithValues: table.all.map { ($0.name, $0.status) })
    }

    @Test("Every loop's copy starts with what there is, and follows")
    func copies() throws {
        let loops = try [EventLoop(), EventLoop()]
        let tables = [HealthTable(), HealthTable()]
        reporter.set(.serving, for: "early")
        reporter.attach(tables[0], on: loops[0])
        reporter.set(.notServing, for: "late")
        reporter.clear("early")
        reporter.attach(tables[1], on: loops[1])
        reporter.set(.serving, for: "last")
        for index in 0..<2 {
            #expect(
                drain(loops[index], tables[index])
                    == ["": .serving, "late": .notServing, "last": .serving])
        }
    }

    @Test("A copy that is made during a shutdown is NOT_SERVING, and resumes with the others")
    func copyDuringShutdown() throws {
        let loop = try EventLoop()
        let table = HealthTable()
        reporter.set(.serving, for: "a")
        reporter.shutdown()
        reporter.attach(table, on: loop)
        #expect(table.all.map(\.status) == [.notServing, .notServing])
        reporter.resume()
        #expect(drain(loop, table) == ["": .serving, "a": .serving])
    }

    @Test("Names that are set together change together")
    func together() throws {
        let loop = try EventLoop()
        let table = HealthTable()
        let bound = LoopBound(table, on: loop)
        reporter.attach(table, on: loop)
        let reader = try EventLoopGroup(count: 1)
        let (mixed, looks) = (Mailbox<Int>(), Mailbox<Void>())
        let (written, done) = (Mailbox<Void>(), Mailbox<Void>())
        withExtendedLifetime(reader) {
            // A look that stands between two changes in the loop's inbox sees the state between them.
            reader.loops[0].post {
                while written.count == 0 {
                    loop.post {
                        let names = bound.value.all.filter { !$0.name.isEmpty }
                        if Set(names.map(\.status)).count > 1 { mixed.put(names.count) }
                    }
                    looks.put(())
                }
                done.put(())
            }
            #expect(looks.next() != nil)
            for round in 0..<2000 {
                let status = round % 2 == 0 ? ServingStatus.serving : .notServing
                reporter.set((0..<5).map { ("name\($0)", status) })
            }
            written.put(())
            #expect(done.next() != nil)
            reader.stop()
            #expect(drain(loop, table).count == 6)
            #expect(mixed.count == 0)
        }
    }

    @Test("Changes from many threads leave every copy with what the reporter says")
    func threads() throws {
        let loops = try [EventLoop(), EventLoop()]
        let tables = [HealthTable(), HealthTable()]
        for index in 0..<2 { reporter.attach(tables[index], on: loops[index]) }
        let writers = try EventLoopGroup(count: 4)
        let done = Mailbox<Void>()
        for (index, writer) in writers.loops.enumerated() {
            writer.post { [reporter] in
                var generator = SplitMix64(seed: UInt64(index))
                for _ in 0..<2000 {
                    let name = "name\(Int.random(in: 0..<5, using: &generator))"
                    switch Int.random(in: 0..<20, using: &generator) {
                    case 0: reporter.shutdown()
                    case 1: reporter.resume()
                    case 2..<6: reporter.clear(name)
                    default:
                        let number = Int32.random(in: 0..<3, using: &generator)
                        reporter.set(ServingStatus(rawValue: number), for: name)
                    }
                }
                done.put(())
            }
        }
        for _ in writers.loops { #expect(done.next() != nil) }
        writers.stop()
        let first = drain(loops[0], tables[0])
        #expect(first == drain(loops[1], tables[1]))
        for name in (0..<5).map({ "name\($0)" }) + [""] {
            #expect(first[name] == reporter.status(of: name))
        }
    }
}
