// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import HTTP1Wire
package import HTTPRouting
import StatusPages
import Synchronization
import SystemIO

/// The commands of operators as paths of HTTP. They need no authentication: for the admin address only.
package final class AdminService: HTTPService {
    /// Carries out a command, and calls back on some thread when it is done. From any thread.
    package typealias Perform =
        @Sendable (
            Runtime.Command, @escaping @Sendable (Runtime.Reply) -> Void
        ) -> Void

    private let perform: Perform
    /// A reload that was asked for here is under way: while a disk hangs, further ones are rejected, not queued.
    private let isReloading = Atomic(false)

    /// A disk that hangs, or a control loop that does, lets no client wait longer than this.
    private static let patience = Duration.seconds(25)

    /// Commands for what `perform` belongs to.
    package init(_ perform: @escaping Perform) { self.perform = perform }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        for path in AdminPath.allCases {
            routes.add(
                .post, path.text,
                .deferred { [self] request, responder in
                    do throws(AdminRefusal) {
                        try BrowserCheck.refuseOtherSites(request)
                        let command = try path.command(QueryParameters(request.query))
                        try carryOut(command, responder, on: loop)
                    } catch {
                        responder.respond(error.response)
                    }
                    return nil
                })
        }
    }

    private func carryOut(
        _ command: Runtime.Command, _ responder: HTTPResponder, on loop: EventLoop
    ) throws(AdminRefusal) {
        let isReload = command.isReload
        if isReload, isReloading.exchange(true, ordering: .acquiring) {
            throw AdminRefusal("another reload is under way", .conflict)
        }
        let alarm = Alarm(on: loop, at: .now() + Self.patience) {
            responder.respond(AdminAnswer.late(command))
        }
        perform(command) { [self] reply in
            if isReload { isReloading.store(false, ordering: .releasing) }
            alarm.cancel()
            responder.respond(AdminAnswer.response(to: command, reply))
        }
    }
}

extension Runtime.Command {
    /// It reads files, which may take long.
    var isReload: Bool { if case .reload = self { true } else { false } }
}
