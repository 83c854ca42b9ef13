// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer

/// Frames from a recipe: each is a type, flags, a stream, a length and so many bytes of payload. With the highest
/// bit of the type the payload stands behind a good header block, with the next one the bytes stand for
/// themselves.
func frames(_ recipe: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = recipe
    while rest.count >= 4 {
        let head = Array(rest.prefix(4))
        rest = rest.dropFirst(4)
        let payload = Array(rest.prefix(Int(head[3])))
        rest = rest.dropFirst(payload.count)
        if head[0] & 0x40 != 0 {
            bytes += payload
            continue
        }
        let whole = head[0] & 0x80 != 0 ? goodBlock + payload : payload
        bytes += [0, UInt8(whole.count >> 8), UInt8(whole.count & 255), head[0] & 0x3f, head[1]]
        bytes += [0, 0, 0, head[2]] + whole
    }
    return bytes
}

/// The fields of a good call, as literals.
let goodBlock: [UInt8] = {
    let fields: [(String, String)] = [
        (":method", "POST"), (":scheme", "http"), (":path", "/a/b"), (":authority", "c"),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    return fields.flatMap { [0] + literal($0.0) + literal($0.1) }
}()

func literal(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

/// Plays a client. The first byte says whether the server answers, the second how the rest is cut. A server that
/// does not answer must make the same of the bytes however they are cut.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard size >= 2, let data else { return 0 }
    let input = UnsafeRawBufferPointer(start: data, count: size)
    let (mode, step) = (input[0], Int(input[1]) + 1)
    let bytes = preface + frames(input.dropFirst(2))
    guard var server = FuzzedServer(answers: mode & 1 != 0) else { return 0 }
    server.receive(bytes, size: step)
    if mode & 1 == 0, var other = FuzzedServer(answers: false) {
        other.receive(bytes, size: bytes.count)
        // A client that has said goodbye is listened to no longer than the present read.
        if server.hasClientLeft || other.hasClientLeft { return 0 }
        if server.log != other.log { fatalError("\(server.log) is not \(other.log)") }
        if server.output != other.output { fatalError("\(server.output) is not \(other.output)") }
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
