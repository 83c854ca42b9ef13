// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import SystemIO
import TestSupport
import Testing

@testable import JSONHealth

@Suite("A client of the JSON socket")
struct JSONHealthConnectionTests {
    @Test(
        "One that does not read has one answer made at a time, and gets all of them when it reads")
    func slowReader() throws {
        let folder = try TemporaryFolder()
        let address = try #require(SocketAddress(unixPath: folder.path + "/json"))
        let listener = try FileDescriptor.listener(at: address)
        let client = FileDescriptor(owning: socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0))
        #expect(try client.connect(to: address) == .connected)
        let server = try #require(try listener.accept()).descriptor
        // The least that the kernel has: an answer or some.
        var size: CInt = 1
        setsockopt(server, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))

        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let loop = group.loops[0]
        let reports = Mailbox<Int>()
        let ended = Mailbox<Bool>()
        loop.post {
            var count = 0
            let connection = try? JSONHealthConnection(
                FileDescriptor(owning: server), on: loop,
                report: {
                    count += 1
                    reports.put(count)
                    return JSONHealthReport(
                        state: .healthy, isReady: true, acceptsRequests: true, modelsLoaded: 1,
                        memoryUsedBytes: 1, queueDepth: count, uptimeSeconds: 0)
                },
                order: { 0 },
                onEnd: { _ in ended.put(true) })
            _ = connection  // the loop holds it
        }
        let wanted = 90
        let question = #"{"type":"health_check","check_type":"Full"}"# + "\n"
        let questions = Array(String(repeating: question, count: wanted).utf8)
        try questions.withUnsafeBytes { try client.writeAll($0) }
        #expect(reports.next() == 1)
        // The loop has done what it could when it takes this.
        let made = Mailbox<Int>()
        loop.post { made.put(0) }
        _ = made.next()
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64)
        while text.count(where: { $0 == UInt8(ascii: "\n") }) < wanted {
            guard
                case .bytes(let count) = try buffer.withUnsafeMutableBytes({
                    try client.read(into: $0)
                })
            else { break }
            text += buffer[..<count]
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == wanted)
        #expect(lines.first?.contains(#""queue_depth":1,"#) == true)
        #expect(lines.last?.contains(#""queue_depth":90,"#) == true)
        client.shutdownSending()
        #expect(ended.next() == true)
    }
}
