// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import HTTP1Wire
import StatusBoard

/// The response to one request of a check: its head, and the beginning of its body. Pure.
package struct HTTPAnswer {
    /// Bytes of a body that are kept.
    package static let bodyLimit = 256 << 10

    private var reader: HTTP1ResponseReader
    /// Nil until it has come.
    package private(set) var head: HTTP1ResponseHead?
    package private(set) var body: [UInt8] = []
    /// The body is longer than what is kept.
    package private(set) var isCut = false

    /// An answer of which nothing has come.
    package init(toHead isHead: Bool = false) {
        reader = HTTP1ResponseReader(isAnswerToHead: isHead, limits: .forChecks)
    }

    /// The status code; 0 until it has come.
    package var status: Int { head?.status.rawValue ?? 0 }

    /// Takes bytes. True when nothing more is needed; `wantsBody` is asked about the status.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer, wantsBody: (Int) -> Bool = { _ in true }
    ) throws(HTTPProblem) -> Bool {
        var rest = bytes
        do throws(HTTP1Fault) {
            while true {
                switch try reader.receive(&rest) {
                case .needsMore: return false
                case .head(let head):
                    self.head = head
                    if !wantsBody(head.status.rawValue) { return true }
                case .body(let part):
                    let room = Self.bodyLimit - body.count
                    body.append(contentsOf: part.prefix(room))
                    isCut = part.count > room
                    if isCut { return true }
                case .end: return true
                }
            }
        } catch {
            throw HTTPProblem(text: "its response is no HTTP/1.1: \(error.text)")
        }
    }

    /// The target has closed the connection: what is wrong with that; nil where it is the end of the response.
    package mutating func faultOfEnd() -> CheckResult? {
        do throws(HTTP1Fault) {
            try reader.inputEnded()
            return nil
        } catch {
            return CheckResult(
                .unhealthy,
                reader.hasBegun
                    ? "it closed the connection within its response"
                    : "it closed the connection without a response")
        }
    }
}

/// Why there is no response.
package struct HTTPProblem: Error, Equatable {
    /// The cause for an operator.
    package let text: String
}

extension HTTP1Limits {
    /// A body may be as long as it likes: only its beginning is read.
    fileprivate static var forChecks: HTTP1Limits {
        var limits = HTTP1Limits()
        limits.body = 1 << 40
        return limits
    }
}
