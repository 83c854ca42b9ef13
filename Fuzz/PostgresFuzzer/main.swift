// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import PostgresWire

/// The messages of bytes that come `step` at a time, and what ends them.
func messages(_ bytes: UnsafeRawBufferPointer, step: Int) -> ([PostgresMessage], PostgresFault?) {
    var reader = PostgresReader()
    var messages: [PostgresMessage] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        reader.receive(UnsafeRawBufferPointer(rebasing: rest.prefix(step)))
        rest = rest.dropFirst(step)
        do throws(PostgresFault) {
            while let message = try reader.next() { messages.append(message) }
        } catch {
            return (messages, error)
        }
    }
    precondition(reader.pendingCount <= bytes.count)
    return (messages, nil)
}

/// Answers demands for a password as a client does; a server that does not know it never proves that it does.
func authenticate(_ messages: [PostgresMessage]) {
    var scram = SCRAM(password: "password", nonce: "fuzz")
    for message in messages {
        switch message {
        case .sasl(let data, isFinal: false):
            do throws(SCRAM.Fault) {
                let answer = try scram.answer(data)
                precondition(answer.starts(with: "c=biws,r=fuzz".utf8))
            } catch {
                precondition(!error.text.isEmpty)
            }
        case .sasl(let data, isFinal: true):
            do throws(SCRAM.Fault) {
                try scram.verify(data)
                preconditionFailure("it has proved what it does not know")
            } catch {
                precondition(error == .serverNotProved)
            }
        case .wantsMD5(let salt):
            precondition(
                PostgresRequest.md5(user: "user", password: "password", salt: salt).count == 41)
        default: break
        }
    }
}

/// Reads bytes as messages of a server, in one piece and cut as the first byte says: both must be the same.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let first = data?.pointee, size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(start: data, count: size)[1...])
    let (whole, fault) = messages(bytes, step: size)
    let (cut, otherFault) = messages(bytes, step: max(1, Int(first)))
    precondition(whole == cut && fault == otherFault, "a cut matters")
    authenticate(whole)
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
