// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import StatusBoard
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import HostChecks

@Suite("Checks of files and disks")
struct HostChecksTests {
    @Test("A call that hangs is given up with one thread, and the check comes back with it")
    func hanging() throws {
        let calls = Mutex(0)
        let gate = Mailbox<Bool>()
        let run = try RunnerLoop { loop in
            BlockingCheck(on: loop) { _ in
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                if call == 1 { _ = gate.next() }
                return CheckResult(.healthy, details: ["call": String(call)])
            }
        }
        run.begin { _ in Issue.record("a cancelled run has no result") }
        let released = run.cancel()
        // The loop goes on, and the call has not returned.
        #expect(eventually { calls.withLock { $0 } == 1 })
        gate.put(true)
        #expect(released.next() == true)
        #expect(run.result()?.details == ["call": "2"])
    }

    @Test("When all threads hang, a further check is unknown, and runs when one has come back")
    func exhausted() throws {
        let (gate, threads) = (Mailbox<Bool>(), ThreadBudget(limit: 1))
        let hanging = try RunnerLoop { loop in
            BlockingCheck(on: loop, threads: threads) { _ in
                _ = gate.next()
                return CheckResult(.healthy)
            }
        }
        let other = try RunnerLoop { loop in
            BlockingCheck(on: loop, threads: threads) { _ in CheckResult(.healthy) }
        }
        let ended = Mailbox<CheckResult>()
        hanging.begin { ended.put($0) }
        #expect(eventually { other.result()?.state == .unknown })
        #expect(other.result()?.cause.contains("1 checks of this process are at work") == true)
        gate.put(true)
        #expect(ended.next()?.state == .healthy)
        #expect(other.result()?.state == .healthy)
    }

    private func file(
        _ folder: TemporaryFolder, _ options: [String: [String]] = [:]
    ) throws -> FileCheck {
        try FileCheck("/state", CheckOptions(options), root: folder.path)
    }

    @Test("A file is there, fresh, of a size, and says something; or the cause tells what it lacks")
    func files() throws {
        let folder = try TemporaryFolder()
        #expect(try file(folder).result(at: .now()) == CheckResult(.unhealthy, "it is missing"))
        try folder.write("one\nrunning\n", to: "state")
        #expect(try file(folder).result(at: .now()).state == .healthy)
        let later = Timestamp(milliseconds: Timestamp.now().milliseconds + 90_000)
        let old = try file(folder, ["max-age": ["30s"]])
        #expect(old.result(at: .now()).state == .healthy)
        #expect(old.result(at: later).state == .unhealthy)
        #expect(old.result(at: later).cause.hasSuffix(" ago, more than 30s"))
        let text = try file(folder, ["contains": ["running", "one"]])
        #expect(text.result(at: .now()).state == .healthy)
        let absent = try file(folder, ["contains": ["ready"]]).result(at: .now())
        #expect(absent.cause == #"it does not contain "ready""#)
        try folder.write(String(repeating: "\n", count: 256 << 10) + "ready", to: "large")
        let large = try FileCheck(
            "/large", CheckOptions(["contains": ["ready"]]), root: folder.path)
        #expect(
            large.result(at: .now()).cause == #"its first 256 KiB do not contain "ready""#)
        let small = try file(folder, ["min-size": ["1KiB"]]).result(at: .now())
        #expect(small.state == .degraded)
        #expect(small.cause == "it has 12 bytes, less than 1024")
        #expect(try file(folder, ["max-size": ["11"]]).result(at: .now()).state == .degraded)
    }

    @Test("A folder has an age, and no contents")
    func folders() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "state/inner")
        #expect(try file(folder, ["max-age": ["1h"]]).result(at: .now()).state == .healthy)
        let result = try file(folder, ["contains": ["x"]]).result(at: .now())
        #expect(result.cause == "it cannot be read: read: Is a directory")
    }

    private func disk(
        _ used: UInt64, _ left: UInt64, files: (UInt64, UInt64) = (0, 0),
        _ limits: UsedLimits = UsedLimits(degraded: 90)
    ) -> CheckResult {
        DiskCheck.result(limits) {
            DiskUsage(
                usedBlocks: used, leftBlocks: left, usedFiles: files.0, leftFiles: files.1)
        }
    }

    @Test("A disk is degraded from 90 % on, by its space or its inodes")
    func disks() {
        #expect(disk(89, 11) == CheckResult(.healthy, details: ["used": "89 %"]))
        #expect(disk(90, 10).state == .degraded)
        #expect(disk(90, 10).cause == "90 % of the disk are used (limit 90 %)")
        let files = disk(1, 9, files: (95, 5))
        #expect(files.cause == "95 % of the inodes are used (limit 90 %)")
        let both = disk(97, 3, files: (95, 5), UsedLimits(degraded: 80, unhealthy: 97))
        #expect(both.state == .unhealthy)
        #expect(
            both.cause
                == "97 % of the disk are used (limit 97 %); 95 % of the inodes are used (limit 80 %)"
        )
        // A file system of the kernel has no space at all.
        #expect(disk(0, 0).state == .healthy)
    }

    @Test("A real disk is measured, and one that is not there is unhealthy")
    func realDisk() throws {
        let options = CheckOptions(["degraded": ["100"]])
        let real = try RunnerLoop(of: try DiskCheck("/", options)).result()
        #expect(real?.details["used"]?.hasSuffix(" %") == true)
        let missing = try RunnerLoop(of: try DiskCheck("/no/such", CheckOptions())).result()
        #expect(missing?.cause == "it cannot be measured: statvfs: No such file or directory")
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func disk(_ options: [String: [String]]) -> String? {
            problem { () throws(CheckOptionError) in try DiskCheck("/", CheckOptions(options)) }
        }
        func file(_ target: String, _ options: [String: [String]] = [:]) -> String? {
            problem { () throws(CheckOptionError) in
                try FileCheck(target, CheckOptions(options))
            }
        }
        #expect(disk(["degraded": ["80%"], "unhealthy": ["95"]]) == nil)
        #expect(
            disk(["degraded": ["101"]])
                == #"degraded is "101": use a percentage from 0 to 100, such as 90"#)
        #expect(
            disk(["degraded": ["80"], "unhealthy": ["70"]]) == "unhealthy is less than degraded")
        #expect(file("state") == "target is no absolute path: begin it with /")
        #expect(
            file("/state", ["max-age": ["old"]])
                == #"max-age is "old": use a duration such as 30s or 24h"#)
        #expect(
            file("/state", ["min-size": ["2"], "max-size": ["1"]])
                == "min-size is more than max-size")
    }
}
