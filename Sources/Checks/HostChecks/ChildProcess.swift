// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcesses
import EventLoops
import SystemIO

/// A program that was started in a process group of its own. Belongs to the loop, which it never blocks.
///
/// It is over when the program has ended: what is left of its group is killed then.
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
    private var end: ProcessEnd?
    private var completion: ((ProcessEnd, ChildOutput) -> Void)?

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
        var start = ChildStart(.tool(output: writing.rawValue))
        start.endsGroup = true
        let process: CInt
        do throws(ChildStartError) {
            process = try ChildTable.shared.start(ChildCommand(command), start)
        } catch {
            throw error.failure
        }
        let end = usesDescriptor ? clinux_process_descriptor(process) : -1
        return Started(process: process, output: reading.release(), end: end < 0 ? nil : end)
    }

    /// Follows a program that runs until it has ended: then `completion` is called, once, on the loop.
    init(
        _ started: Started, on loop: EventLoop,
        _ completion: @escaping (ProcessEnd, ChildOutput) -> Void
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
            let handler = ReadyAction { [weak self] in _ = self?.look() }
            registrations.append(try loop.register(end, .readable, handler))
        } catch {
            poll()
        }
    }

    /// Ends the program and its whole group at once.
    func kill() {
        ChildTable.shared.killGroup(of: process)
    }

    // MARK: The end

    private func poll() {
        if look() { return }
        timer = loop.schedule(at: .now() + Self.pollGap) { [weak self] in self?.poll() }
    }

    private func look() -> Bool {
        guard end == nil, case .ended(let end, _) = ChildTable.shared.fate(of: process) else {
            return false
        }
        self.end = end
        for registration in registrations { loop.deregister(registration) }
        registrations = []
        finish()
        return true
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
