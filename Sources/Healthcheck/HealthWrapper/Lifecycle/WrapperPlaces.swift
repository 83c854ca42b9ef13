// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Settings
import SystemIO
import WrapperStatus

/// The sockets that are bound before the command is started: what cannot be had is told, and nothing is started.
struct WrapperPlaces: ~Copyable {
    /// A socket that listens.
    struct Place: ~Copyable {
        let listener: FileDescriptor
        /// What keeps the name of a Unix socket.
        let side: SideAddress?
        private let file: FileStatus?

        init(_ listener: consuming FileDescriptor, _ side: SideAddress?) {
            self.listener = listener
            self.side = side
            file = side?.socket
        }

        /// What takes the socket's name away at the end.
        var removal: () -> Void {
            { [side, file] in if let side, let file { side.remove(file) } }
        }

        /// Gives the listener away.
        consuming func take() -> FileDescriptor { listener }
    }

    var port: Place?
    var admin: Place?
    var status: Place?
    /// Why `healthcheck status` cannot ask; nil when it can.
    private(set) var statusProblem: String?
    /// Workers of the command can report heartbeats without a token. An abstract name has no permissions: every process of the
    /// network could report there.
    private(set) var takesReports: Bool

    /// Binds all that the options ask for.
    init(_ addresses: WrapperOptions.Addresses) throws(WrapperStartError) {
        port = nil
        admin = nil
        status = nil
        takesReports = addresses.admin != nil
        if let address = addresses.port {
            port = Place(
                try Self.bind("--export-prom \(address.text)") { () throws(SystemCallError) in
                    try address.listen().release()
                }, address.side)
        }
        if let side = addresses.admin {
            admin = Place(
                try Self.bind("--admin \(side.text)") { () throws(SystemCallError) in
                    try side.takeOver { () throws(SystemCallError) in
                        try FileDescriptor.listener(at: side.address).release()
                    }
                }, side)
        }
        try bindStatus(given: addresses.socket)
    }

    /// At the first place that works. One that was asked for has to.
    private mutating func bindStatus(given: String) throws(WrapperStartError) {
        var failures: [String] = []
        for socket in StatusSocket.candidates(given: given) {
            let side = socket.path.flatMap { SideAddress("unix:" + $0) }
            do throws(SystemCallError) {
                let listen = { () throws(SystemCallError) in
                    try FileDescriptor.listener(at: socket.address).release()
                }
                let raw = if let side { try side.takeOver(listen) } else { try listen() }
                status = Place(FileDescriptor(owning: raw), side)
                if side != nil { takesReports = true }
                return
            } catch {
                failures.append("\(socket.text): \(error.errno.text)")
            }
        }
        let text = "cannot listen for healthcheck status at " + failures.joined(separator: "; ")
        if !given.isEmpty { throw WrapperStartError(text) }
        statusProblem = text
    }

    private static func bind(
        _ what: String, _ listen: () throws(SystemCallError) -> CInt
    ) throws(WrapperStartError) -> FileDescriptor {
        do throws(SystemCallError) {
            return FileDescriptor(owning: try listen())
        } catch {
            let hint =
                error.errno == .addressInUse
                ? ": another program listens there; choose another one" : ""
            throw WrapperStartError(
                "cannot listen on \(what): \(error.errno.text)\(hint). The command was not started")
        }
    }
}
