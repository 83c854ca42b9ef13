// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO
package import TLSWire

/// The server's certificates: which files, what they were when they were read last, and what came of it.
package final class ServerCertificates {
    private let configuration: TLSServerConfiguration
    private var seen: [FileStatus?]
    /// What new connections use.
    package private(set) var context: TLSContext

    /// What a reload came to.
    enum Change {
        case unchanged
        case replaced(TLSContext)
        /// The files are bad; what was read before stays.
        case refused(TLSCredentialsError)
    }

    /// Reads the files.
    package init(_ configuration: TLSServerConfiguration) throws(TLSCredentialsError) {
        self.configuration = configuration
        // Before the files are read: what changes meanwhile is noticed by the next check.
        self.seen = ServerCertificates.statuses(configuration)
        self.context = try .server(configuration)
    }

    /// Reads the files again when one of them has changed, good or bad, since they were read last.
    func reloadIfChanged() -> Change {
        if ServerCertificates.statuses(configuration) == seen { return .unchanged }
        return reload()
    }

    /// Reads the files again.
    func reload() -> Change {
        seen = ServerCertificates.statuses(configuration)
        do throws(TLSCredentialsError) {
            context = try .server(configuration)
            return .replaced(context)
        } catch {
            return .refused(error)
        }
    }

    /// Of the files behind the names, after symbolic links: a volume of secrets changes by its links.
    private static func statuses(_ configuration: TLSServerConfiguration) -> [FileStatus?] {
        let paths = configuration.identity.paths + [configuration.clientCA]
        return paths.map { try? FileStatus.of($0) }
    }
}
