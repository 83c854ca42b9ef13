// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import GRPCWire
import HTTP2Wire
import SystemIO

/// A method: its path, how it is served, what it takes, and what one loop has counted of it. A class, because every
/// call refers to one.
final class Method {
    let path: StaticString
    let handler: MethodHandler
    let options: MethodOptions
    /// Its handler runs as a task.
    let isAsync: Bool
    /// An asynchronous call with several messages, which may last.
    let isStreaming: Bool
    /// A request has one message, which its handler is given.
    let takesOneMessage: Bool
    /// Its handler answers at once.
    let isImmediate: Bool
    /// A handler that answers at once, with trailers of its own, or none for the usual ones.
    private let immediate: ImmediateHandler
    var counters = CallCounters()
    var latency = MethodLatency()

    typealias ImmediateHandler =
        (UnsafeRawBufferPointer, CallStream) throws(Status) -> (EncodedMessage, FixedHeaderFields?)

    /// Answers a call at once. A function of its own, for then the handler is not retained to be called.
    @inline(never)
    func answer(
        _ message: UnsafeRawBufferPointer, _ call: CallStream
    ) throws(Status) -> (EncodedMessage, FixedHeaderFields?) {
        try immediate(message, call)
    }

    var maxRequestSize: Int { options.maxRequestSize }

    init(path: StaticString, handler: MethodHandler, options: MethodOptions) {
        self.path = path
        self.handler = handler
        self.options = options
        (isAsync, isStreaming, takesOneMessage) =
            switch handler {
            case .unary, .unaryWithTrailers, .serverStreaming: (false, false, true)
            case .asyncUnary: (true, false, true)
            case .asyncServerStreaming: (true, true, true)
            case .clientStreaming, .bidiStreaming: (true, true, false)
            }
        switch handler {
        case .unary(let handler):
            isImmediate = true
            immediate = { message, _ throws(Status) in (try handler(message), nil) }
        case .unaryWithTrailers(let handler):
            isImmediate = true
            immediate = { message, call throws(Status) in
                try handler(message, CallOrigin(connection: call.connection))
            }
        default:
            isImmediate = false
            immediate = { _, _ throws(Status) in throw Status(.internal, "it answers later") }
        }
    }
}

/// What one loop has counted of one method.
struct CallCounters {
    var started = 0
    var messagesReceived = 0
    var messagesSent = 0
    /// By code; the last place is for every number that is no code of gRPC's.
    private(set) var ended = InlineArray<18, Int>(repeating: 0)

    /// Calls that have ended, whatever their code.
    var endedCount: Int {
        var count = 0
        for index in ended.indices { count &+= ended[index] }
        return count
    }

    @inline(__always)
    mutating func endWell() { ended[0] &+= 1 }

    mutating func end(_ code: StatusCode) {
        ended[min(Int(code.rawValue), 17)] &+= 1
    }
}

/// What a method takes and wants.
struct MethodOptions {
    var maxRequestSize = MethodTable.defaultMaxRequestSize
    var readsMetadata = false
    var compression = ResponseCompression.asRequest
    var place = HandlerPlace.pool
    var endsWithServer = false
}

/// The methods that one loop serves. Built for that loop, once, so that handlers may keep state of the loop's own.
package struct MethodTable {
    /// Bytes of a request, or of each message of a streaming one: enough for a short name, and little to hold for an
    /// attacker.
    package static let defaultMaxRequestSize = 4096

    /// The methods, each with its path beside it, so that the walk over them retains nothing. The first one counts the
    /// calls of unknown methods.
    private var entries: [(path: StaticString, method: Method)] = [
        (
            "",
            Method(
                path: "",
                handler: .unary { _ throws(Status) in
                    throw Status(.unimplemented, "unknown method")
                }, options: MethodOptions())
        )
    ]

    /// Counts the calls of unknown methods.
    var unknown: Method { entries[0].method }

    /// The methods of these services, for one loop.
    init(of services: [any GRPCService] = [], on loop: EventLoop) {
        for service in services { service.register(in: &self, on: loop) }
        for service in services { service.registerLast(in: &self, on: loop) }
    }

    /// Adds a method, `path` being `/package.Service/Method`. `maxRequestSize` is in bytes, and for each message.
    /// With `readsMetadata` an asynchronous handler finds the request's metadata in its context. `runsOn` is for
    /// asynchronous handlers; the others run on the loop. With `endsWithServer` a request of several messages ends when the
    /// client is asked to leave, as if the client had ended it: for calls that last as long as their clients like.
    package mutating func add(
        _ path: StaticString, maxRequestSize: Int = defaultMaxRequestSize,
        readsMetadata: Bool = false, compression: ResponseCompression = .asRequest,
        runsOn place: HandlerPlace = .pool, endsWithServer: Bool = false, _ handler: MethodHandler
    ) {
        let options = MethodOptions(
            maxRequestSize: maxRequestSize, readsMetadata: readsMetadata, compression: compression,
            place: place, endsWithServer: endsWithServer)
        entries.append((path, Method(path: path, handler: handler, options: options)))
    }

    /// Visits the methods whose handlers answer at once.
    func forEachImmediate(_ body: (Method) -> Void) {
        for index in entries.indices where entries[index].method.isImmediate {
            body(entries[index].method)
        }
    }

    /// Some handlers run off the loop.
    var needsPool: Bool {
        entries.contains { $0.method.isAsync && $0.method.options.place == .pool }
    }

    /// Every method, and last the one that counts the calls of unknown ones.
    var all: [Method] { (entries.dropFirst() + entries.prefix(1)).map(\.method) }

    /// The paths of all methods, in the order in which they were added.
    package var paths: [StaticString] { entries.dropFirst().map(\.path) }

    /// The method of a path, which the table goes on to hold. A walk: with the few methods of a health server it beats any
    /// hash.
    @inline(__always)
    func method(at path: UnsafeRawBufferPointer) -> Unmanaged<Method>? {
        for index in 1..<entries.count where path.isEqual(to: entries[index].path) {
            return Unmanaged.passUnretained(entries[index].method)
        }
        return nil
    }

    /// Why there is no method at `path`, in the words that clients and probes expect.
    func unimplemented(_ path: UnsafeRawBufferPointer) -> Status {
        let parts = path.split(
            separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty else {
            return Status(.unimplemented, "malformed method name: \(Self.text(path[...]))")
        }
        let service = UnsafeRawBufferPointer(rebasing: path[..<parts[2].startIndex])
        let isKnown = entries.contains { path, _ in
            path.utf8CodeUnitCount > service.count && service.isEqual(toPrefixOf: path)
        }
        return isKnown
            ? Status(
                .unimplemented,
                "unknown method \(Self.text(parts[2])) for service \(Self.text(parts[1]))")
            : Status(.unimplemented, "unknown service \(Self.text(parts[1]))")
    }

    /// The peer's bytes in a message to the peer: bounded and valid UTF-8.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: bytes.prefix(200), as: UTF8.self)
    }
}

/// A set of methods that belong together.
package protocol GRPCService: Sendable {
    /// Adds the service's methods to the table of one loop; called once, before
    /// the loop serves its first connection.
    func register(in table: inout MethodTable, on loop: EventLoop)
    /// Adds methods that depend on those of all services; called after ``register(in:on:)`` of all.
    func registerLast(in table: inout MethodTable, on loop: EventLoop)
}

extension GRPCService {
    package func registerLast(in table: inout MethodTable, on loop: EventLoop) {}
}
