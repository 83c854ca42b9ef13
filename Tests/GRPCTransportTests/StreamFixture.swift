// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import GRPCWire
import Synchronization
import TestSupport
import Testing

/// A server with asynchronous methods of every kind, and what a test needs to steer them.
final class StreamFixture: Sendable {
    /// Told when a handler has begun.
    let begun = Mailbox<Void>()
    /// How each handler's wait, read or write ended, when it failed.
    let failures = Mailbox<Status>()
    /// What handlers report.
    let reports = Mailbox<Int>()
    let gate = Gate()
    let server: TestServer

    init(configuration: ServerConfiguration = .patient) throws {
        let (begun, failures, reports, gate) = (self.begun, self.failures, self.reports, self.gate)
        let service = TestService { table, _ in
            Self.addReaders(&table, begun, failures, reports, gate)
            Self.addWriters(&table, begun, failures, reports, gate)
        }
        server = try TestServer([service], configuration: configuration)
    }

    private static func addReaders(
        _ table: inout MethodTable, _ begun: Mailbox<Void>, _ failures: Mailbox<Status>,
        _ reports: Mailbox<Int>, _ gate: Gate
    ) {
        table.add(
            "/test.Streams/Sum", maxRequestSize: 100_000,
            .clientStreaming { requests, _ throws(Status) in
                begun.put(())
                var sizes: [UInt8] = []
                do throws(Status) {
                    while let request = try await requests.next() {
                        sizes.append(UInt8(truncatingIfNeeded: request.count))
                        reports.put(request.count)
                    }
                } catch {
                    failures.put(error)
                    throw error
                }
                return message(sizes)
            })
        table.add(
            "/test.Streams/First",
            .clientStreaming { requests, _ throws(Status) in
                message(try await requests.next() ?? [])
            })
        table.add(
            "/test.Streams/Late",
            .clientStreaming { requests, _ throws(Status) in
                begun.put(())
                await gate.wait()
                var count = 0
                while let request = try await requests.next() { count += request.count }
                reports.put(count)
                return .empty
            })
    }

    private static func addWriters(
        _ table: inout MethodTable, _ begun: Mailbox<Void>, _ failures: Mailbox<Status>,
        _ reports: Mailbox<Int>, _ gate: Gate
    ) {
        table.add(
            "/test.Streams/Echo",
            .bidiStreaming { requests, writer, _ throws(Status) in
                begun.put(())
                do throws(Status) {
                    while let request = try await requests.next() {
                        try await writer.write(message(request))
                    }
                } catch {
                    failures.put(error)
                    throw error
                }
            })
        for (path, compression) in [
            ("/test.Streams/Folded", .byHandler), ("/test.Streams/WronglyFolded", .asRequest),
        ] as [(StaticString, ResponseCompression)] {
            table.add(
                path, compression: compression,
                .bidiStreaming { requests, writer, context throws(Status) in
                    while let request = try await requests.next() {
                        let plain = message(request)
                        try await writer.write(plain.gzipped ?? plain)
                        try await writer.write(plain)
                    }
                })
        }
        table.add(
            "/test.Streams/Refuse",
            .bidiStreaming { requests, _, _ throws(Status) in
                _ = try await requests.next()
                throw Status(.aborted, "no")
            })
        table.add(
            "/test.Streams/RefuseLate",
            .bidiStreaming { requests, writer, _ throws(Status) in
                try await writer.write(message(try await requests.next() ?? []))
                _ = try await requests.next()
                throw Status(.aborted, "no")
            })
        table.add(
            "/test.Streams/Many",
            .asyncServerStreaming { request, writer, _ throws(Status) in
                begun.put(())
                var written = 0
                do throws(Status) {
                    while written < 1000 {
                        try await writer.write(message([UInt8](repeating: request[0], count: 1000)))
                        written += 1
                        reports.put(written)
                    }
                } catch {
                    failures.put(error)
                    throw error
                }
                throw Status(.outOfRange, "enough")
            })
    }

    func greetedPeer(settings: [(id: UInt16, value: UInt32)] = []) throws -> ScriptedPeer {
        try server.greetedPeer(settings: settings)
    }
}
