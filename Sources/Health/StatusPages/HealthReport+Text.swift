// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import StatusBoard
import Text

/// The plain text of `/health`.
extension HealthReport {
    /// One word; with `isVerbose` a line for each check after it.
    func text(_ context: PageContext, isVerbose: Bool) -> [UInt8] {
        var text = isShuttingDown ? "shutting_down\n" : "\(state.word)\n"
        if isVerbose {
            for check in checks {
                let cause = context.audience.cause(of: check.entry.outcome).map { " (\($0))" }
                text += LineText.line("\(check.name): \(check.state.word)\(cause ?? "")")
            }
        }
        if let warning = Exclusion.warning(of: unmatched) { text += "warn: \(warning)\n" }
        return Array(text.utf8)
    }
}

/// Text of others in lines of ours.
enum LineText {
    /// A line that no text in it can end.
    static func line(_ text: String) -> String { PrintableText.escaped(text, limit: 1024) + "\n" }
}
