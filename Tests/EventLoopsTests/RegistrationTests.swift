// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO
import TestSupport
import Testing

@Suite("Registrations of a loop")
struct RegistrationTests {
    @Test("A handler that is deregistered by another gets no event of this tick")
    func staleEvent() throws {
        let loop = try EventLoop()
        let pipes = try [Pipe(), Pipe()]
        let recorders = [Recorder(), Recorder()]
        var registrations: [EventLoop.Registration] = []
        for index in 0..<2 {
            recorders[index].onReady = { [unowned loop] _ in
                pipes[index].take()
                loop.deregister(registrations[1 - index])
                loop.stop()
            }
            registrations.append(
                try loop.register(pipes[index].reader, .readable, recorders[index]))
            pipes[index].put()
        }
        loop.run()
        #expect(recorders[0].count + recorders[1].count == 1)
    }

    @Test("The event of a slot's earlier owner does not reach the next one")
    func reusedSlot() throws {
        let loop = try EventLoop()
        let pipes = try [Pipe(), Pipe(), Pipe()]
        let recorders = [Recorder(), Recorder(), Recorder()]
        let next = recorders[2]
        var registrations: [EventLoop.Registration] = []
        for index in 0..<2 {
            recorders[index].onReady = { [unowned loop] _ in
                pipes[index].take()
                loop.deregister(registrations[1 - index])
                // Takes the slot whose event is on its way.
                _ = try? loop.register(pipes[2].reader, .readable, next)
                loop.stop()
            }
            registrations.append(
                try loop.register(pipes[index].reader, .readable, recorders[index]))
            pipes[index].put()
        }
        loop.run()
        #expect(recorders.map(\.count).reduce(0, +) == 1 && recorders[2].count == 0)
    }

    @Test("The loop holds a handler until it is deregistered")
    func lifetime() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        weak var recorder: Recorder?
        let registration = try {
            let new = Recorder()
            recorder = new
            return try loop.register(pipe.reader, .readable, new)
        }()
        #expect(recorder != nil)
        loop.deregister(registration)
        #expect(recorder == nil)
        loop.deregister(registration)
        try loop.modify(registration, .writable)
    }

    @Test("What a handler wants to know can be changed")
    func modify() throws {
        let loop = try EventLoop()
        let pipe = try Pipe()
        let reader = Recorder()
        let writer = Recorder()
        pipe.put()
        let registration = try loop.register(pipe.reader, [], reader)
        var writing: EventLoop.Registration?
        writer.onReady = { [unowned loop] readiness in
            #expect(readiness == .writable)
            try? loop.modify(registration, .readable)
            if let writing { loop.deregister(writing) }
        }
        reader.onReady = { [unowned loop] readiness in
            #expect(readiness == .readable)
            loop.stop()
        }
        writing = try loop.register(pipe.writer, .writable, writer)
        loop.run()
        #expect(reader.count == 1 && writer.count == 1)
    }

    @Test("A peer that is gone is reported to every handler")
    func broken() throws {
        let loop = try EventLoop()
        var raw: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &raw) == 0)
        let descriptor = FileDescriptor(owning: raw[0])
        let recorder = Recorder()
        recorder.onReady = { [unowned loop] readiness in
            #expect(!readiness.isDisjoint(with: .broken))
            loop.stop()
        }
        _ = try loop.register(descriptor.rawValue, [], recorder)
        close(raw[1])
        loop.run()
        #expect(recorder.count >= 1)
    }

    @Test("What cannot be waited for is refused, and leaves no slot behind")
    func refused() throws {
        let loop = try EventLoop()
        let file = try FileDescriptor.open("/proc/self/status")
        #expect(throws: SystemCallError("epoll_ctl", .notPermitted)) {
            _ = try loop.register(file.rawValue, .readable, Recorder())
        }
        let pipe = try Pipe()
        let recorder = Recorder()
        recorder.onReady = { [unowned loop] _ in loop.stop() }
        _ = try loop.register(pipe.reader, .readable, recorder)
        pipe.put()
        loop.run()
        #expect(recorder.count == 1)
    }

    @Test("More descriptors than one wait reports are all told of")
    func many() throws {
        let loop = try EventLoop()
        let pipes = try (0..<400).map { _ in try Pipe() }
        var left = Set(0..<400)
        for (index, pipe) in pipes.enumerated() {
            let recorder = Recorder()
            recorder.onReady = { [unowned loop] _ in
                pipe.take()
                left.remove(index)
                if left.isEmpty { loop.stop() }
            }
            _ = try loop.register(pipe.reader, .readable, recorder)
            pipe.put()
        }
        loop.run()
        #expect(left.isEmpty)
    }
}
