// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO

/// A program that was started in a process group of its own. Belongs to the loop, which it never blocks.
///
/// It is over when the program has ended: what is left of its group is killed then, and what of that falls to us is waited
/// for, as it does when this process is the first one of a container. No other child's status is taken.
final class ChildProcess {
    /// A program that runs: its number, and the reading end of its output.
    struct Started: Sendable {
        let process: CInt
        let output: CInt
        /// Readable when it has ended; nil where the kernel has no such descriptors.
        let end: CInt?
    }

    private let loop: EventLoop
    private let process: CInt
    private let outputDescriptor: FileDescriptor
    private let endDescriptor: FileDescriptor?
    private var registrations: [EventLoop.Registration] = []
    private var outputRegistration: EventLoop.Registration?
    private var timer: TimerID?
    private var outputTimer: TimerID?
    private var output = ChildOutput()
    private var end: ChildEnd?
    private var completion: ((ChildEnd, ChildOutput) -> Void)?

    /// Between two looks at a program that no descriptor tells of.
    private static let pollGap = Duration.milliseconds(10)
    /// Between two reads of output that is not kept, so that a flood is slowed down and does not hold the loop.
    private static let dropGap = Duration.milliseconds(2)
    private static let chunkSize = 64 << 10

    /// Starts a program; blocks while it is loaded. `usesDescriptor` is false in tests of older kernels.
    static func start(
        _ command: [String], usesDescriptor: Bool = true
    ) throws(SystemCallError) -> Started {
        var ends: [CInt] = [-1, -1]
        _ = try systemCall("pipe") { Int(clinux_pipe(&ends)) }
        let reading = FileDescriptor(owning: ends[0])
        let writing = FileDescriptor(owning: ends[1])
        var arguments = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        let process = CInt(
            try systemCall("start") { Int(clinux_spawn(command[0], arguments, writing.rawValue)) })
        let end = usesDescriptor ? clinux_process_descriptor(process) : -1
        return Started(process: process, output: reading.release(), end: end < 0 ? nil : end)
    }

    /// Follows a program that runs until it has ended: then `completion` is called, once, on the loop.
    init(
        _ started: Started, on loop: EventLoop,
        _ completion: @escaping (ChildEnd, ChildOutput) -> Void
    ) {
        self.loop = loop
        self.completion = completion
        process = started.process
        outputDescriptor = FileDescriptor(owning: started.output)
        if let end = started.end {
            endDescriptor = FileDescriptor(owning: end)
        } else {
            endDescriptor = nil
        }
        watchOutput()
        guard let end = started.end else {
            poll()
            return
        }
        do throws(SystemCallError) {
            let handler = ReadyAction { [weak self] in self?.ended() }
            registrations.append(try loop.register(end, .readable, handler))
        } catch {
            poll()
        }
    }

    /// Ends the program and its whole group at once.
    func kill() {
        // The group's number is not used again before the program was waited for.
        if end == nil { CLinux.kill(-process, SIGKILL) }
    }

    // MARK: The end

    private func poll() {
        if clinux_has_ended(process) != 0 { return ended() }
        timer = loop.schedule(at: .now() + Self.pollGap) { [weak self] in self?.poll() }
    }

    private func ended() {
        for registration in registrations { loop.deregister(registration) }
        registrations = []
        kill()
        wait()
    }

    private func wait() {
        while true {
            var status: CInt = 0
            let waited = try? systemCall("waitpid") { Int(waitpid(-process, &status, WNOHANG)) }
            guard let waited else { break }
            if waited == 0 {
                // Others of the group were left to us, and have been killed: they end soon.
                let next = MonotonicTime.now() + Self.pollGap
                timer = loop.schedule(at: next) { [weak self] in self?.wait() }
                return
            }
            if waited == Int(process) { end = ChildEnd(status: status) }
        }
        finish()
    }

    private func finish() {
        while !output.isFull, readOutput() {}
        stopOutput()
        let completion = completion
        self.completion = nil
        completion?(end ?? .lost, output)
    }

    // MARK: Its output

    private func watchOutput() {
        let handler = ReadyAction { [weak self] in self?.outputReady() }
        // Without it the output is read at the end, from what the pipe holds.
        outputRegistration = try? loop.register(outputDescriptor.rawValue, .readable, handler)
    }

    private func outputReady() {
        guard readOutput() else { return stopOutput() }
        guard output.isFull else { return }
        stopOutput()
        outputTimer = loop.schedule(at: .now() + Self.dropGap) { [weak self] in
            self?.outputTimer = nil
            self?.watchOutput()
        }
    }

    private func stopOutput() {
        if let outputRegistration { loop.deregister(outputRegistration) }
        if let outputTimer { loop.cancel(outputTimer) }
        outputRegistration = nil
        outputTimer = nil
    }

    /// False when nothing comes any more, or nothing is there now.
    private func readOutput() -> Bool {
        let size = output.isFull ? Self.chunkSize : ChildOutput.limit
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { place in
            guard case .bytes(let count)? = try? outputDescriptor.read(into: place) else {
                return false
            }
            output.append(UnsafeRawBufferPointer(rebasing: place[..<count]))
            return true
        }
    }
}

/// Calls an action when its descriptor is ready.
private final class ReadyAction: EventHandler {
    private let action: () -> Void

    init(_ action: @escaping () -> Void) { self.action = action }

    func ready(_ readiness: Readiness) { action() }
}
