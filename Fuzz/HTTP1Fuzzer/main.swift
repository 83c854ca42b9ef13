// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import HTTP1Wire

/// What a server's reader makes of bytes that come `step` at a time, in few words.
func requests(_ bytes: UnsafeRawBufferPointer, step: Int) -> [String] {
    var reader = HTTP1RequestReader()
    var log: [String] = []
    forEachPiece(bytes, step) { rest in
        while true {
            switch reader.receive(&rest) {
            case .needsMore:
                precondition(rest.isEmpty, "bytes are left, and more are wanted")
                return true
            case .expectsContinue: log.append("100")
            case .request(let request):
                precondition(request.body.count <= HTTP1Limits().body)
                log.append("\(request.path) \(request.body.count) \(request.keepsConnection)")
            case .refused(let refusal):
                log.append("\(refusal.fault.text) \(refusal.closesConnection)")
            }
        }
    }
    return log
}

/// The same for a client's reader; the connection ends after the bytes.
func response(_ bytes: UnsafeRawBufferPointer, step: Int) -> [String] {
    var reader = HTTP1ResponseReader()
    var log: [String] = []
    var size = 0
    forEachPiece(bytes, step) { rest in
        do throws(HTTP1Fault) {
            while true {
                switch try reader.receive(&rest) {
                case .needsMore: return true
                case .head(let head): log.append("\(head.status.rawValue)")
                case .body(let piece): size += piece.count
                case .end:
                    log.append("end")
                    return false
                }
            }
        } catch {
            log.append("\(error.text)")
            return false
        }
    }
    do throws(HTTP1Fault) {
        try reader.inputEnded()
    } catch {
        log.append("\(error.text)")
    }
    precondition(size <= HTTP1Limits().body)
    return log + ["\(size) \(reader.keepsConnection)"]
}

/// Lends `bytes` a piece at a time until `body` wants no more.
func forEachPiece(
    _ bytes: UnsafeRawBufferPointer, _ step: Int, _ body: (inout UnsafeRawBufferPointer) -> Bool
) {
    var rest = bytes[...]
    while !rest.isEmpty {
        var piece = UnsafeRawBufferPointer(rebasing: rest.prefix(step))
        rest = rest.dropFirst(step)
        if !body(&piece) { return }
    }
}

/// Reads bytes as requests and as a response, in one piece and cut as the first byte says: both must be the same.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let first = data?.pointee, size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(start: data, count: size)[1...])
    let step = max(1, Int(first))
    precondition(requests(bytes, step: size) == requests(bytes, step: step), "a cut matters")
    precondition(response(bytes, step: size) == response(bytes, step: step), "a cut matters")
    var sniffer = ProtocolSniffer()
    _ = sniffer.receive(bytes)
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
