// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import GRPCClient
import HealthProbe

/// Reads a command line, one argument a line, and the address in it: nothing may trap.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
    let arguments = text.split(separator: "\n", omittingEmptySubsequences: false)
    switch ProbeInvocation(arguments: arguments.map { String($0) }) {
    case .check(let options):
        _ = try? ClientTarget(options.address)
        _ = ProbeMessage.parsedOptions(options)
        _ = ProbeLastWords.deadline(options, .connecting)
    case .printOutput, .refuse: break
    }
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
