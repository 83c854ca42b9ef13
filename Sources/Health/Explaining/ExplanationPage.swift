// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Flags
import HTTP1Wire
package import HTTPRouting
package import StatusBoard
import StatusPages
import Text

/// The explanation of a board as a page: JSON, or the tree with `?format=text`; with the changes of a time by `?last=1h`. It has
/// causes in it: for operators only.
package struct ExplanationPage: HTTPService {
    private let board: Board
    private let history: ChangeRecorder
    private let remedy: Explanation.Remedy

    /// The field that says whether the whole server is SERVING, for those who do not read the body.
    package static let statusField: StaticString = "vitals-status"

    /// Where it is, in each program.
    package static let path: StaticString = "/admin/explain"

    /// The page of a board. `remedy` says what would change an outcome of the program's own.
    package init(
        _ board: Board, _ history: ChangeRecorder,
        remedy: @escaping Explanation.Remedy = { _, _ in nil }
    ) {
        self.board = board
        self.history = history
        self.remedy = remedy
    }

    package func register(in routes: inout HTTPRoutes, on loop: EventLoop) {
        routes.add(.get, Self.path, .immediate { response(to: $0) })
    }

    /// Of what is known now: no check runs.
    func response(to request: HTTPRequest) -> HTTPResponse {
        let query: ExplanationQuery
        do throws(ExplanationQuery.Problem) {
            query = try ExplanationQuery(request.query)
        } catch {
            return HTTPResponse(
                .badRequest, contentType: "text/plain; charset=utf-8",
                body: Array((PrintableText.escaped(error.text, limit: 300) + "\n").utf8),
                fields: Self.fields)
        }
        // In this order: nothing of the snapshot is later than the clock.
        let (snapshot, changes) = (board.snapshot, history.history)
        let explanation = Explanation(
            snapshot, changes, last: query.last, at: .read(), remedy: remedy)
        let status = explanation.isServing ? "SERVING" : "NOT_SERVING"
        return HTTPResponse(
            .ok,
            contentType: query.isText ? "text/plain; charset=utf-8" : "application/json",
            body: query.isText ? explanation.text : explanation.json,
            fields: Self.fields + [(Self.statusField, status)])
    }

    private static let fields: [(name: StaticString, value: String)] = [
        ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
    ]
}

/// What a query asks of the page.
struct ExplanationQuery: Equatable {
    /// The tree, and not JSON.
    private(set) var isText = false
    /// The changes of so long a time; nil for none.
    private(set) var last: Duration?

    /// What is wrong with a query, in one line.
    struct Problem: Error {
        let text: String
    }

    init(_ query: String?) throws(Problem) {
        for (name, value) in HTTPQuery(query).parameters {
            switch name {
            case "format":
                guard ["text", "json"].contains(value) else {
                    throw Problem(text: "format: use text or json")
                }
                isText = value == "text"
            case "last": last = try Self.last(value)
            default:
                let name = PrintableText.quoted(PrintableText.prefix(of: name, bytes: 40))
                throw Problem(text: "unknown parameter \(name): use format, last")
            }
        }
    }

    private static func last(_ text: String) throws(Problem) -> Duration {
        do throws(FlagValueError) {
            return try ExplanationRequest.last(text)
        } catch {
            throw Problem(text: "last: \(error.reason)")
        }
    }
}
