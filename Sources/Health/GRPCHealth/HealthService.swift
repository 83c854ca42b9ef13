// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
import GRPCWire
import HealthProtocol

/// `grpc.health.v1.Health` over the statuses of a reporter.
package final class HealthService: GRPCService {
    private let reporter: HealthReporter
    private let listLimit: Int
    private let reasonAudience: ReasonAudience

    /// Serves what `reporter` says. More than `listLimit` names make List fail. Clients of `reasonAudience` are told why a
    /// name is not SERVING, by a trailer of Check.
    package init(
        _ reporter: HealthReporter, listLimit: Int = 100, reasonAudience: ReasonAudience = .none
    ) {
        self.reporter = reporter
        self.listLimit = listLimit
        self.reasonAudience = reasonAudience
    }

    package func register(in table: inout MethodTable, on loop: EventLoop) {
        let statuses = HealthTable(on: loop)
        reporter.attach(statuses, on: loop)
        let handlers = HealthHandlers(statuses, listLimit: listLimit)
        table.add(HealthMethods.check, check(handlers))
        table.add(
            HealthMethods.watch,
            .serverStreaming { request, waker throws(Status) in
                try handlers.watch(request, waker)
            })
        table.add(
            HealthMethods.list, .unary { _ throws(Status) in try handlers.list() })
    }

    private func check(_ handlers: HealthHandlers) -> MethodHandler {
        let audience = reasonAudience
        if audience == .none {
            return .unary { request throws(Status) in try handlers.check(request) }
        }
        return .unaryWithTrailers { request, origin throws(Status) in
            let (answer, reason) = try handlers.checkWithReason(request)
            guard let reason, audience == .all || origin.isLocal else { return (answer, nil) }
            return (answer, ReasonTrailers.fields(reason))
        }
    }
}

/// The methods of one loop. Belongs to the loop.
private final class HealthHandlers {
    private let statuses: HealthTable
    private let listLimit: Int
    private let messages = StatusMessages()

    init(_ statuses: HealthTable, listLimit: Int) {
        self.statuses = statuses
        self.listLimit = listLimit
    }

    func check(_ request: UnsafeRawBufferPointer) throws(Status) -> EncodedMessage {
        let name = try HealthCheckRequest.decode(request)
        guard let status = statuses.status(of: name) else {
            throw Self.unknown(name)
        }
        return messages[status]
    }

    func checkWithReason(
        _ request: UnsafeRawBufferPointer
    ) throws(Status) -> (EncodedMessage, HealthReason?) {
        let name = try HealthCheckRequest.decode(request)
        guard let answer = statuses.answer(of: name) else { throw Self.unknown(name) }
        return (messages[answer.status], answer.reason)
    }

    func watch(
        _ request: UnsafeRawBufferPointer, _ waker: CallWaker
    ) throws(Status) -> any MessageSource {
        let name = try HealthCheckRequest.decode(request)
        if !Self.isText(name) { throw Self.notText }
        let watcher = Watcher(
            name: [UInt8](name), waker: waker, table: statuses, messages: messages)
        watcher.start()
        return watcher
    }

    func list() throws(Status) -> EncodedMessage {
        guard statuses.count <= listLimit else {
            throw Status(
                .resourceExhausted,
                "\(statuses.count) names are registered, more than List's limit of \(listLimit)")
        }
        return HealthListResponse.encode(statuses.all)
    }

    /// Why a name has no answer.
    private static func unknown(_ name: UnsafeRawBufferPointer) -> Status {
        isText(name) ? Status(.notFound, "unknown service") : notText
    }

    /// A string of proto3 is valid UTF-8; other bytes are a malformed request, not an unknown name.
    private static func isText(_ name: UnsafeRawBufferPointer) -> Bool {
        String(validating: name, as: UTF8.self) != nil
    }

    private static var notText: Status {
        Status(.internal, "the request's service name is not valid UTF-8")
    }
}

/// The answer for each status, encoded once.
struct StatusMessages {
    private let messages: [EncodedMessage] = [
        HealthCheckResponse.encode(.unknown), HealthCheckResponse.encode(.serving),
        HealthCheckResponse.encode(.notServing), HealthCheckResponse.encode(.serviceUnknown),
    ]

    @inline(__always)
    subscript(status: ServingStatus) -> EncodedMessage {
        // The reporter may be told any number; what the protocol has no name for is encoded anew.
        guard status.rawValue >= 0, status.rawValue < 4 else {
            return HealthCheckResponse.encode(status)
        }
        return messages[Int(status.rawValue)]
    }
}
