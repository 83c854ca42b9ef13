// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
import TLSWire

/// Why a server cannot start, in one line for a person.
public struct ServerStartError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }

    static func wrap<Result>(
        _ what: String, _ body: () throws(SystemCallError) -> Result
    ) throws(ServerStartError) -> Result {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw ServerStartError("\(what): \(error.text)")
        }
    }

    static func makeContext(
        _ configuration: TLSServerConfiguration
    ) throws(ServerStartError) -> TLSContext {
        do throws(TLSCredentialsError) {
            return try TLSContext.server(configuration)
        } catch {
            throw ServerStartError(error.text)
        }
    }
}
