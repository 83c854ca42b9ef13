// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import EventLoops
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import GPUChecks

/// A runner whose helper is a shell script, which plays what a driver may do.
private final class ScriptedHelper {
    let folder: TemporaryFolder
    private let group: EventLoopGroup
    private let box: LoopBound<any CheckRunner>

    /// An answer with the number of the process as the version of the driver.
    static let answer =
        "answer() { echo \"gpu 1 driver=$$ devices=1\"; echo 'device index=0'; echo end; }\n"

    init(_ script: String, start: Duration = .seconds(30)) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        let path = try folder.write(Self.answer + "cd \(folder.path)\n" + script, to: "script")
        // The shell takes the script for the device.
        let settings = GPUHelperSettings(program: "/bin/sh", device: path, start: start)
        group = try EventLoopGroup(count: 1)
        let made = Mailbox<LoopBound<any CheckRunner>>()
        let loop = group.loops[0]
        loop.post {
            made.put(LoopBound(GPURunner(settings, GPULimits(), XidRule(), on: loop), on: loop))
        }
        box = try #require(made.next())
    }

    deinit {
        _ = cancel()
        group.stop()
    }

    func begin(_ timeout: Duration = .seconds(20)) -> Mailbox<CheckResult> {
        let result = Mailbox<CheckResult>()
        box.loop.post { [box] in box.value.begin(timeout: timeout) { result.put($0) } }
        return result
    }

    func run(_ timeout: Duration = .seconds(20)) -> CheckResult? { begin(timeout).next() }

    func cancel() -> Bool? {
        let released = Mailbox<Bool>()
        box.loop.post { [box] in box.value.cancel { released.put(true) } }
        return released.next()
    }
}

@Suite("The GPU helper is supervised")
struct GPURunnerTests {
    private static let short = Duration.milliseconds(50)
    private static let starting = "NVIDIA's driver is still starting"

    @Test("One helper answers 1,000 runs")
    func thousand() throws {
        let helper = try ScriptedHelper("while read line; do answer; done")
        let results = (0..<1000).compactMap { _ in helper.run() }
        #expect(results.count == 1000)
        #expect(results.allSatisfy { $0.state == .healthy && $0.details == results[0].details })
    }

    @Test("A helper that hangs is ended, and the next run has another one")
    func hanging() throws {
        let helper = try ScriptedHelper("read line; answer; read line; sleep 60")
        let first = helper.run()
        #expect(first?.state == .healthy)
        let second = helper.run(Self.short)
        #expect(second?.cause == "NVIDIA's driver does not answer: a call hangs, see dmesg")
        #expect(second?.state == .unhealthy)
        let third = helper.run()
        #expect(third?.state == .healthy)
        #expect(third?.details["driver"] != first?.details["driver"])
    }

    @Test("A helper that ends in the middle of an answer is told, with its words")
    func crashing() throws {
        let helper = try ScriptedHelper("read line; echo gpu 1; echo 'double free'; kill -SEGV $$")
        for _ in 0..<3 {
            #expect(
                helper.run()?.cause
                    == "nvml-helper was ended by signal 11: double free; the driver may be broken, see dmesg"
            )
        }
        let early = try ScriptedHelper("exit 3")
        #expect(early.run()?.cause == "nvml-helper ended with status 3")
    }

    @Test("A helper that ends itself after an answer is started again, and that is no crash")
    func planned() throws {
        let helper = try ScriptedHelper(
            "read line; echo gpu 1 error=DRIVER_NOT_LOADED call=nvmlInit_v2; echo end; exit 0")
        for _ in 0..<20 {
            #expect(helper.run()?.cause.hasPrefix("NVIDIA's driver is not loaded") == true)
        }
    }

    @Test("The first answer may take longer than a run, and the run after it has it")
    func slowStart() throws {
        let helper = try ScriptedHelper(
            "read line; until [ -e ready ]; do sleep 0.01; done; answer; read line")
        for _ in 0..<3 {
            var result: CheckResult?
            // On a busy machine the shell itself may take longer to be loaded.
            repeat {
                result = helper.run(Self.short)
            } while result?.cause.contains("is not loaded yet") == true
            #expect(result == CheckResult(.unknown, Self.starting))
        }
        let result = helper.begin()
        try helper.folder.write("", to: "ready")
        #expect(result.next()?.state == .healthy)
    }

    @Test("A device that hangs is told from a start, also by a new helper")
    func hangingAtOnce() throws {
        let helper = try ScriptedHelper("read line; echo gpu 1; sleep 60")
        for _ in 0..<2 {
            var cause: String?
            // On a busy machine the shell itself may take longer to say that it is there.
            repeat { cause = helper.run(.milliseconds(300))?.cause } while cause == Self.starting
            #expect(cause?.hasPrefix("NVIDIA's driver does not answer") == true)
        }
    }

    @Test("But not for ever")
    func startingTooLong() throws {
        let helper = try ScriptedHelper(
            "echo x >> starts; read line; sleep 60", start: .milliseconds(1))
        for _ in 0..<2 { #expect(helper.run(.milliseconds(300))?.state == .unhealthy) }
        let starts = try FileDescriptor.open(helper.folder.path + "/starts").readAll(limit: 100)
        #expect(starts.count == 4)
    }

    @Test("Cancelling ends the helper, and is over when it has ended")
    func cancelling() throws {
        let helper = try ScriptedHelper("echo $$ > process; read line; sleep 60")
        let result = helper.begin()
        let file = helper.folder.path + "/process"
        var process = ""
        #expect(
            eventually {
                let bytes = (try? FileDescriptor.open(file).readAll(limit: 100)) ?? []
                process = String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
                return bytes.last == UInt8(ascii: "\n")
            })
        #expect(helper.cancel() == true)
        #expect(!FolderListing.names(in: "/proc").contains(process))
        #expect(result.count == 0)
    }

    @Test("A helper that is missing is told with what to do")
    func missing() throws {
        let folder = try TemporaryFolder()
        let settings = GPUHelperSettings(program: folder.path + "/none")
        let error = SystemCallError("start", .noSuchFile)
        #expect(
            settings.unstarted(error)
                == "\(folder.path)/none is missing: install nvml-helper beside this program, or name it with helper=PATH"
        )
        #expect(
            settings.unstarted(SystemCallError("start", .permissionDenied))
                == "\(folder.path)/none: Permission denied")
        #expect(GPUHelperSettings(device: "GPU-1").command.last == "GPU-1")
    }
}
