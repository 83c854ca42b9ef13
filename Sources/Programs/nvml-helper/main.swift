// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import NVMLReading

/// Answers each line of standard input with what the driver says; ends with its input, or when NVML cannot be started.
///
/// A program of its own, dynamically linked: only such a one can load the driver's library, and it may hang or crash in a call
/// of the driver.
func main() -> CInt {
    var answers = NVMLAnswers(target: clinux_argument(1).map { String(cString: $0) })
    while readLine() {
        let head = answers.begin()
        guard write(head.bytes) else { return 1 }
        if head.isLast { return 0 }
        guard write(answers.rest()) else { return 1 }
        answers.recover()
    }
    return 0
}

/// Reads to the end of a line; false when there is none.
func readLine() -> Bool {
    var byte: UInt8 = 0
    while read(0, &byte, 1) == 1 {
        if byte == UInt8(ascii: "\n") { return true }
    }
    return false
}

/// False when the reader is gone.
func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { all in
        var rest = UnsafeRawBufferPointer(all)
        while rest.count > 0 {
            let count = CLinux.write(1, rest.baseAddress, rest.count)
            if count <= 0 { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}

exit(main())
