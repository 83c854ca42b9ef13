// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import ChildProcesses

@Suite("The children of this process")
struct ChildTableTests {
    private let table = ChildTable.shared

    private func start(_ words: [String]) throws(ChildStartError) -> CInt {
        try table.start(ChildCommand(words), ChildStart(.service(terminal: nil)))
    }

    /// How a child ended, and what it used.
    private func fate(of process: CInt) -> (end: ProcessEnd, usage: ProcessUsage)? {
        var fate: (ProcessEnd, ProcessUsage)?
        _ = eventually {
            guard case .ended(let end, let usage) = table.fate(of: process) else { return false }
            fate = (end, usage)
            return true
        }
        return fate
    }

    private func end(of process: CInt) -> ProcessEnd? { fate(of: process)?.end }

    private func error(_ words: [String]) -> ChildStartError? {
        do throws(ChildStartError) {
            _ = try start(words)
            return nil
        } catch {
            return error
        }
    }

    @Test("A program that is not there, or is no program, is told apart, and leaves no child")
    func unstarted() {
        #expect(error(["/no/such"])?.exitCode == 127)
        #expect(error(["no-such-command"])?.failure == SystemCallError("exec", .noSuchFile))
        #expect(error(["/etc/passwd"])?.exitCode == 126)
        #expect(error(["/etc/passwd/x"])?.exitCode == 127)
        #expect(error(["/tmp"])?.failure.errno == .permissionDenied)
        let long = String(repeating: "x", count: 200_000)
        #expect(error(["/bin/true", long])?.failure.errno == Errno(rawValue: E2BIG))
    }

    @Test("An end is told once, with what was used")
    func once() throws {
        let process = try start(["/bin/sh", "-c", "exit 3"])
        #expect(table.isOurs(process))
        #expect(end(of: process) == .exited(3))
        #expect(!table.isOurs(process))
        #expect(table.fate(of: process) == .ended(.lost, ProcessUsage()))
        let busy = try start(["/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
        let usage = try #require(fate(of: busy)).usage
        #expect(usage.userTime + usage.systemTime > .zero)
        #expect(usage.peakMemory > 100_000)
    }

    @Test("A core is told of")
    func core() throws {
        let process = try start(["/bin/sh", "-c", "ulimit -c 0; kill -SEGV $$"])
        #expect(end(of: process) == .killed(signal: 11, dumpedCore: false))
        #expect(ProcessEnd(status: 0x8b) == .killed(signal: 11, dumpedCore: true))
        #expect(ProcessEnd(status: 0xff00) == .exited(255))
    }

    @Test("The environment is ours with changes")
    func environment() throws {
        var start = ChildStart(.service(terminal: nil))
        start.environment = ["VITALS_TEST": "a b", "HOME": nil]
        let script = #"[ "$VITALS_TEST" = "a b" ] && [ -z "$HOME" ] && [ -n "$PATH" ] && exit 5"#
        let process = try table.start(ChildCommand(["/bin/sh", "-c", script]), start)
        #expect(end(of: process) == .exited(5))
    }

    @Test("Its group ends with a child, where that was asked for")
    func group() throws {
        var start = ChildStart(.service(terminal: nil))
        start.endsGroup = true
        let command = ChildCommand(["/bin/sh", "-c", "sleep 1000 & exit 0"])
        let process = try table.start(command, start)
        #expect(end(of: process) == .exited(0))
        #expect(eventually { kill(-process, 0) != 0 })
    }

    @Test("Threads that start children while others wait for all of them get each its own end")
    func threads() throws {
        let (threads, each) = (4, 60)
        let isOver = Atomic(false)
        let wrong = Mutex<[String]>([])
        try withThreads { run in
            // As a first process does it.
            try run {
                while !isOver.load(ordering: .relaxed) {
                    var count = 0
                    _ = table.sweep {
                        count += 1
                        return count == 10
                    }
                }
            }
            let left = Atomic(threads)
            for thread in 0..<threads {
                try run {
                    for number in 0..<each {
                        let code = (thread * each + number) % 256
                        let process = try? start(["/bin/sh", "-c", "exit \(code)"])
                        let found = process.flatMap { end(of: $0) }
                        if found != .exited(code) {
                            wrong.withLock {
                                $0.append("\(String(describing: found)), not \(code)")
                            }
                        }
                        _ = error(["/no/such"])
                    }
                    if left.subtract(1, ordering: .relaxed).newValue == 0 {
                        isOver.store(true, ordering: .relaxed)
                    }
                }
            }
        }
        #expect(wrong.withLock { $0 } == [])
    }

    /// Runs closures on threads, and returns when all have ended.
    private func withThreads(
        _ body: (_ run: (_ work: @escaping @Sendable () -> Void) throws -> Void) throws -> Void
    ) throws {
        let ended = Mailbox<Bool>()
        var count = 0
        try body { work in
            try startThread(named: "test") {
                work()
                ended.put(true)
            }
            count += 1
        }
        for _ in 0..<count { #expect(ended.next() == true) }
    }
}
