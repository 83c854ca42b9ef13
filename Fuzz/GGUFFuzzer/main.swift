// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import GGUF

/// Reads the head of a model file. The first two bytes say how much longer than the rest the file is.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard size >= 2, let data else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 2, count: size - 2)
    let fileSize = UInt64(bytes.count) + UInt64(data[0]) + UInt64(data[1]) << 8
    do throws(GGUFError) {
        let header = try GGUFHeader(reading: bytes, fileSize: fileSize)
        for tensor in header.tensors {
            let (end, overflow) = tensor.offset.addingReportingOverflow(tensor.byteCount)
            precondition(!overflow && end <= fileSize && header.dataStart <= fileSize - end)
        }
    } catch {
        precondition(!error.text.isEmpty && !error.text.contains("\n"))
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
