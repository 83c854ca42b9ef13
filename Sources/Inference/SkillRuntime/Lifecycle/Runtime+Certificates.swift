// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import GRPCTransport
import Logging
import SystemIO

/// The server's certificates, which are read on the loop of the files: a disk that hangs holds up nobody else.
extension Runtime {
    /// Looks at them now, and from then on.
    func watchCertificates() {
        guard let certificates, let use = useOfCertificates else { return }
        let state = state
        certificates.loop.post { Self.lookAtCertificates(certificates, state, use) }
    }

    /// Reads them again.
    func reloadCertificates() {
        guard let certificates, let use = useOfCertificates else { return }
        certificates.loop.post { use(certificates.value.reload()) }
    }

    private static func lookAtCertificates(
        _ certificates: LoopBound<ServerCertificates>, _ state: RuntimeState,
        _ use: @escaping @Sendable (ServerCertificates.Look) -> Void
    ) {
        if state.current.isDraining { return }
        use(certificates.value.lookAtFiles())
        _ = certificates.loop.schedule(at: .now() + lookInterval) {
            lookAtCertificates(certificates, state, use)
        }
    }

    /// What becomes of a look.
    private var useOfCertificates: (@Sendable (ServerCertificates.Look) -> Void)? {
        guard let server else { return nil }
        return { [logger] look in
            switch look {
            case .unchanged: break
            case .replaced(let context):
                server.use(context)
                logger.notice("certificates reloaded")
            case .refused(let error):
                logger.error(
                    "certificates not reloaded",
                    metadata: ["reason": "\(error.text)", "serving": "those read before"])
            }
        }
    }
}
