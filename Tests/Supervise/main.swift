// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import EventLoops
import Supervision
import SystemIO

// A program that supervises a command and does nothing else: `supervise [NAME=VALUE...] COMMAND...`. Its news go to
// descriptor 9, if that is open.

func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(9, bytes, bytes.count)
}

func main() -> CInt {
    var policy = SupervisionPolicy()
    var adopts = true
    var first = 1
    for argument in ProgramArguments.all {
        guard let equals = argument.firstIndex(of: "=") else { break }
        let value = String(argument[argument.index(after: equals)...])
        switch argument[..<equals] {
        case "restart": policy.restart = RestartPolicy(rawValue: value) ?? .no
        case "stop-signal": policy.stopSignal = CInt(value) ?? SIGTERM
        case "stop-timeout": policy.stopTimeout = .milliseconds(Int64(value) ?? 0)
        case "first-wait": policy.backoff.first = .milliseconds(Int64(value) ?? 0)
        case "group": policy.signalsGroup = true
        case "all": policy.waitsForAll = true
        case "alone": adopts = false
        default: return 2
        }
        first += 1
    }
    Supervisor.prepare(adoptsOrphans: adopts)
    guard let command = ChildCommand(argumentsFrom: first), let loop = try? EventLoop() else {
        return 2
    }
    let supervisor = Supervisor(
        SupervisedCommand(command), policy, on: loop, news: { say("\($0)") }, exit: { exit($0) })
    do { try supervisor.start() } catch { return 3 }
    loop.run()
    return 3
}

exit(main())
