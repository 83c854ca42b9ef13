// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
import GRPCClient
import GRPCWire
import HTTP2Wire
import Text

/// Why an RPC failed and what to do about it, in one line.
struct CallCause {
    let question: ProbeQuestion
    /// The name that was asked for.
    let service: String
    let rpcTimeout: Duration
    let status: Status
    let failure: ClientCallFailure?
    let goAway: GoAway?
    /// What broke the connection in the middle of the call.
    let interruption: ConnectionError?
    /// What another question has found out.
    var followUp: FollowUp?

    /// The status is the server's own word, and not made from how the answer broke off.
    var isWord: Bool { failure == nil && interruption == nil }

    /// The step that failed, and the hint.
    var text: String {
        if let goAway, failure != nil || interruption == .closed { return goAwayText(goAway) }
        if interruption == .closed {
            return "HTTP/2: the server closed the connection in the middle of the call: "
                + "it crashed, is being stopped, or a proxy gave up; see its log"
        }
        if let interruption { return interruption.cause }
        if let failure { return failureText(failure) }
        return statusText
    }

    private func goAwayText(_ goAway: GoAway) -> String {
        let text = goAway.text.isEmpty ? "" : ", \(PrintableText.quoted(goAway.text))"
        return "HTTP/2: the server sent GOAWAY (\(goAway.code.name)\(text)): "
            + (goAway.code == .noError
                ? "it is shutting down, or closes old connections"
                : "it did not like this connection; see its log")
    }

    private func failureText(_ failure: ClientCallFailure) -> String {
        switch failure {
        case .httpStatus(let status):
            "HTTP: the answer has HTTP status \(status) and is no gRPC: " + httpHint(status)
        case .contentType(let type):
            "gRPC: the answer has content-type \(PrintableText.escaped(type, limit: 128)) "
                + "in place of application/grpc: this is a web server; use the gRPC port"
        case .trailersMissing:
            "gRPC: the answer has no trailers with a grpc-status: the server died, "
                + "or a proxy between drops trailers (it has to speak HTTP/2 on both sides)"
        case .malformed:
            "gRPC: the answer cannot be read (\(PrintableText.escaped(status.message, limit: 256))): "
                + "the server or a proxy is broken"
        case .breach(let rule):
            "HTTP/2: the answer is malformed (\(PrintableText.escaped(rule, limit: 256))): "
                + "the server or a proxy before it is broken"
        case .reset(let code):
            "HTTP/2: the server reset the stream with RST_STREAM (\(code.name)): "
                + (code == .refusedStream
                    ? "it takes no more calls on this connection now"
                    : "its log says why")
        }
    }

    private func httpHint(_ status: Int) -> String {
        switch status {
        case 401, 403, 407: "a proxy wants credentials: use -rpc-header, or the server's own port"
        case 404: "nothing is at this path: is it a gRPC server, does the proxy route it?"
        case 415, 405: "the server takes no gRPC here: use the gRPC port"
        case 431: "the header fields of the request are too large for it: send less by -rpc-header"
        case 429, 502, 503, 504: "a proxy answered, and the server behind it cannot be reached"
        default: "a proxy or a web server answered: use the server's gRPC port"
        }
    }

    private var statusText: String {
        switch status.code {
        case .notFound: return notFoundText
        case .unimplemented: return unimplementedText
        case .deadlineExceeded:
            return "gRPC: the server took the call but did not answer within "
                + "\(rpcTimeout.goText): it is overloaded or stuck, or needs a longer -rpc-timeout"
        case .unauthenticated, .permissionDenied:
            return "gRPC: the server wants credentials: health RPCs should not need any, "
                + "so exempt them in the server, or send some with -rpc-header"
        case .unavailable:
            return "gRPC: the server or a proxy says that it is unavailable now: see its log"
        case .resourceExhausted:
            return "gRPC: the server or the message is beyond a limit: see its log"
        default:
            return "gRPC: the server's health check itself failed with this status: see its log"
        }
    }

    private var notFoundText: String {
        let name = PrintableText.quoted(PrintableText.prefix(of: service, bytes: 100))
        let unknown = "gRPC: the server does not know the name \(name)\(oddity)"
        guard case .names(let names)? = followUp else {
            return "\(unknown), and does not list those it has: "
                + "use -service with a registered name, or none for the server as a whole"
        }
        if names.isEmpty {
            return "gRPC: the server has a health service with no name at all: "
                + "set a status for \"\" and each service in the server"
        }
        var list = ""
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let shown = PrintableText.escaped(name, limit: 100)
            let item = (list.isEmpty ? "" : ", ") + "\"\(shown)\""
            if list.utf8.count + item.utf8.count > 1024 {
                list += " and more (\(names.count) in all)"
                break
            }
            list += item
        }
        return "\(unknown), it has \(list): use -service with one"
    }

    /// What a person may not see in the name: a shell takes quotes away, YAML within YAML does not.
    private var oddity: String {
        let ends = Array(service.utf8.prefix(1) + service.utf8.suffix(1))
        let isOdd = ends.contains { byte in
            byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
        }
        return isOdd ? " (the quotes or spaces at its ends are a part of it: leave them out)" : ""
    }

    private var unimplementedText: String {
        switch (followUp, question) {
        case (.worksWithoutGzip, _):
            "gRPC: the server has a health service, but does not take gzip: probe without -gzip"
        case (.checkWorks, .watch):
            "gRPC: the server has a health service without Watch: probe without -watch"
        case (.checkWorks, _):
            "gRPC: the server has a health service without List, an old one: probe without -list"
        default:
            "gRPC: the server has no health service: "
                + "add grpc.health.v1.Health to it, or use the port that has it"
        }
    }
}
