// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Flags
import Logging
import SkillRuntime
import SystemIO
import TLSWire
import Telemetry

/// Why the process cannot go on, in one line.
struct StartFailure: Error {
    let text: String
}

/// Wires the runtime together and runs it to its end. The main thread is the control loop.
func run(
    _ options: RuntimeOptions, warnings: [String], startTime: MonotonicTime
) throws(StartFailure) -> CInt {
    ProcessMemory.keepLittleFree()
    let logger = makeLogger(options)
    clinux_ignore_signal(SIGPIPE)  // a log nobody reads any more is no reason to die
    let fileLimit = FileDescriptor.raiseLimit()
    let certificates = try readCertificates(options)
    let upstream = try readUpstream(options)
    let orders = orders(options)
    SignalSource.block(Array(orders.keys))  // before the first thread, which inherits it

    var options = options
    let demo = options.isDemo ? try attempt("make the demo model", DemoFolder.make) : nil
    defer { demo?.remove() }
    if let demo { options.modelPath = demo.modelPath }

    let control = try attempt("make an event loop") { () throws(SystemCallError) in
        try EventLoop()
    }
    let group = try attempt("start event loops") { () throws(SystemCallError) in
        try EventLoopGroup(count: options.loops > 0 ? options.loops : EventLoopGroup.coreCount)
    }
    let runtime = try attempt("start a thread") { () throws(SystemCallError) in
        try Runtime(
            options, certificates: certificates, upstream: upstream, control: control,
            startTime: startTime, logger: logger)
    }
    try listenForOperators(runtime, options, group)
    do throws(StartFailure) {
        try listen(runtime, options, group)
    } catch {
        runtime.removeAdminSocket()
        throw error
    }
    // Not sooner: a server that cannot start says why, and nothing else.
    for warning in warnings { logger.warning("setting", metadata: ["reason": "\(warning)"]) }
    tell(logger, options, of: fileLimit)
    let signals = try attempt("receive signals") { () throws(SystemCallError) in
        try SignalSource(Array(orders.keys), on: control) { signal in
            if let order = orders[signal] { runtime.handle(order) }
        }
    }
    withExtendedLifetime(signals) { control.run() }
    return runtime.exitCode
}

/// Says so when the machine allows fewer descriptors than the settings promise connections.
func tell(_ logger: Logger, _ options: RuntimeOptions, of fileLimit: Int) {
    let wanted = options.server.maxConnections
    if wanted < fileLimit { return }
    let reason =
        "--max-connections is \(wanted), but only \(fileLimit) files may be open (ulimit -n)"
    logger.warning("setting", metadata: ["reason": "\(reason)"])
}

/// What each signal asks for. SIGHUP has its usual meaning, the end of a terminal, unless there are certificates.
func orders(_ options: RuntimeOptions) -> [CInt: Runtime.Order] {
    var orders: [CInt: Runtime.Order] = [
        SIGTERM: .terminate, SIGINT: .terminate, SIGUSR1: .reload, SIGUSR2: .toggleMaintenance,
    ]
    if options.tlsConfiguration != nil { orders[SIGHUP] = .reloadCertificates }
    return orders
}

/// The certificates that the options ask for; nil for plaintext.
func readCertificates(_ options: RuntimeOptions) throws(StartFailure) -> ServerCertificates? {
    guard let configuration = options.tlsConfiguration else { return nil }
    do throws(TLSCredentialsError) {
        return try ServerCertificates(configuration)
    } catch {
        throw StartFailure(
            text: "cannot use the certificates of --tls-cert, --tls-key or --tls-client-ca: "
                + error.text)
    }
}

/// The server that runs the model; nil when it runs here.
func readUpstream(_ options: RuntimeOptions) throws(StartFailure) -> UpstreamAccess? {
    do throws(UpstreamAccess.Failure) {
        return try UpstreamAccess.of(options)
    } catch {
        throw StartFailure(text: error.text)
    }
}

func makeLogger(_ options: RuntimeOptions) -> Logger {
    let format = LogOutput.format()
    return Logger(label: "vitals") { _ in LogOutput(level: options.logLevel, format: format) }
}

/// Starts at the first address that can be had.
func listen(
    _ runtime: Runtime, _ options: RuntimeOptions, _ group: EventLoopGroup
) throws(StartFailure) {
    guard let addresses = ListenAddress.candidates(host: options.host, port: options.port) else {
        throw StartFailure(
            text: "--host \(PrintableText.quoted(options.host)) is no address of this machine: "
                + "use an IP address or a name")
    }
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
    throw StartFailure(text: failure)
}

func listenForOperators(
    _ runtime: Runtime, _ options: RuntimeOptions, _ group: EventLoopGroup
) throws(StartFailure) {
    do throws(SystemCallError) {
        try runtime.startAdmin(on: group)
    } catch {
        let address = options.admin?.address.text ?? ""
        let reason =
            error.errno == .wouldBlock
            ? "its folder is locked (flock): is another server being started there?"
            : error.errno.text
        throw StartFailure(text: "cannot listen on --admin \(address): \(reason)")
    }
}

func attempt<Value: ~Copyable>(
    _ what: String, _ body: () throws(SystemCallError) -> Value
) throws(StartFailure) -> Value {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw StartFailure(text: "cannot \(what): \(error.text)")
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
    case .check(let options, let warnings):
        for warning in warnings {
            StandardStream.error.write("skill-runtime: warning: \(warning)\n")
        }
        do throws(StartFailure) {
            _ = try readCertificates(options)
            _ = try readUpstream(options)
            StandardStream.output.write("skill-runtime: the settings are right\n")
            return 0
        } catch {
            return refuse([error.text])
        }
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
