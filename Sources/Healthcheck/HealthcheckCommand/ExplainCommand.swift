// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO
import WrapperStatus

/// Says why this container is as healthy as it is, or what a check would do.
package enum ExplainCommand {
    /// Prints the answer, and gives the exit code: that of `healthcheck status`.
    package static func run(_ options: ExplainOptions) -> CInt {
        clinux_ignore_signal(SIGPIPE)
        if let check = options.check {
            StandardStream.output.write(CheckDescription(check).text)
            return 0
        }
        let status = options.status
        do throws(WrapperQueryError) {
            let answer = try WrapperQuery.askWhy(
                asText: !status.printsJSON, last: options.last,
                StatusSocket.candidates(given: status.socket),
                isNamed: status.socket?.isEmpty == false, until: .now() + status.timeout)
            StandardStream.output.write(answer.document)
            return answer.isOK ? 0 : 1
        } catch {
            StandardStream.error.write("healthcheck: \(error.text)\n")
            return 1
        }
    }
}
