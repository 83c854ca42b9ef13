// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import HTTP1Wire

/// What a reader of requests makes of `bytes` in pieces of `step`, an entry an event.
func requests(_ bytes: UnsafeRawBufferPointer, step: Int) -> [String] {
    var reader = HTTP1RequestReader()
    var log: [String] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        var piece = UnsafeRawBufferPointer(rebasing: rest.prefix(step))
        rest = rest.dropFirst(step)
        reading: while true {
            switch reader.receive(&piece) {
            case .needsMore:
                if !piece.isEmpty { return log }
                break reading
            case .expectsContinue: log.append("100")
            case .request(let request):
                precondition(request.body.count <= HTTP1Limits().body)
                log.append("\(request.method) \(request.path) \(request.body.count)")
            case .refused(let refusal):
                log.append("\(refusal.status.rawValue) \(refusal.fault)")
                if refusal.closesConnection { return log }
            }
        }
    }
    return log
}

/// What a reader of answers makes of `bytes` in pieces of `step`.
func answer(_ bytes: UnsafeRawBufferPointer, step: Int, isHead: Bool) -> String {
    var reader = HTTP1ResponseReader(isAnswerToHead: isHead)
    var (text, length) = ("", 0)
    var rest = bytes[...]
    do throws(HTTP1Fault) {
        while !rest.isEmpty {
            var piece = UnsafeRawBufferPointer(rebasing: rest.prefix(step))
            rest = rest.dropFirst(step)
            reading: while true {
                switch try reader.receive(&piece) {
                case .needsMore: break reading
                case .head(let head): text = "\(head.status.rawValue)"
                case .body(let bytes): length += bytes.count
                case .end: return "\(text) \(length) to its end"
                }
            }
        }
        try reader.inputEnded()
    } catch {
        return "\(text) \(error)"
    }
    return "\(text) \(length)"
}

/// The first byte says what is read, and how it is cut: which must not matter.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard size >= 1, let data else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let step = Int(data[0] >> 2) + 1
    let all = max(1, bytes.count)
    switch data[0] & 3 {
    case 0, 1:
        let (pieces, whole) = (requests(bytes, step: step), requests(bytes, step: all))
        if pieces != whole { fatalError("\(pieces) is not \(whole)") }
        var sniffer = ProtocolSniffer()
        _ = sniffer.receive(bytes)
    default:
        let isHead = data[0] & 1 != 0
        let pieces = answer(bytes, step: step, isHead: isHead)
        let whole = answer(bytes, step: all, isHead: isHead)
        if pieces != whole { fatalError("\(pieces) is not \(whole)") }
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
