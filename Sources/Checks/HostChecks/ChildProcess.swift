// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
package import ChildProcesses
package import EventLoops
package import SystemIO

/// A program that was started in a process group of its own. Belongs to the loop, which it never blocks, and which keeps it
/// until it is over.
///
/// It is over when the program has ended: what is left of its group is killed then.
package final class ChildProcess {
    /// A program that runs: its number, and our ends of its input and output.
    package struct Started: Sendable {
        let process: CInt
        /// Nil when it has no input.
        let input: CInt?
        let output: CInt
        /// Readable when it has ended; nil where the kernel has no such descriptors.
        let end: CInt?
    }

    private let loop: EventLoop
    private let process: CInt
    private let inputDescriptor: FileDescriptor?
    private let outputDescriptor: FileDescriptor
    private let endDescriptor: FileDescriptor?
    private var registrations: [EventLoop.Registration] = []
    private var outputRegistration: EventLoop.Registration?
    private var outputTimer: TimerID?
    private let onOutput: ((UnsafeRawBufferPointer) -> Void)?
    private var output = ChildOutput()
    private var end: ProcessEnd?
    private var completion: ((ProcessEnd, ChildOutput) -> Void)?

    /// Between two looks at a program that no descriptor tells of.
    private static let pollGap = Duration.milliseconds(10)
    /// Between two reads of output that is not kept, so that a flood is slowed down and does not hold the loop.
    private static let dropGap = Duration.milliseconds(2)
    private static let chunkSize = 64 << 10

    /// Starts a program without input; blocks while it is loaded. `usesDescriptor` is false in tests of older kernels.
    static func start(
        _ command: [String], usesDescriptor: Bool = true
    ) throws(SystemCallError) -> Started {
        try start(command, input: (nil, nil), usesDescriptor: usesDescriptor)
    }

    /// Starts a program that is written to; blocks while it is loaded.
    package static func startWithInput(_ command: [String]) throws(SystemCallError) -> Started {
        // A socket, not a pipe: writing to one that is not read any more need not be a signal.
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        _ = try systemCall("socketpair") { Int(socketpair(AF_UNIX, kind, 0, &ends)) }
        let reading = FileDescriptor(owning: ends[0])
        let writing = FileDescriptor(owning: ends[1])
        let started = try start(command, input: (reading.rawValue, writing.rawValue))
        _ = writing.release()
        return started
    }

    private static func start(
        _ command: [String], input: (theirs: CInt?, ours: CInt?), usesDescriptor: Bool = true
    ) throws(SystemCallError) -> Started {
        var ends: [CInt] = [-1, -1]
        _ = try systemCall("pipe") { Int(clinux_pipe(&ends)) }
        let reading = FileDescriptor(owning: ends[0])
        let writing = FileDescriptor(owning: ends[1])
        var start = ChildStart(.tool(output: writing.rawValue, input: input.theirs))
        start.endsGroup = true
        let process: CInt
        do throws(ChildStartError) {
            process = try ChildTable.shared.start(ChildCommand(command), start)
        } catch {
            throw error.failure
        }
        let end = usesDescriptor ? clinux_process_descriptor(process) : -1
        return Started(
            process: process, input: input.ours, output: reading.release(),
            end: end < 0 ? nil : end)
    }

    /// Follows a program that runs until it has ended: then `completion` is called, once, on the loop. With `onOutput`, that
    /// is told what it writes, and nothing is kept.
    package init(
        _ started: Started, on loop: EventLoop, onOutput: ((UnsafeRawBufferPointer) -> Void)? = nil,
        _ completion: @escaping (ProcessEnd, ChildOutput) -> Void
    ) {
        self.loop = loop
        self.onOutput = onOutput
        self.completion = completion
        process = started.process
        inputDescriptor = Self.owned(started.input)
        outputDescriptor = FileDescriptor(owning: started.output)
        endDescriptor = Self.owned(started.end)
        watchOutput()
        guard let end = started.end else {
            pollLater()
            return
        }
        do throws(SystemCallError) {
            // Until it has ended, also when its owner is gone: otherwise it would stay a zombie.
            let handler = ReadyAction { _ = self.look() }
            registrations.append(try loop.register(end, .readable, handler))
        } catch {
            pollLater()
        }
    }

    private static func owned(_ descriptor: CInt?) -> FileDescriptor? {
        guard let descriptor else { return nil }
        return FileDescriptor(owning: descriptor)
    }

    /// Writes to its input; false when there is no room, or when it does not read any more.
    package func write(_ bytes: [UInt8]) -> Bool {
        switch inputDescriptor {
        case .none: return false
        case .some(let descriptor):
            let flags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
            return bytes.withUnsafeBytes {
                send(descriptor.rawValue, $0.baseAddress, $0.count, flags) == $0.count
            }
        }
    }

    /// Ends the program and its whole group at once.
    package func kill() {
        ChildTable.shared.killGroup(of: process)
    }

    // MARK: The end

    private func pollLater() {
        _ = loop.schedule(at: .now() + Self.pollGap) {
            if !self.look() { self.pollLater() }
        }
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
        // What a pipe holds at most: one that has left the group may still write.
        for _ in 0..<16 where !output.isFull {
            guard readOutput() else { break }
        }
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
            let bytes = UnsafeRawBufferPointer(rebasing: place[..<count])
            if let onOutput { onOutput(bytes) } else { output.append(bytes) }
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
