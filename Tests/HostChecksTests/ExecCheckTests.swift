// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CheckEngine
import CheckScheduling
import ChildProcesses
import EventLoops
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import HostChecks

@Suite("Checks by programs")
struct ExecCheckTests {
    private func shell(_ script: String, _ options: [String: [String]] = [:]) throws -> ExecCheck {
        try ExecCheck(
            nil, CheckOptions(options.merging(["command": ["/bin/sh", "-c", script]]) { $1 }))
    }

    private func result(
        _ script: String, _ options: [String: [String]] = [:]
    ) throws -> CheckResult? {
        try RunnerLoop(of: try shell(script, options)).result()
    }

    /// Processes whose command line has this word.
    private func processes(with word: String) -> Int {
        FolderListing.names(in: "/proc").filter { name in
            guard Int(name) != nil,
                let line = try? FileDescriptor.open("/proc/\(name)/cmdline").readAll(limit: 4096)
            else { return false }
            return line.split(separator: 0).contains { $0.elementsEqual(word.utf8) }
        }.count
    }

    @Test("0 is healthy, 1 is degraded, another status is unhealthy; the first line is the cause")
    func statuses() throws {
        #expect(try result("exit 0")?.state == .healthy)
        let one = try result("echo; echo '  disk is slow '; echo more; exit 1")
        #expect(one?.state == .degraded)
        #expect(one?.cause == "disk is slow")
        #expect(try result("exit 1", ["degraded-on-1": ["false"]])?.state == .unhealthy)
        let three = try result("printf '\\033[31mbroken\\n' >&2; exit 3")
        #expect(three?.state == .unhealthy)
        #expect(three?.cause == #"\x1b[31mbroken"#)
        #expect(try result("exit 3")?.cause == "it exited with status 3")
        #expect(try result("kill -TERM $$")?.cause == "it was ended by signal 15")
    }

    @Test("A program that cannot be started is unhealthy, with the reason")
    func unstarted() throws {
        let missing = try RunnerLoop(of: try ExecCheck("/no/such", CheckOptions())).result()
        #expect(missing == CheckResult(.unhealthy, "/no/such: No such file or directory"))
        let folder = try RunnerLoop(of: try ExecCheck("/tmp", CheckOptions())).result()
        #expect(folder?.cause == "/tmp: Permission denied")
    }

    @Test("A program has no input, no descriptors, no blocked or ignored signals, and a session")
    func surroundings() throws {
        let script = """
            read line && exit 9
            for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 20 50 99; do
                [ -e /proc/$$/fd/$n ] && printf '%s ' $n
            done
            grep -E 'SigBlk|SigIgn' /proc/$$/status | sed s/0000000180000000// | tr -d '\\n\\t0'
            cut -d ' ' -f 5,6 /proc/$$/stat | grep -q "^$$ $$\\$" || exit 8
            exit 7
            """
        let result = try result(script)
        // A signal would be a digit that is not 0; 32 and 33 are the C library's own.
        #expect(result?.cause == "0 1 2 SigBlk:SigIgn:")
        #expect(result?.details["exit_status"] == "7")
    }

    @Test("Cancelling ends the program and its grandchildren, and is over when they are gone")
    func cancelling() throws {
        let word = "86399.\(getpid())"
        let run = try RunnerLoop(of: try shell("sleep \(word) & sleep \(word); exit 0"))
        run.begin { _ in Issue.record("a cancelled run has no result") }
        #expect(eventually { processes(with: word) == 2 })
        #expect(run.cancel().next() == true)
        #expect(eventually { processes(with: word) == 0 })
    }

    @Test("What a program leaves behind ends with it, and delays nothing")
    func leftovers() throws {
        let word = "86398.\(getpid())"
        #expect(try result("sleep \(word) & exit 0")?.state == .healthy)
        #expect(eventually { processes(with: word) == 0 })
    }

    @Test("A flood of output neither blocks the program nor fills the memory")
    func flood() throws {
        let result = try result("head -c 3000000 /dev/zero | tr '\\0' x; exit 3")
        #expect(result?.details["exit_status"] == "3")
        #expect(result?.details["output"]?.utf8.count == 4096)
        #expect(result?.cause.hasSuffix(" [cut]") == true)
    }

    @Test("A program may close its output, and go on")
    func closed() throws {
        #expect(try result("exec >&- 2>&-; sleep 0.05; exit 1")?.state == .degraded)
    }

    @Test("The status of another child is left alone")
    func others() throws {
        let table = ChildTable.shared
        let command = ChildCommand(["/bin/sh", "-c", "exit 5"])
        let other = try table.start(command, ChildStart(.service(terminal: nil)))
        let run = try RunnerLoop(of: try shell("exit 1"))
        #expect(run.results(5).map(\.state) == .init(repeating: .degraded, count: 5))
        #expect(
            eventually {
                guard case .ended(.exited(5), _) = table.fate(of: other) else { return false }
                return true
            })
    }

    @Test("A kernel without descriptors of processes is polled", arguments: [true, false])
    func polled(usesDescriptor: Bool) throws {
        let run = try RunnerLoop { loop in
            ExecRunner(["/bin/sh", "-c", "exit 1"], on: loop, usesDescriptor: usesDescriptor) {
                ExecCheck.result($0, $1, isOneDegraded: true)
            }
        }
        #expect(run.results(3).map(\.state) == [.degraded, .degraded, .degraded])
    }

    @Test("After 1,000 runs no descriptor and no child is left")
    func thousand() throws {
        let run = try RunnerLoop(of: try ExecCheck("/bin/true", CheckOptions()))
        #expect(run.results(1000).filter { $0.state == .healthy }.count == 1000)
        let descriptors = { (word: String) in
            // Other tests of this process open sockets and files meanwhile, but none of these.
            FolderListing.names(in: "/proc/self/fd").filter { name in
                withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { place in
                    guard let base = place.baseAddress else { return false }
                    let count = readlink("/proc/self/fd/\(name)", base, place.count)
                    return count > 0 && place[..<count].starts(with: word.utf8)
                }
            }.count
        }
        #expect(eventually { descriptors("anon_inode:[pidfd]") < 20 && descriptors("pipe:") < 60 })
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func problem(_ target: String?, _ options: [String: [String]] = [:]) -> String? {
            do throws(CheckOptionError) {
                _ = try ExecCheck(target, CheckOptions(options))
                return nil
            } catch {
                return error.text
            }
        }
        #expect(problem(nil) == "target is missing: use the path of a program, or command")
        #expect(
            problem("check.sh")
                == #"target begins with "check.sh", which is no absolute path: use /usr/bin/NAME"#)
        #expect(
            problem("/bin/true", ["command": ["/bin/false"]])
                == "command is given beside a target: use one of them")
        #expect(problem("/bin/true", ["shell": ["yes"]])?.hasPrefix("shell is unknown") == true)
        #expect(problem("/bin/true", ["arg": ["-x", "-y"]]) == nil)
    }
}
