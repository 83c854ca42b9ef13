// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import SystemIO
import TestSupport
import Testing

@testable import HostChecks

@Suite("Checks of processes, memory and the system")
struct SystemChecksTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try meminfo(total: 1000, available: 500)
        try processors("100 0 100 700 100 0 0 0 50 0")
    }

    private func process(
        _ number: Int, _ name: String, state: String = "S", line: String = ""
    ) throws {
        try folder.write("\(number) (\(name)) \(state) 1 1 1 0\n", to: "proc/\(number)/stat")
        try folder.write(line, to: "proc/\(number)/cmdline")
    }

    private func meminfo(total: Int, available: Int) throws {
        try folder.write(
            "MemTotal: \(total) kB\nMemAvailable: \(available) kB\n", to: "proc/meminfo")
    }

    private func processors(_ times: String) throws {
        try folder.write("cpu  \(times)\ncpu0 1 2 3 4\n", to: "proc/stat")
    }

    private func check(
        _ target: String, _ options: [String: [String]] = [:]
    ) throws -> CheckResult {
        try ProcessCheck(target, CheckOptions(options), root: folder.path).result()
    }

    @Test("A process is found by its name, a long one by its command line")
    func names() throws {
        try process(7, "nginx", line: "nginx: master process\0")
        try process(8, "nginx", line: "nginx: worker process\0")
        try process(9, "a-program-with-", line: "/usr/sbin/a-program-with-a-long-name\0-x\0")
        try process(10, "S) R (x", line: "/bin/odd\0")
        try folder.write("not a process", to: "proc/uptime")
        #expect(try check("nginx") == CheckResult(.healthy, details: ["count": "2"]))
        #expect(try check("a-program-with-a-long-name").state == .healthy)
        #expect(try check("S) R (x").state == .healthy)
        #expect(try check("odd").state == .healthy)
        #expect(try check("redis").cause == "no process of this name runs")
        #expect(try check("nginx", ["min": ["3"]]).state == .degraded)
        #expect(
            try check("nginx", ["max": ["1"]]).cause
                == "2 processes of this name run, more than 1")
        #expect(try check("redis", ["min": ["0"], "max": ["0"]]).state == .healthy)
    }

    @Test("One that has ended does not run; one that is stopped is unhealthy")
    func states() throws {
        try process(7, "worker", state: "Z")
        #expect(try check("worker").cause == "no process of this name runs")
        try process(8, "worker", state: "T")
        #expect(
            try check("worker")
                == CheckResult(
                    .unhealthy, "process 8 is stopped", details: ["count": "1"]))
    }

    @Test("A file with a number is believed when that process runs, and is the program")
    func files() throws {
        #expect(try check("/run/x.pid").cause == "its file is missing")
        try folder.write("\n", to: "run/x.pid")
        #expect(try check("/run/x.pid").cause == "its file has no number of a process")
        try folder.write("-1\n", to: "run/x.pid")
        #expect(try check("/run/x.pid").cause == "its file has no number of a process")
        try folder.write(" 42\n", to: "run/x.pid")
        #expect(try check("/run/x.pid").cause == "process 42 does not run")
        try process(42, "postgres", line: "/usr/lib/postgres\0")
        #expect(try check("/run/x.pid") == CheckResult(.healthy, details: ["pid": "42"]))
        #expect(try check("/run/x.pid", ["program": ["postgres"]]).state == .healthy)
        #expect(
            try check("/run/x.pid", ["program": ["nginx"]]).cause
                == #"process 42 is another program: "postgres""#)
        try process(42, "postgres", state: "Z")
        #expect(try check("/run/x.pid").cause == "process 42 does not run")
    }

    @Test("Memory is degraded from 85 % on, and unhealthy when it cannot be measured")
    func memory() throws {
        func result(_ options: [String: [String]] = [:]) throws -> CheckResult? {
            try RunnerLoop(
                of: try MemoryCheck(nil, CheckOptions(options), root: folder.path)
            ).result()
        }
        #expect(try result() == CheckResult(.healthy, details: ["memory": "50 %"]))
        try meminfo(total: 1000, available: 150)
        #expect(try result()?.state == .degraded)
        #expect(try result()?.cause == "85 % of the memory are used (limit 85 %)")
        #expect(try result(["degraded": ["10"], "unhealthy": ["80"]])?.state == .unhealthy)
        try folder.remove("proc/meminfo")
        #expect(
            try result()?.cause
                == "the memory cannot be measured: /proc/meminfo: open: No such file or directory")
    }

    @Test("The memory of the container counts when it is less than that of the machine")
    func container() throws {
        try folder.write("0::/a\n", to: "proc/self/cgroup")
        try folder.write(
            "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", to: "proc/self/mountinfo")
        try folder.write("102400\n", to: "sys/fs/cgroup/a/memory.max")
        try folder.write("92160\n", to: "sys/fs/cgroup/a/memory.current")
        let share = try MemoryUsage(root: folder.path).share.get()
        #expect(share.text == "90 %")
    }

    @Test("The CPU is what was used since the run before; nothing when no time has passed")
    func processor() throws {
        let usage = ProcessorUsage(root: folder.path) { _ in }
        #expect(try usage.shareSinceLast(orIn: .zero) == nil)
        #expect(try usage.shareSinceLast(orIn: .zero) == nil)
        // 100 ticks: 10 idle, 5 waiting for a disk.
        try processors("150 0 135 710 105 0 0 0 99 0")
        #expect(try usage.shareSinceLast(orIn: .zero)?.text == "85 %")
        // The idle time went down: corrected by the kernel.
        try processors("250 0 135 700 105 0 0 0 99 0")
        #expect(try usage.shareSinceLast(orIn: .zero)?.text == "100 %")
        try processors("1 2")
        #expect(try usage.shareSinceLast(orIn: .zero) == nil)
    }

    @Test("The first run measures the CPU, too: it looks twice")
    func firstRun() throws {
        let usage = ProcessorUsage(root: folder.path) { [self] gap in
            #expect(gap == .milliseconds(200))
            #expect(throws: Never.self) { try processors("190 0 100 710 100 0 0 0 50 0") }
        }
        let check = try SystemCheck(nil, CheckOptions(["disk": ["100"]]), root: folder.path)
        let result = check.result(
            usage, MemoryUsage(root: folder.path), firstGap: .milliseconds(200))
        #expect(result.details["cpu"] == "90 %")
        #expect(result.cause.hasPrefix("90 % of the CPU are used (limit 80 %)"))
    }

    @Test("The system is degraded by CPU, memory and disk, with each cause")
    func system() throws {
        let check = try SystemCheck(nil, CheckOptions(["disk": ["100"]]), root: folder.path)
        let (processors, usage) = (
            ProcessorUsage(root: folder.path) { _ in }, MemoryUsage(root: folder.path)
        )
        let first = check.result(processors, usage, firstGap: .zero)
        #expect(first.state == .healthy && first.details["cpu"] == "not measured")
        try self.processors("190 0 100 710 100 0 0 0 50 0")
        try meminfo(total: 1000, available: 100)
        let result = check.result(processors, usage, firstGap: .zero)
        #expect(result.state == .degraded)
        #expect(
            result.cause
                == "90 % of the CPU are used (limit 80 %); 90 % of the memory are used (limit 85 %)"
        )
        #expect(result.details["cpu"] == "90 %")
        #expect(result.details["disk"]?.hasSuffix(" %") == true)
        try self.processors("191 0 100 810 100 0 0 0 50 0")
        try meminfo(total: 1000, available: 900)
        #expect(check.result(processors, usage, firstGap: .zero).state == .healthy)
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func process(_ target: String, _ options: [String: [String]] = [:]) -> String? {
            problem { () throws(CheckOptionError) in
                try ProcessCheck(target, CheckOptions(options))
            }
        }
        #expect(
            process("run/x.pid")
                == "target is neither a name nor an absolute path: use nginx or /run/nginx.pid")
        #expect(process("x", ["min": ["2"], "max": ["1"]]) == "min is more than max")
        #expect(process("x", ["program": ["y"]])?.hasPrefix("program is unknown") == true)
        #expect(process("/x", ["min": ["2"]])?.hasPrefix("min is unknown") == true)
        let memory = problem { () throws(CheckOptionError) in
            try MemoryCheck("/", CheckOptions())
        }
        #expect(memory == "target is given, but this kind has none: leave it out")
        let system = problem { () throws(CheckOptionError) in
            try SystemCheck(nil, CheckOptions(["path": ["x"]]))
        }
        #expect(system == #"path is "x": use an absolute path"#)
    }

    @Test("A name has to have the address that is expected, soon enough")
    func addresses() throws {
        func check(_ options: [String: [String]]) throws -> DNSCheck {
            try DNSCheck("db.example.org.", CheckOptions(options))
        }
        let addresses = ["10.0.0.7", "fd00::7"].compactMap { SocketAddress(numeric: $0, port: 0) }
        let expecting = try check(["expect": ["fd00:0::7", "10.0.0.7"], "slow": ["100ms"]])
        #expect(
            expecting.result(of: addresses, took: .milliseconds(1))
                == CheckResult(.healthy, details: ["addresses": "2"]))
        #expect(expecting.result(of: addresses, took: .milliseconds(200)).state == .degraded)
        let other = try check(["expect": ["10.0.0.8"]]).result(of: addresses, took: .zero)
        #expect(other.state == .unhealthy)
        #expect(other.cause == "10.0.0.8 is not among its addresses")
    }

    @Test("Records of other types are compared as they are written")
    func records() throws {
        func check(_ record: String, _ expected: String) throws -> DNSCheck {
            try DNSCheck(
                "db.example.org", CheckOptions(["record": [record], "expect": [expected]]))
        }
        func state(_ check: DNSCheck, _ records: [String]) -> Outcome.State {
            check.result(of: records, took: .zero).state
        }
        #expect(state(try check("AAAA", "fd00:0::7"), ["fd00::8", "fd00::7"]) == .healthy)
        #expect(state(try check("A", "10.0.0.7"), ["10.0.0.8"]) == .unhealthy)
        #expect(state(try check("SRV", "DB.example.org:5432"), ["db.example.org:5432"]) == .healthy)
        #expect(state(try check("SRV", "db.example.org:5432"), ["db.example.org:80"]) == .unhealthy)
        let text = try check("TXT", "v=1\u{1b}").result(of: ["v=2"], took: .zero)
        #expect(text.cause == #"v=1\x1b is not among its TXT records"#)
        #expect(throws: CheckOptionError.self) { try check("A", "db") }
        #expect(throws: CheckOptionError.self) { try check("MX", "db") }
    }

    @Test(
        "A name server is an address, with or without a port",
        arguments: [
            ("10.0.0.2", true), ("10.0.0.2:5353", true), ("::1", true), ("[::1]:53", true),
            ("ns.example.org", false), ("10.0.0.2:0", false), ("10.0.0.2:", false),
            ("[10.0.0.2]:53", false), ("1.1.1.1,2.2.2.2", false), ("", false),
        ])
    func servers(text: String, isFine: Bool) {
        let check = try? DNSCheck("db.example.org", CheckOptions(["server": [text]]))
        #expect((check != nil) == isFine)
    }
}
