// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import GRPCWire
import HealthProtocol

/// Reads a message of the health protocol; the first byte says which.
// libFuzzer's own main, which is linked and not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    guard size >= 1, let data else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    do throws(Status) {
        switch data[0] % 3 {
        case 0:
            let name = try HealthCheckRequest.decode(bytes)
            precondition(name.count <= bytes.count)
        case 1: _ = try HealthCheckResponse.decode(bytes)
        default: try listAgain(HealthListResponse.decode(bytes))
        }
    } catch {
        precondition(error.code != .ok)
    }
    return 0
}

/// What was read can be written, and is read as it was. Our own names hold no NUL.
func listAgain(_ statuses: [(name: String, status: ServingStatus)]) throws(Status) {
    if statuses.contains(where: { $0.name.utf8.contains(0) }) { return }
    let message = Array(HealthListResponse.encode(statuses).bytes[EncodedMessage.prefixSize...])
    let again = try message.withUnsafeBufferPointer { bytes throws(Status) in
        try HealthListResponse.decode(UnsafeRawBufferPointer(bytes))
    }
    precondition(again.map(\.name) == statuses.map(\.name))
    precondition(again.map(\.status.rawValue) == statuses.map(\.status.rawValue))
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) }
