// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

extension HealthCheck {
    /// An option of a check, as docs/checks.md describes it. Not every kind has each: one that it does not have is an error.
    public struct Option: Sendable {
        let name: String
        let values: [String]

        init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }

        private init(_ name: String, _ value: String) { self.init(name, [value]) }

        private init(_ name: String, _ value: Duration) { self.init(name, [value.goText]) }

        /// Any option by its name, with its values.
        public static func other(_ name: String, _ values: String...) -> Option {
            Option(name, values)
        }
    }
}

/// What every check has.
extension HealthCheck.Option {
    /// A name of its own: letters, digits, `.`, `_` and `-`.
    public static func named(_ name: String) -> Self { Self("name", name) }

    /// The groups that it is a part of, in place of `readiness`.
    public static func groups(_ names: String...) -> Self { Self("groups", names) }

    /// It decides its groups alone.
    public static var critical: Self { Self("critical", "true") }

    /// Its part in the score of its groups; 1 if nothing else is said.
    public static func weight(_ weight: Double) -> Self { Self("weight", "\(weight)") }

    /// Checks without which it says nothing: while one is down, it is unknown and does not run.
    public static func needs(_ names: String...) -> Self { Self("needs", names) }

    /// It runs and reports, and decides nothing.
    public static var dry: Self { Self("dry", "true") }

    /// A target that hangs is found within this time: the interval, the timeout and the gaps follow from it.
    public static func detectWithin(_ time: Duration) -> Self { Self("detect-within", time) }

    /// From the start of a run to that of the next one.
    public static func interval(_ time: Duration) -> Self { Self("interval", time) }

    /// A run that takes longer has failed.
    public static func timeout(_ time: Duration) -> Self { Self("timeout", time) }

    /// Results in a row that make it worse.
    public static func fall(_ count: Int) -> Self { Self("fall", "\(count)") }

    /// Results in a row that make it better.
    public static func rise(_ count: Int) -> Self { Self("rise", "\(count)") }
}

/// What some kinds have.
extension HealthCheck.Option {
    /// An answer that takes longer is degraded (http, redis, postgres, dns, llm).
    public static func slow(_ time: Duration) -> Self { Self("slow", time) }

    /// The statuses that are healthy, such as `200-299,401` (http).
    public static func status(_ ranges: String) -> Self { Self("status", ranges) }

    /// A header field, `Name: value` (http).
    public static func header(_ field: String) -> Self { Self("header", field) }

    /// A text that the body has to contain (http).
    public static func body(contains text: String) -> Self { Self("body", text) }

    /// A member of the body and its value, such as `status.db=up` (http).
    public static func json(_ condition: String) -> Self { Self("json", condition) }

    /// A file with the password (redis, postgres).
    public static func passwordFile(_ path: String) -> Self { Self("password-file", path) }

    /// An environment variable with the password (redis, postgres).
    public static func passwordEnvironment(_ name: String) -> Self { Self("password-env", name) }

    /// A file of the CAs to trust (kinds with TLS).
    public static func ca(_ path: String) -> Self { Self("ca", path) }

    /// A query of one's own (postgres).
    public static func query(_ text: String) -> Self { Self("query", text) }

    /// What has to be found: the first value (postgres), an address (dns).
    public static func expect(_ text: String) -> Self { Self("expect", text) }

    /// The longest time since the last change (file).
    public static func maxAge(_ time: Duration) -> Self { Self("max-age", time) }

    /// Per cent from which it is degraded (disk, memory).
    public static func degraded(percent: Int) -> Self { Self("degraded", "\(percent)") }

    /// Per cent from which it is unhealthy (disk, memory).
    public static func unhealthy(percent: Int) -> Self { Self("unhealthy", "\(percent)") }
}
