// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CoreMetrics
import EventLoops
import HostMemory
import Logging
import Models
import ServiceNotify
import Settings
package import SystemIO
import Telemetry

/// A skill runtime as a process, from its settings to its exit code. The main thread is the control loop.
package final class App {
    private let options: RuntimeOptions
    private let warnings: [String]
    private let logger: Logger
    private let signals: SignalCommands
    private let control: EventLoop
    private let workers: EventLoopGroup
    private let runtime: Runtime

    /// Prepares the process, reads the files that the settings name, and makes the loops. `warnings` are for the log.
    package init(
        _ options: RuntimeOptions, warnings: [String], startTime: MonotonicTime
    ) throws(StartFailure) {
        var (options, warnings) = (options, warnings)
        ProcessMemory.limitFreeMemory()
        logger = Self.makeLogger(options)
        signals = SignalCommands()
        SignalCommands.ignoreOthers()
        let fileLimit = FileDescriptor.raiseLimit()
        let manager = Self.takeServiceManager(&warnings)
        let certificates = try options.readCertificates()
        let upstream = try options.readUpstream()
        let registryToken = try options.readRegistryToken()
        SignalSource.block(signals.numbers)  // before the first thread, which inherits it

        if options.models.isDemo {
            options.models.path = try attempt("make the demo model", DemoFile.make)
        }
        control = try attempt("make an event loop") { () throws(SystemCallError) in
            try EventLoop()
        }
        let loopCount = options.network.loops > 0 ? options.network.loops : EventLoopGroup.coreCount
        workers = try attempt("start event loops") { () throws(SystemCallError) in
            try EventLoopGroup(count: loopCount)
        }
        if let shortage = options.fitConnections(toDescriptors: fileLimit, loops: loopCount) {
            warnings.append(shortage)
        }
        runtime = try attempt("start a thread") { [control, logger] () throws(SystemCallError) in
            try Runtime(
                options, certificates: certificates, upstream: upstream,
                registryToken: registryToken,
                serviceManager: manager, control: control, startTime: startTime, logger: logger)
        }
        self.options = options
        self.warnings = warnings
    }

    /// Listens at the addresses beside the port, then at the port.
    package func start() throws(StartFailure) {
        do throws(StartFailure) {
            try listen("--admin", options.network.admin) { () throws(SystemCallError) in
                try runtime.startAdmin(on: workers)
            }
            try listen("--http-addr", options.network.http) { () throws(SystemCallError) in
                try runtime.startHTTP(on: workers)
            }
            try listen("--health-addr", options.network.health, runtime.startHealth)
            try listen("--json-socket", options.network.json) { () throws(SystemCallError) in
                try runtime.startJSON(on: workers)
            }
            try listenAtPort()
        } catch {
            runtime.sideServers.removeSockets()
            throw error
        }
        // Not sooner: a server that cannot start logs the reason only.
        for warning in warnings {
            logger.warning("a setting needs attention", metadata: ["reason": "\(warning)"])
        }
    }

    /// What is counted by swift-metrics anywhere in the process appears on the page of metrics from now on. Once in a
    /// process.
    package func bootstrapMetrics() { MetricsSystem.bootstrap(runtime.metrics.registry) }

    /// Serves until a signal ends it; the process's exit code.
    package func run() throws(StartFailure) -> CInt {
        let source = try attempt("receive signals") { () throws(SystemCallError) in
            try SignalSource(signals.numbers, on: control) { [signals, runtime] number in
                if let command = signals.command(for: number) { runtime.carryOut(command) }
            }
        }
        withExtendedLifetime(source) { control.run() }
        return runtime.exitCode
    }

    /// The service manager that wants to be notified. Its variables go: they are not for children.
    private static func takeServiceManager(_ warnings: inout [String]) -> NotifySettings? {
        let environment = ProgramEnvironment.variables(NotifySettings.variables.contains)
        for name in environment.keys { ProgramEnvironment.remove(name) }
        do throws(NotifySettingsError) {
            return try NotifySettings(environment, pid: getpid())
        } catch {
            warnings.append("the service manager is not notified: \(error.text)")
            return nil
        }
    }

    private static func makeLogger(_ options: RuntimeOptions) -> Logger {
        let format = LogOutput.format()
        return Logger(label: "vitals") { _ in LogOutput(level: options.logLevel, format: format) }
    }
}

extension App {
    /// At the first of the addresses that works.
    private func listenAtPort() throws(StartFailure) {
        var tried = ""
        let addresses = try options.listenAddresses()
        do throws(SystemCallError) {
            try ListenAddress.first(of: addresses) { address throws(SystemCallError) in
                tried = address.text
                try runtime.start(on: workers, at: address)
            }
        } catch {
            let hint = error.errno == .addressInUse ? ": choose another with --port" : ""
            throw StartFailure("cannot listen on \(tried): \(error.errno.text)\(hint)")
        }
    }

    private func listen(
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
}

private func attempt<Value: ~Copyable>(
    _ what: String, _ body: () throws(SystemCallError) -> Value
) throws(StartFailure) -> Value {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw StartFailure("cannot \(what): \(error.text)" + hint(error))
    }
}

/// The likely cause of an error whose text does not name it.
private func hint(_ error: SystemCallError) -> String {
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
