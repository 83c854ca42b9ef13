// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import RedisWire

/// The replies of bytes that come `step` at a time, and what ends them.
func replies(_ bytes: UnsafeRawBufferPointer, step: Int) -> ([RedisValue], RedisFault?) {
    var reader = RedisReader()
    var values: [RedisValue] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        reader.receive(UnsafeRawBufferPointer(rebasing: rest.prefix(step)))
        rest = rest.dropFirst(step)
        do throws(RedisFault) {
            while let value = try reader.next() {
                _ = value.string
                _ = value["role"]
                values.append(value)
            }
        } catch {
            return (values, error)
        }
    }
    precondition(reader.pendingCount <= bytes.count)
    return (values, nil)
}

/// Reads bytes as replies, in one piece and cut as the first byte says: both must be the same.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard let first = data?.pointee, size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(start: data, count: size)[1...])
    let (whole, fault) = replies(bytes, step: size)
    let (cut, otherFault) = replies(bytes, step: max(1, Int(first)))
    precondition(whole == cut && fault == otherFault, "a cut matters")
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
