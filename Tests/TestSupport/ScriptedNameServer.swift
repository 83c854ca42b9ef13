// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Synchronization
import SystemIO

/// A name server whose answers a test sets: records of one type for every name. Ends with the test.
package final class ScriptedNameServer: Sendable {
    /// What is answered.
    package enum Answer: Sendable {
        /// Data of records with their time to live, in seconds; those of another type than the question are left out.
        case records([(type: UInt8, seconds: UInt8, data: [UInt8])])
        /// There is no such name.
        case noName
        case silence
    }

    /// Where it listens, on this machine.
    package let port: UInt16
    private let descriptor: CInt
    private let answer: Mutex<Answer>
    private let questions = Mutex(0)
    /// The first label of a name that gets no answer; nil for none.
    private let silentLabel: String?

    /// A server that gives one answer to all, but none for names that begin with the label `silentFor`.
    package init(_ answer: Answer, silentFor silentLabel: String? = nil) throws {
        self.silentLabel = silentLabel
        let any = SocketAddress(numeric: "127.0.0.1", port: 0)!
        let raw = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        descriptor = raw
        _ = any.withSocketAddress { bind(raw, $0, $1) }
        var place = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(raw, $0, &length)
            }
        }
        port = UInt16(bigEndian: place.sin_port)
        self.answer = Mutex(answer)
        try startThread(named: "names") { [weak self] in
            while let size = Self.wait(raw), size > 0 {
                guard let self else { break }
                self.reply()
            }
            close(raw)
        }
    }

    deinit { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// For the option `server`.
    package var address: String { "127.0.0.1:\(port)" }

    /// Questions so far.
    package var count: Int { questions.withLock { $0 } }

    /// Gives another answer from now on.
    package func set(_ new: Answer) { answer.withLock { $0 = new } }

    /// Waits for a question without taking it; nil when the server has ended.
    private static func wait(_ raw: CInt) -> Int? {
        var byte: UInt8 = 0
        let count = recv(raw, &byte, 1, CInt(MSG_PEEK))
        return count > 0 ? count : nil
    }

    private func reply() {
        var bytes = [UInt8](repeating: 0, count: 1500)
        var from = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &from) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                let count = recvfrom(descriptor, &bytes, bytes.count, 0, place, &length)
                questions.withLock { $0 += 1 }
                guard count > 12, let answer = response(to: Array(bytes[..<count])) else { return }
                _ = sendto(descriptor, answer, answer.count, 0, place, length)
            }
        }
    }

    private func response(to query: [UInt8]) -> [UInt8]? {
        // The question is a name, a type and a class; what follows is no part of it.
        guard let end = query[12...].firstIndex(of: 0), end + 5 <= query.count else { return nil }
        let question = query[12..<(end + 5)]
        let type = query[end + 2]
        if let silentLabel, question.dropFirst().starts(with: silentLabel.utf8) { return nil }
        switch answer.withLock({ $0 }) {
        case .silence: return nil
        case .noName: return query[..<2] + [0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0] + question
        case .records(let all):
            let records = all.filter { $0.type == type }
            let head: [UInt8] = [0x81, 0x80, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
            var response = query[..<2] + head + question
            for record in records {
                let start: [UInt8] = [0xC0, 12, 0, record.type, 0, 1, 0, 0, 0, record.seconds, 0]
                response += start + [UInt8(record.data.count)] + record.data
            }
            return Array(response)
        }
    }
}
