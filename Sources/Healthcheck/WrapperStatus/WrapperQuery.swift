// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Outbound
package import SystemIO

/// Asks the wrapper that runs in this container.
package enum WrapperQuery {
    private static let question = Array(
        "{\"type\":\"health_check\",\"check_type\":\"Full\"}\n".utf8)

    /// Asks at the first of the sockets that somebody of this container listens at; `isNamed` when a person has named the
    /// socket, whosever it is. Blocks until `deadline` at most.
    package static func ask(
        _ sockets: [StatusSocket], isNamed: Bool, until deadline: MonotonicTime
    ) throws(WrapperQueryError) -> WrapperReport {
        var failures: [String] = []
        for socket in sockets {
            let connection: BlockingConnection
            do throws(OutboundFailure) {
                connection = try .open(OutboundTarget(.unix(socket.address)), until: deadline)
            } catch {
                failures.append("\(socket.text): \(error.text)")
                continue
            }
            if !isNamed,
                let reason = WrapperOwner.strangeness(ofPeerAt: connection.descriptor)
            {
                failures.append(
                    "\(socket.text): a wrapper of another container answers (\(reason)); "
                        + "--socket \(socket.text) asks it all the same")
                continue
            }
            return try ask(socket, connection, until: deadline)
        }
        throw WrapperQueryError(
            text:
                "no wrapper runs here (\(failures.joined(separator: "; "))): start the container's program with "
                + "healthcheck -- COMMAND, or check it with --http URL or --tcp HOST:PORT")
    }

    private static func ask(
        _ socket: StatusSocket, _ connection: BlockingConnection, until deadline: MonotonicTime
    ) throws(WrapperQueryError) -> WrapperReport {
        do throws(OutboundFailure) {
            try connection.send(question)
        } catch {
            throw WrapperQueryError(text: "the wrapper at \(socket.text): \(error.text)")
        }
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            switch connection.next(until: deadline) {
            case .received(let bytes): answer += bytes
            case .timedOut:
                throw WrapperQueryError(
                    text: "the wrapper at \(socket.text) does not answer in time")
            case .ended:
                throw WrapperQueryError(
                    text: "the wrapper at \(socket.text) closed the connection without an answer")
            }
            if answer.count > WrapperReport.maxSize {
                throw WrapperQueryError(
                    text:
                        "the answer at \(socket.text) is too long: is it another program's socket?")
            }
        }
        guard let report = WrapperReport(line: answer) else {
            throw WrapperQueryError(
                text:
                    "what answers at \(socket.text) is no wrapper: set HEALTHCHECK_SOCKET to the wrapper's socket"
            )
        }
        return report
    }
}

/// Why there is no answer of a wrapper.
package struct WrapperQueryError: Error, Equatable {
    /// For a person: what is wrong, and what to do.
    package let text: String
}
