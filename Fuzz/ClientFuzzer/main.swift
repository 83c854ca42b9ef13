// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import GRPCWire
import HTTP2Wire

/// A call whose request is one empty message.
final class FuzzedCall: HTTP2Stream {
    private var state = ClientCallState(maxMessageSize: 4096, takesGzip: true)
    private var status: Status?

    override func produce(into buffer: UnsafeMutableRawBufferPointer) -> Production {
        let count = min(buffer.count, 5)
        buffer.copyBytes(from: [UInt8](repeating: 0, count: count))
        return .last(count, trailers: nil)
    }

    func received(_ event: HTTP2Event) {
        guard status == nil else { return }
        switch event {
        case .headers(_, let block, let endStream):
            status = state.received(block, endStream: endStream)
        case .trailers(_, let block): status = state.received(block, endStream: true)
        case .data(_, let bytes, let endStream):
            status = state.received(bytes, endStream: endStream) { precondition($0.count <= 4096) }
        case .streamClosed(_, let code): status = state.closed(code)
        case .goAway(_, let code): _ = code.name
        case .settings, .pingAcknowledged: break
        }
    }
}

/// Plays a server to a client with one call: the first byte says how the rest is cut into reads.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let step = data?.pointee, let session = try? HTTP2Session.make(.client) else { return 0 }
    let batch = HTTP2EventBatch()
    let call = FuzzedCall(id: .connection)
    call.observesClose = true
    let fields: [(name: String, value: String)] = [
        (":method", "POST"), (":scheme", "http"), (":path", "/a/b"), (":authority", "c"),
    ]
    session.request(call, headers: .custom(fields), hasBody: true)
    var rest = UnsafeRawBufferPointer(start: data, count: size).dropFirst()
    do {
        while !rest.isEmpty, session.wantsRead {
            while try session.nextOutput() != nil {}
            let piece = rest.prefix(step == 0 ? rest.count : Int(step))
            rest = rest.dropFirst(piece.count)
            try session.receive(UnsafeRawBufferPointer(rebasing: piece), into: batch)
            for event in batch.events { call.received(event) }
        }
    } catch {
        _ = error.text
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
