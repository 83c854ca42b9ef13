// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import GRPCTransport
import GRPCWire
import Logging
import Synchronization
import SystemIO
import TestSupport
import Testing

@testable import OTLPExport

@Suite("Pushes to a collector")
struct MetricsPushTests {
    private static let path: StaticString =
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"

    /// A collector: each request goes to `requests`, and is answered with a message or a status.
    private func collector(
        _ requests: Mailbox<[UInt8]>, _ answer: @escaping @Sendable () -> Status = { .ok }
    ) throws -> TestServer {
        try TestServer([
            TestService { table, _ in
                table.add(
                    Self.path, maxRequestSize: 4 << 20,
                    .unary { bytes throws(Status) in
                        requests.put(Array(bytes))
                        let status = answer()
                        if status.code != .ok { throw status }
                        return .empty
                    })
            }
        ])
    }

    private func configuration(_ address: SocketAddress) throws -> PushConfiguration {
        let environment = PushEnvironment(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://\(address.text)"])
        return try #require(environment.configuration)
    }

    private func push(
        to address: SocketAddress, _ log: RecordedLog = RecordedLog(),
        interval: Duration = .milliseconds(100), timeout: Duration? = .seconds(10)
    ) throws -> MetricsPush {
        var configuration = try configuration(address)
        configuration.interval = interval
        configuration.timeout = timeout
        let count = Mutex(0)
        return try MetricsPush(
            configuration, version: "1", start: .now(), logger: log.logger
        ) { completion in
            let value = count.withLock { count in
                count += 1
                return count
            }
            completion([MetricFamily(.counter, "reads", help: "", .integer(value))])
        }
    }

    /// The value of the only point of a request.
    private func value(_ request: [UInt8]?) -> Message.Value? {
        request.flatMap { Message($0).message(1, 2, 2, 7, 1)?[6] }
    }

    /// Ends pushes, and waits for that.
    private func finish(_ push: MetricsPush, within time: Duration = .seconds(20)) -> Bool {
        let ended = Mailbox<Bool>()
        push.finish(by: .now() + time) { ended.put(true) }
        return ended.next() ?? false
    }

    @Test("Each push has the values of its time, and the last one comes at the end")
    func pushes() throws {
        let requests = Mailbox<[UInt8]>()
        let server = try collector(requests)
        let push = try push(to: server.address)
        for expected in UInt64(1)...3 { #expect(value(requests.next()) == .fixed64(expected)) }
        #expect(finish(push))
        let last = push.counters.values.delivered
        #expect(last >= 4)
        var values: [Message.Value?] = []
        while requests.count > 0 { values.append(value(requests.next())) }
        #expect(values.last == .fixed64(UInt64(last)))
    }

    @Test(
        "Many series are several requests, each larger than HTTP/2's windows, in gzip, too",
        arguments: [
            false, true,
        ])
    func manySeries(usesGzip: Bool) throws {
        let requests = Mailbox<[UInt8]>()
        let server = try collector(requests)
        var configuration = try configuration(server.address)
        configuration.usesGzip = usesGzip
        configuration.interval = .seconds(3600)
        var family = MetricFamily(.gauge, "series", help: "")
        // A server of ours takes gzip that becomes 14 times as long at most.
        var random = SplitMix64(seed: 7)
        for number in 0..<20_000 {
            let digits = (0..<6).map { _ in
                String(UInt64.random(in: 0...UInt64.max, using: &random), radix: 16)
            }
            family.add(.integer(number), MetricLabel("digits", digits.joined()))
        }
        let log = RecordedLog()
        let push = try MetricsPush(
            configuration, version: "1", start: .now(), logger: log.logger
        ) { [family] in $0([family]) }
        // The first one is the last one: there was no time for another.
        #expect(finish(push))
        #expect(log.lines == ["metrics are pushed"])
        var values: [Message.Value?] = []
        #expect(requests.count > 1)
        while requests.count > 0, let request = requests.next() {
            #expect(request.count <= MetricsBatches.sizeLimit)
            values += (Message(request).message(1, 2, 2, 5)?.messages(1) ?? []).map { $0[6] }
        }
        let isWhole = values == (0..<20_000).map { .fixed64($0) }
        #expect(isWhole)
    }

    @Test("A push that fails is repeated with newer values; failures are counted, and told once")
    func failures() throws {
        let requests = Mailbox<[UInt8]>()
        let left = Mutex(3)
        let server = try collector(requests) {
            left.withLock { left in
                left -= 1
                return left >= 0 ? Status(.unavailable, "not yet") : .ok
            }
        }
        let log = RecordedLog()
        let push = try push(to: server.address, log)
        for expected in UInt64(1)...4 { #expect(value(requests.next()) == .fixed64(expected)) }
        #expect(finish(push))
        #expect(push.counters.values.failed == 3)
        #expect(
            log.lines == [
                "metrics are pushed", "metrics were not pushed: UNAVAILABLE: not yet",
                "metrics are pushed again",
            ])
        #expect(push.counters.families[0].points[1].value == .integer(3))
    }

    @Test("A collector that is not there is told once, and the end does not wait for it")
    func away() throws {
        let log = RecordedLog()
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: 1))
        let push = try push(to: address, log)
        #expect(eventually { push.counters.values.failed > 0 })
        #expect(finish(push))
        #expect(log.lines.count == 2)
        #expect(log.lines[1].hasPrefix("metrics were not pushed: connect: 127.0.0.1:1 refused"))
    }

    @Test("A collector that does not answer is given up at the deadline")
    func hangs() throws {
        let requests = Mailbox<[UInt8]>()
        let server = try TestServer([
            TestService { table, _ in
                table.add(
                    Self.path,
                    .asyncUnary { message, _ throws(Status) in
                        requests.put(message)
                        try? await Task.sleep(for: .seconds(3600))
                        return .empty
                    })
            }
        ])
        let log = RecordedLog()
        let push = try push(to: server.address, log, timeout: .milliseconds(200))
        #expect(requests.next() != nil)
        // It is counted before it is told.
        #expect(eventually { log.lines.last?.contains("has not answered in time") == true })
        #expect(push.counters.values.failed > 0)
        #expect(finish(push, within: .milliseconds(300)))
        #expect(push.counters.values.delivered == 0)
    }

    @Test("Values that do not come are told, and the end does not wait for them")
    func stuckSource() throws {
        var configuration = try #require(
            PushEnvironment(["OTEL_METRICS_EXPORTER": "otlp"]).configuration)
        configuration.interval = .milliseconds(100)
        configuration.timeout = .milliseconds(100)
        let log = RecordedLog()
        let push = try MetricsPush(
            configuration, version: "1", start: .now(), logger: log.logger
        ) { _ in }
        // It is counted before it is told.
        #expect(eventually { log.lines.last?.contains("could not be read in time") == true })
        #expect(push.counters.values.failed > 0)
        #expect(finish(push))
    }
}
