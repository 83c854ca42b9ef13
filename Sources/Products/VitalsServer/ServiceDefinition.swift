// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
package import GRPCTransport
import GRPCWire
package import HTTPRouting

/// The methods of a service: each has a path, the codecs of its messages, and a handler.
///
/// ```swift
/// var greeter = ServiceDefinition()
/// greeter.unary("/demo.Greeter/Greet", taking: .text, returning: .text) { name, call in
///     "Hello, \(name)"
/// }
/// ```
/// A handler runs as a task, on no event loop: it may compute for long, or wait. The task is cancelled with the call. A `Status` that it throws is what the client gets; any other error is UNKNOWN to the client.
public struct ServiceDefinition: Sendable {
    /// Adds methods to the table of one loop.
    package typealias Registration = @Sendable (inout MethodTable, EventLoop) -> Void

    private(set) var registrations: [Registration] = []
    /// What follows when the methods of all services are there.
    private(set) var lastRegistrations: [Registration] = []
    /// What is served by plain HTTP.
    private(set) var pages: [any HTTPService] = []
    let drainBegan: @Sendable () -> Void
    let graceEnded: @Sendable () -> Void
    /// Told of each server that serves it.
    let started: @Sendable (GRPCServer) -> Void

    /// A service without methods.
    public init() { self.init(drainBegan: {}, graceEnded: {}) }

    /// A service that is told of a graceful shutdown: when it begins, and when the calls that last have to end.
    package init(
        drainBegan: @escaping @Sendable () -> Void, graceEnded: @escaping @Sendable () -> Void,
        started: @escaping @Sendable (GRPCServer) -> Void = { _ in }
    ) {
        self.drainBegan = drainBegan
        self.graceEnded = graceEnded
        self.started = started
    }

    /// Adds what is registered on each loop anew.
    package mutating func add(_ registration: @escaping Registration) {
        registrations.append(registration)
    }

    /// Adds what is registered on each loop anew, after the methods of all services.
    package mutating func addLast(_ registration: @escaping Registration) {
        lastRegistrations.append(registration)
    }

    /// Adds pages of plain HTTP.
    package mutating func add(_ pages: any HTTPService) { self.pages.append(pages) }

    /// The size of a request, or of each message of a streaming one, that a method takes: 4 MiB, as elsewhere in gRPC.
    public static let defaultMaxRequestSize = 4 << 20

    private mutating func add(
        _ path: StaticString, _ maxRequestSize: Int,
        _ handler: @escaping @Sendable () -> MethodHandler
    ) {
        add { table, _ in
            table.add(
                path, maxRequestSize: maxRequestSize, readsMetadata: true, handler())
        }
    }
}

// MARK: Methods

extension ServiceDefinition {
    /// Adds a method with one message each way; `path` is `/package.Service/Method`.
    public mutating func unary<Request, Response>(
        _ path: StaticString, taking request: MessageCodec<Request>,
        returning response: MessageCodec<Response>, maxRequestSize: Int = defaultMaxRequestSize,
        handler: @escaping @Sendable (Request, Call) async throws -> Response
    ) {
        add(path, maxRequestSize) {
            .asyncUnary { bytes, context throws(Status) in
                try await endingInStatus {
                    let answer = try await handler(request.decode(bytes), Call(context: context))
                    return EncodedMessage(copying: try response.encode(answer))
                }
            }
        }
    }

    /// Adds a method that answers one message with several.
    public mutating func serverStreaming<Request, Response>(
        _ path: StaticString, taking request: MessageCodec<Request>,
        returning response: MessageCodec<Response>, maxRequestSize: Int = defaultMaxRequestSize,
        handler: @escaping @Sendable (Request, ResponseStream<Response>, Call) async throws -> Void
    ) {
        add(path, maxRequestSize) {
            .asyncServerStreaming { bytes, writer, context throws(Status) in
                try await endingInStatus {
                    try await handler(
                        request.decode(bytes), ResponseStream(writer: writer, codec: response),
                        Call(context: context))
                }
            }
        }
    }

    /// Adds a method that answers several messages with one.
    public mutating func clientStreaming<Request, Response>(
        _ path: StaticString, taking request: MessageCodec<Request>,
        returning response: MessageCodec<Response>, maxRequestSize: Int = defaultMaxRequestSize,
        handler: @escaping @Sendable (RequestStream<Request>, Call) async throws -> Response
    ) {
        add(path, maxRequestSize) {
            .clientStreaming { messages, context throws(Status) in
                try await endingInStatus {
                    let answer = try await handler(
                        RequestStream(messages: messages, codec: request), Call(context: context))
                    return EncodedMessage(copying: try response.encode(answer))
                }
            }
        }
    }

    /// Adds a method that reads and answers messages in any order.
    public mutating func bidirectionalStreaming<Request, Response>(
        _ path: StaticString, taking request: MessageCodec<Request>,
        returning response: MessageCodec<Response>, maxRequestSize: Int = defaultMaxRequestSize,
        handler:
            @escaping @Sendable (RequestStream<Request>, ResponseStream<Response>, Call)
            async throws -> Void
    ) {
        add(path, maxRequestSize) {
            .bidiStreaming { messages, writer, context throws(Status) in
                try await endingInStatus {
                    try await handler(
                        RequestStream(messages: messages, codec: request),
                        ResponseStream(writer: writer, codec: response), Call(context: context))
                }
            }
        }
    }
}

/// What the client is told of an error: a status as it is, and nothing of any other.
private func endingInStatus<Result>(
    _ body: () async throws -> Result
) async throws(Status) -> Result {
    do {
        return try await body()
    } catch let status as Status {
        throw status
    } catch is CancellationError {
        throw Status(.cancelled, "the call was cancelled")
    } catch {
        throw Status(.unknown, "the handler failed")
    }
}

/// The definition as the server below takes it.
struct DefinedService: GRPCService {
    let definition: ServiceDefinition

    init(_ definition: ServiceDefinition) { self.definition = definition }

    func register(in table: inout MethodTable, on loop: EventLoop) {
        for registration in definition.registrations { registration(&table, loop) }
    }
    func registerLast(in table: inout MethodTable, on loop: EventLoop) {
        for registration in definition.lastRegistrations { registration(&table, loop) }
    }
}
