// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Flags

/// The check of kind `heartbeat`: somebody else has to report within some time. It is reported under the name of the check.
///
/// Options: `within` (60s), and `token-file` or `token-env` for reports at a port that everybody reaches.
package struct HeartbeatCheck: CheckKind {
    let inbox = HeartbeatInbox()
    /// What who reports has to show at such a port; nil for no reports there.
    let token: String?
    private let within: Duration

    /// A token is guessed otherwise.
    private static let shortestToken = 16
    private static let longestToken = 512

    /// Reads the options.
    package init(_ target: String?, _ options: CheckOptions) throws(CheckOptionError) {
        guard target == nil else {
            throw CheckOptionError(
                "target", "means nothing to a heartbeat: leave it out, and give name=NAME")
        }
        var options = options
        within =
            try options.take("within", "a duration from 1s to 168h, such as 60s") { text in
                Duration(goText: text).flatMap {
                    (.seconds(1) ... .seconds(7 * 86_400)).contains($0) ? $0 : nil
                }
            } ?? .seconds(60)
        token = try options.takeSecret("token")
        let option = "token-file"
        if let token {
            guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw CheckOptionError(option, "has a character that no field of HTTP can carry")
            }
            guard (Self.shortestToken...Self.longestToken).contains(token.utf8.count) else {
                throw CheckOptionError(
                    option,
                    "has a token of \(token.utf8.count) characters: use \(Self.shortestToken) to \(Self.longestToken), "
                        + "such as those of openssl rand -hex 32")
            }
        }
        try options.checkEmpty()
    }

    package var targetText: String { "" }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        HeartbeatRunner(inbox, within: within, on: context.loop)
    }
}
