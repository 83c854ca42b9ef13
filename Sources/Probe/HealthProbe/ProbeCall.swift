// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import HTTP2Wire
import HealthProtocol
import SystemIO

/// One call of the probe: the request on its stream, then the state of the answer.
final class ProbeCall: HTTP2Stream {
    /// Bytes of an answer: a status takes two.
    private static let maxStatusSize = 1024
    /// The same for List's.
    private static let maxListSize = 256 << 10

    /// The name that is asked for; empty for List.
    let service: String
    /// The path of the method.
    let path: StaticString
    private let request: EncodedMessage
    private let maxMessageSize: Int
    private let inGzip: Bool
    /// The request as it is sent.
    private lazy var body = inGzip ? request.gzipped ?? request : request
    private var sent = 0
    private var state: ClientCallState
    /// It was asked once before, and the server did not look at it.
    private(set) var isRetry = false
    /// Messages of the answer so far.
    private(set) var messageCount = 0
    /// The latest of them.
    private(set) var message: [UInt8] = []
    /// The status that ended the call.
    private(set) var status: Status? {
        didSet { endTime = .now() }
    }
    /// When it ended.
    private(set) var endTime = MonotonicTime.distantFuture
    /// The word by which the server says why it is not SERVING; nil when it does not.
    private(set) var reasonCode: String?

    init(
        _ path: StaticString, service: String, _ request: EncodedMessage, inGzip: Bool,
        maxMessageSize: Int
    ) {
        self.path = path
        self.service = service
        self.request = request
        self.maxMessageSize = maxMessageSize
        self.inGzip = inGzip
        state = ClientCallState(maxMessageSize: maxMessageSize, takesGzip: inGzip)
        super.init(id: .connection)
        observesClose = true
    }

    /// Check, whose answer is a status.
    static func check(_ service: String, inGzip: Bool) -> ProbeCall {
        ProbeCall(
            HealthMethods.check, service: service, HealthCheckRequest.encode(service: service),
            inGzip: inGzip, maxMessageSize: maxStatusSize)
    }

    /// Watch, whose answer is one status after the other.
    static func watch(_ service: String, inGzip: Bool) -> ProbeCall {
        ProbeCall(
            HealthMethods.watch, service: service, HealthCheckRequest.encode(service: service),
            inGzip: inGzip, maxMessageSize: maxStatusSize)
    }

    /// List, whose answer is every name.
    static func list(inGzip: Bool) -> ProbeCall {
        ProbeCall(
            HealthMethods.list, service: "", .empty, inGzip: inGzip,
            maxMessageSize: maxListSize)
    }

    /// The same question once more.
    func again(inGzip: Bool) -> ProbeCall {
        let call = ProbeCall(
            path, service: service, request, inGzip: inGzip, maxMessageSize: maxMessageSize)
        call.isRetry = true
        return call
    }

    /// The same question once more, where it may be asked: the server did not look at it (gRFC A6, "Transparent
    /// Retries").
    var retry: ProbeCall? {
        let isRefused = failure == .reset(.refusedStream) && messageCount == 0
        return isRefused && !isRetry ? again(inGzip: inGzip) : nil
    }

    /// The header fields of its request.
    func headers(
        authority: String, timeout: Duration, _ options: ProbeOptions
    ) -> HeaderFields {
        var fields: [(name: String, value: String)] = [
            (":method", "POST"), (":scheme", options.isEncrypted ? "https" : "http"),
            (":path", "\(path)"),
            (":authority", options.serverName.isEmpty ? authority : options.serverName),
            ("te", "trailers"), ("content-type", "application/grpc"),
            ("user-agent", options.wholeUserAgent),
            ("grpc-timeout", GRPCTimeout.format(nanoseconds: timeout.wholeNanoseconds)),
        ]
        if inGzip {
            fields.append(("grpc-encoding", "gzip"))
            fields.append(("grpc-accept-encoding", "\(MessageEncoding.accepted)"))
        }
        for header in options.rpcHeaders where !header.isReserved {
            fields.append((header.name, header.encodedValue))
        }
        return .custom(fields)
    }

    /// How the server broke gRPC's rules, when it did.
    var failure: ClientCallFailure? { state.failure }

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let bytes = body.bytes
        let count = min(bytes.count - sent, buffer.count)
        bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return sent == bytes.count ? .last(count, trailers: nil) : .some(count)
    }

    /// Takes what the server did; events of other streams change nothing. `violation` is what nghttp2 last said was
    /// wrong with the server's frames.
    func received(_ event: HTTP2Event, violation: String?) {
        guard status == nil else { return }
        switch event {
        case .headers(let stream, let block, let endStream):
            if stream === self { received(block, endStream: endStream) }
        case .trailers(let stream, let block):
            if stream === self { received(block, endStream: true) }
        case .data(let stream, let bytes, let endStream):
            guard stream === self else { return }
            var messages: [[UInt8]] = []
            status = state.received(bytes, endStream: endStream) { messages.append($0) }
            messageCount += messages.count
            if let latest = messages.last { message = latest }
        case .streamClosed(let stream, let code):
            guard stream === self else { return }
            // A stream that ends without a reset of the server's was reset by nghttp2, which did not like the answer,
            // or the server's GOAWAY says that it was never looked at.
            status =
                isResetByPeer || code == .refusedStream || code == .noError
                ? state.closed(code)
                : state.refused(violation)
        case .settings, .pingAcknowledged, .goAway:
            break
        }
    }

    private func received(_ block: HeaderBlock, endStream: Bool) {
        guard let status = state.received(block, endStream: endStream) else { return }
        self.status = status
        for index in 0..<block.count where reasonCode == nil {
            let field = block.field(at: index)
            guard field.kind == .other, HealthReason.isFieldName(field.name) else { continue }
            reasonCode = HealthReason.word(field.value)
        }
    }

    /// Ends the call from our side.
    func end(_ status: Status) { if self.status == nil { self.status = status } }

    /// What the latest message says; INTERNAL when it is no such message.
    func servingStatus() throws(Status) -> ServingStatus {
        try message.withUnsafeBufferPointer { buffer throws(Status) in
            try HealthCheckResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The names that the server listed; INTERNAL when it sent something else.
    func listedStatuses() throws(Status) -> [(name: String, status: ServingStatus)] {
        try message.withUnsafeBufferPointer { buffer throws(Status) in
            try HealthListResponse.decode(UnsafeRawBufferPointer(buffer))
        }
    }
}
