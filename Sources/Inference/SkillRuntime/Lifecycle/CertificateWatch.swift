// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import Logging
import SkillServices
import StatusBoard
import SystemIO
import TLSWire

/// Keeps the certificates of a server up to date. Reads them on the loop of the files: a disk that hangs blocks nothing
/// else.
final class CertificateWatch: Sendable {
    private let certificates: LoopBound<ServerCertificates>
    private let server: GRPCServer
    private let state: RuntimeState

    private static let interval = Duration.seconds(1)

    init(_ certificates: LoopBound<ServerCertificates>, of server: GRPCServer, state: RuntimeState)
    {
        self.certificates = certificates
        self.server = server
        self.state = state
    }

    /// Checks the files now, and every second from then on.
    func start() { certificates.loop.post { self.check() } }

    /// Reads them again, on the loop of the files. What is wrong with them; nil when nothing is.
    func reload() -> String? { use(certificates.value.reload()) }

    private func check() {
        // A drain may be taken back: the checks go on then.
        if !state.board.snapshot.isDraining { _ = use(certificates.value.reloadIfChanged()) }
        _ = certificates.loop.schedule(at: .now() + Self.interval) { self.check() }
    }

    private func use(_ change: ServerCertificates.Change) -> String? {
        switch change {
        case .unchanged: return nil
        case .replaced(let context):
            server.use(context)
            state.logger.notice("certificates reloaded")
            return nil
        case .refused(let error):
            state.logger.error(
                "certificates not reloaded",
                metadata: ["reason": "\(error.text)", "serving": "those read before"])
            return error.text
        }
    }
}
