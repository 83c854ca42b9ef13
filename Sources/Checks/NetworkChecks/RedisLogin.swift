// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import RedisWire
import StatusBoard

/// How a connection to Redis begins: HELLO, AUTH where the server is older than Redis 6, and SELECT. Pure.
package struct RedisLogin: Sendable {
    /// What an answer comes to.
    package enum Step {
        /// Send this, and give the next answer.
        case ask([UInt8])
        case done
        case refused(CheckResult)
    }

    private enum Question {
        case hello, auth, select
    }

    /// Nil for the default user.
    private let user: String?
    /// Nil for none.
    private let password: String?
    /// Nil for the first.
    private let database: Int?
    private var question: Question?
    /// What the server says of itself; nil before Redis 6.
    package private(set) var version: String?
    /// `master` or `replica`; nil before Redis 6.
    package private(set) var role: String?

    /// A login of a user to a database.
    package init(user: String? = nil, password: String? = nil, database: Int? = nil) {
        self.user = user
        self.password = password
        self.database = database
    }

    /// An answer is still to come.
    package var isUnderWay: Bool { question != nil }

    /// Begins; returns what is to be sent.
    package mutating func begin() -> [UInt8] {
        question = .hello
        var words = ["HELLO", "3"]
        if let password { words += ["AUTH", user ?? "default", password] }
        return RedisCommand.encode(words + ["SETNAME", "vitals"])
    }

    /// Takes the next answer.
    package mutating func answered(_ value: RedisValue) -> Step {
        if case .error(let code, let text) = value { return refused(code, text) }
        switch question {
        case .hello:
            version = value["version"]?.string
            role = value["role"]?.string
            return select()
        case .auth: return select()
        case .select, nil:
            question = nil
            return .done
        }
    }

    private mutating func select() -> Step {
        question = database == nil ? nil : .select
        guard let database else { return .done }
        return .ask(RedisCommand.encode(["SELECT", String(database)]))
    }

    private mutating func refused(_ code: String, _ text: String) -> Step {
        switch (question, code) {
        // It says so instead of answering, and hangs up.
        case (_, "ERR") where text.hasPrefix("ERR max number of clients"):
            return .refused(
                CheckResult(.degraded, "pool exhausted: it has no connection left (maxclients)"))
        case (.hello, "ERR"), (.hello, "NOPROTO"):
            // Before Redis 6: RESP2.
            guard let password else { return select() }
            question = .auth
            return .ask(RedisCommand.encode(["AUTH"] + (user.map { [$0] } ?? []) + [password]))
        case (.auth, _):
            return .refused(CheckResult(.unhealthy, "it refuses the user or the password"))
        case (.select, _):
            return .refused(CheckResult(.unhealthy, "it has no such database"))
        default:
            let error = RedisError(code, text)
            return .refused(CheckResult(error.state, error.cause))
        }
    }
}
