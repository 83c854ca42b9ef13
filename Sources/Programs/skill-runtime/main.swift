// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import HostMemory
import Logging
import Models
import SkillRuntime
import SystemIO
import TLSWire
import Telemetry

/// Wires the runtime together and runs it to its end. The main thread is the control loop.
func run(
    _ options: RuntimeOptions, warnings: [String], startTime: MonotonicTime
) throws(StartFailure) -> CInt {
    ProcessMemory.limitFreeMemory()
    let logger = makeLogger(options)
    let signals = SignalOrders()
    SignalOrders.ignoreOthers()
    let fileLimit = FileDescriptor.raiseLimit()
    let certificates = try options.readCertificates()
    let upstream = try options.readUpstream()
    SignalSource.block(signals.numbers)  // before the first thread, which inherits it

    var options = options
    if options.isDemo { options.modelPath = try attempt("make the demo model", DemoFile.make) }

    let control = try attempt("make an event loop") { () throws(SystemCallError) in
        try EventLoop()
    }
    let group = try attempt("start event loops") { () throws(SystemCallError) in
        try EventLoopGroup(count: options.loops > 0 ? options.loops : EventLoopGroup.coreCount)
    }
    let shortage = options.fitConnections(toDescriptors: fileLimit, loops: group.loops.count)
    let runtime = try attempt("start a thread") { () throws(SystemCallError) in
        try Runtime(
            options, certificates: certificates, upstream: upstream, control: control,
            startTime: startTime, logger: logger)
    }
    do throws(StartFailure) {
        try listenBeside("--admin", options.admin) { () throws(SystemCallError) in
            try runtime.startAdmin(on: group)
        }
        try listenBeside("--health-addr", options.healthAddress, runtime.startHealth)
        try listen(runtime, options, group)
    } catch {
        runtime.removeSockets()
        throw error
    }
    // Not sooner: a server that cannot start says why, and nothing else.
    for warning in warnings { logger.warning("setting", metadata: ["reason": "\(warning)"]) }
    if let shortage { logger.warning("setting", metadata: ["reason": "\(shortage)"]) }
    let source = try attempt("receive signals") { () throws(SystemCallError) in
        try SignalSource(signals.numbers, on: control) { number in
            if let order = signals.order(for: number) { runtime.handle(order) }
        }
    }
    withExtendedLifetime(source) { control.run() }
    return runtime.exitCode
}

func makeLogger(_ options: RuntimeOptions) -> Logger {
    let format = LogOutput.format()
    return Logger(label: "vitals") { _ in LogOutput(level: options.logLevel, format: format) }
}

/// Starts at the first address that can be had.
func listen(
    _ runtime: Runtime, _ options: RuntimeOptions, _ group: EventLoopGroup
) throws(StartFailure) {
    let addresses = try options.listenAddresses()
    var failure = ""
    for address in addresses {
        do throws(SystemCallError) {
            return try runtime.start(on: group, at: address)
        } catch {
            failure = "cannot listen on \(address.text): \(error.errno.text)"
            if error.errno == .addressInUse { failure += ": choose another with --port" }
            if error.errno != .addressFamilyNotSupported && error.errno != .addressNotAvailable {
                break
            }
        }
    }
    throw StartFailure(failure)
}

func listenBeside(
    _ flag: String, _ address: SideAddress?, _ start: () throws(SystemCallError) -> Void
) throws(StartFailure) {
    do throws(SystemCallError) {
        try start()
    } catch {
        let reason =
            error.errno == .wouldBlock
            ? "\(address?.lockPath ?? "") is locked: is another server being started there?"
            : error.errno.text
        throw StartFailure("cannot listen on \(flag) \(address?.address.text ?? ""): \(reason)")
    }
}

func attempt<Value: ~Copyable>(
    _ what: String, _ body: () throws(SystemCallError) -> Value
) throws(StartFailure) -> Value {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw StartFailure("cannot \(what): \(error.text)" + hint(error))
    }
}

/// What is likely behind an error whose text does not say so.
func hint(_ error: SystemCallError) -> String {
    switch error {
    case SystemCallError("pthread_create", .notPermitted):
        ": a seccomp profile may be older than clone3: update Docker (to 20.10.10), containerd or libseccomp"
    case SystemCallError("pthread_create", .wouldBlock):
        ": the limit of threads may be reached (pids.max of the control group, ulimit -u)"
    case SystemCallError("stat", .noSuchFile):  // of the demo model
        ": is /proc mounted? --model PATH does without"
    default: ""
    }
}

/// Reads the settings and does what they ask for; the process's exit code.
func main() -> CInt {
    let startTime = MonotonicTime.now()
    StandardStream.fillClosed()
    switch RuntimeInvocation(arguments: ProgramArguments.all) {
    case .printOutput(let text):
        StandardStream.output.write(text)
        return 0
    case .refuse(let problems):
        return refuse(problems)
    case .checked(let problems, let warnings):
        for warning in warnings {
            StandardStream.error.write("skill-runtime: warning: \(warning)\n")
        }
        if !problems.isEmpty { return refuse(problems) }
        StandardStream.output.write("skill-runtime: configuration OK\n")
        return 0
    case .run(let options, let warnings):
        do throws(StartFailure) {
            return try run(options, warnings: warnings, startTime: startTime)
        } catch {
            return refuse([error.text])
        }
    }
}

func refuse(_ problems: [String]) -> CInt {
    for problem in problems { StandardStream.error.write("skill-runtime: \(problem)\n") }
    return 1
}

exit(main())
