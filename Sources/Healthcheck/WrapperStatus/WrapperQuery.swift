// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Outbound
package import SystemIO

/// Asks the wrapper that runs in this container.
package enum WrapperQuery {
    /// Asks how it is, at the first of the sockets that somebody of this container listens at; `isNamed` when a person has named
    /// the socket, whosever it is. Blocks until `deadline` at most.
    package static func ask(
        _ sockets: [StatusSocket], isNamed: Bool, until deadline: MonotonicTime
    ) throws(WrapperQueryError) -> WrapperReport {
        let question = "{\"type\":\"health_check\",\"check_type\":\"Full\"}\n"
        return try ask(
            question, sockets, isNamed: isNamed, WrapperReport.maxSize, until: deadline,
            hint:
                "set HEALTHCHECK_SOCKET to the wrapper's socket, or to the --json-socket of a skill-runtime",
            { WrapperReport(line: $0) })
    }

    /// Asks why it is as it is, in the same way: for a tree or a JSON document, with what has changed in so long a time.
    package static func askWhy(
        asText: Bool, last: Duration?, _ sockets: [StatusSocket], isNamed: Bool,
        until deadline: MonotonicTime
    ) throws(WrapperQueryError) -> WrapperExplanation {
        let time = last.map { ",\"last_secs\":\($0.components.seconds)" } ?? ""
        let question =
            "{\"type\":\"explain\",\"format\":\"\(asText ? "text" : "json")\"\(time)}\n"
        return try ask(
            question, sockets, isNamed: isNamed, WrapperExplanation.maxSize, until: deadline,
            hint:
                "set HEALTHCHECK_SOCKET to the wrapper's socket; a skill-runtime explains itself at its --admin: "
                + "skill-runtime explain",
            { WrapperExplanation(line: $0) })
    }

    private static func ask<Answer>(
        _ question: String, _ sockets: [StatusSocket], isNamed: Bool, _ maxSize: Int,
        until deadline: MonotonicTime, hint: String, _ read: ([UInt8]) -> Answer?
    ) throws(WrapperQueryError) -> Answer {
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
            let line = try answer(
                to: question, socket, connection, maxSize, until: deadline)
            if let answer = read(line) { return answer }
            throw WrapperQueryError(
                text:
                    "what answers at \(socket.text) is no wrapper, or one of another version: \(hint)"
            )
        }
        throw WrapperQueryError(
            text:
                "no wrapper runs here (\(failures.joined(separator: "; "))): start the container's program with "
                + "healthcheck -- COMMAND, or check it with --http URL or --tcp HOST:PORT")
    }

    private static func answer(
        to question: String, _ socket: StatusSocket, _ connection: BlockingConnection,
        _ maxSize: Int, until deadline: MonotonicTime
    ) throws(WrapperQueryError) -> [UInt8] {
        do throws(OutboundFailure) {
            try connection.send(Array(question.utf8))
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
            if answer.count > maxSize {
                throw WrapperQueryError(
                    text:
                        "the answer at \(socket.text) is too long: is it another program's socket?")
            }
        }
        return answer
    }
}

/// Why there is no answer of a wrapper.
package struct WrapperQueryError: Error, Equatable {
    /// For a person: what is wrong, and what to do.
    package let text: String
}
