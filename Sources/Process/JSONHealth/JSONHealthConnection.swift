// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// One client of the JSON socket. It holds at most a read's bytes and one answer: a client that does not read is not read
/// from. Belongs to its loop.
final class JSONHealthConnection: EventHandler {
    /// Bytes of a line.
    static let lineLimit = 4096
    private static let readSize = 4096

    private let descriptor: FileDescriptor
    private let loop: EventLoop
    private let report: () -> any JSONHealthDocument
    private let takeHeartbeat: JSONHeartbeat.Take?
    private let order: () -> UInt64
    private let onEnd: (JSONHealthConnection) -> Void
    private var registration: EventLoop.Registration?
    private var interest = Readiness.readable
    private var reader = LineReader(limit: lineLimit)
    private var budget: LineBudget
    private var output: [UInt8] = []
    /// The client sends no more, or nothing that it sends is read.
    private var isEnding = false
    private var isPaused = false
    /// The place in time of what was done for it last.
    private(set) var lastActivity: UInt64

    /// Serves a client from now on. `order` grows with each call, of all clients. `onEnd` is called when it has gone.
    init(
        _ descriptor: consuming FileDescriptor, on loop: EventLoop,
        report: @escaping () -> any JSONHealthDocument,
        takeHeartbeat: JSONHeartbeat.Take? = nil, order: @escaping () -> UInt64,
        onEnd: @escaping (JSONHealthConnection) -> Void
    ) throws(SystemCallError) {
        self.descriptor = descriptor
        self.loop = loop
        self.report = report
        self.takeHeartbeat = takeHeartbeat
        self.order = order
        self.onEnd = onEnd
        budget = LineBudget(at: loop.now)
        lastActivity = order()
        registration = try loop.register(self.descriptor.rawValue, interest, self)
    }

    func ready(_ readiness: Readiness) {
        // It waits for nothing then: the peer has gone, and no answer would be read.
        if isPaused { return close() }
        do throws(SystemCallError) {
            if try advance(), !isEnding { try receive() }
        } catch {
            close()
        }
    }

    /// Ends the connection. What the kernel has taken still reaches the client.
    func close() {
        guard let registration else { return }
        loop.deregister(registration)
        self.registration = nil
        onEnd(self)
    }

    private func receive() throws(SystemCallError) {
        let transfer = try withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 1) {
            buffer throws(SystemCallError) in
            let transfer = try descriptor.receive(into: buffer)
            if case .bytes(let count) = transfer {
                reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return transfer
        }
        switch transfer {
        case .wouldBlock: return
        case .bytes: break
        case .endOfFile:
            reader.end()
            isEnding = true
        }
        _ = try advance()
    }

    /// Answers the lines that are there, one after the other; true when the client has to send more.
    private func advance() throws(SystemCallError) -> Bool {
        guard registration != nil, !isPaused, try flush() else { return false }
        while true {
            switch reader.next() {
            case .incomplete:
                if isEnding {
                    close()
                    return false
                }
                try want(.readable)
                return true
            case .tooLong:
                isEnding = true
                reader = LineReader(limit: Self.lineLimit)
                output = Self.line(JSONHealthAnswer.text(.tooLong(Self.lineLimit)))
            case .line(let line) where line.isEmpty: break
            case .line(let line):
                output = Self.line(JSONHealthAnswer.text(to: line, taking: takeHeartbeat, report))
            }
            lastActivity = order()
            guard try flush() else { return false }
            guard budget.pay(at: loop.now) else {
                try pause()
                return false
            }
        }
    }

    private static func line(_ text: String) -> [UInt8] { Array(text.utf8) + [UInt8(ascii: "\n")] }

    /// True when the kernel has taken all.
    private func flush() throws(SystemCallError) -> Bool {
        while !output.isEmpty {
            let transfer = try output.withUnsafeBufferPointer { bytes throws(SystemCallError) in
                try descriptor.send(UnsafeRawBufferPointer(bytes))
            }
            guard case .bytes(let count) = transfer else {
                try want(.writable)
                return false
            }
            output.removeFirst(count)
        }
        return true
    }

    /// Reads no more until the client has earned another line.
    private func pause() throws(SystemCallError) {
        isPaused = true
        try want([])
        _ = loop.schedule(at: budget.next) { [weak self] in self?.resume() }
    }

    private func resume() {
        isPaused = false
        do throws(SystemCallError) {
            _ = try advance()
        } catch {
            close()
        }
    }

    private func want(_ interest: Readiness) throws(SystemCallError) {
        guard let registration, interest != self.interest else { return }
        self.interest = interest
        try loop.modify(registration, interest)
    }
}
