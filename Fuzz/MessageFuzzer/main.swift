// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import GRPCWire

/// The messages in `bytes`, cut in pieces of `step`; nil when they are broken.
func messages(
    _ bytes: UnsafeRawBufferPointer, step: Int, _ encoding: MessageEncoding
) -> (messages: [[UInt8]], code: Int) {
    var reader = MessageReader(maxMessageSize: 1 << 16, encoding: encoding)
    var messages: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(step))
        rest = rest.dropFirst(step)
        do throws(Status) {
            try reader.receive(piece) {
                precondition($0.count <= 1 << 16)
                messages.append($0)
            }
        } catch {
            return (messages, Int(error.code.rawValue))
        }
        precondition(reader.heldBytes <= (1 << 16) + 5)
    }
    return (messages, -1)
}

/// The first byte says how the rest is cut and what is read in it: messages, or the values of header fields.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard size >= 1, let data else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let step = Int(data[0] >> 2) + 1
    switch data[0] & 3 {
    case 0, 1:
        let encoding: MessageEncoding = data[0] & 1 == 0 ? .identity : .gzip
        let pieces = messages(bytes, step: step, encoding)
        let whole = messages(bytes, step: max(1, bytes.count), encoding)
        precondition(pieces.messages == whole.messages && pieces.code == whole.code)
    case 2:
        let text = PercentEncoding.decode(bytes)
        // What we write is read back unchanged. Of a long text only the beginning is written, in whole characters.
        let encoded = Array(PercentEncoding.encode(text).utf8)
        let read = encoded.withUnsafeBytes { PercentEncoding.decode($0) }
        let mayBeCut = encoded.count > 4096 - 4 * 3
        precondition(read == text || mayBeCut && text.utf8.starts(with: read.utf8))
    default:
        if let timeout = GRPCTimeout.parse(bytes) { precondition(timeout >= .zero) }
        _ = MessageEncoding(bytes)
        _ = MessageEncoding.acceptsGzip(bytes)
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
