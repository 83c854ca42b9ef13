// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Outbound

/// The check of kind `tcp`: `HOST:PORT`, or `tcp://HOST:PORT`.
package struct TCPCheck: NetworkCheckKind {
    private let url: TargetURL
    private let port: UInt16

    /// Reads the target; there are no options.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        let text = target.hasPrefix("tcp://") ? target : "tcp://" + target
        url = try TargetURL.forCheck(text, schemes: ["tcp"])
        guard let port = url.port else {
            throw CheckOptionError("target", "has no port: use HOST:PORT")
        }
        self.port = port
        try options.checkEmpty()
    }

    package var targetText: String { url.authority(defaultPort: 0) }

    package var plan: NetworkPlan {
        NetworkPlan(of: OutboundTarget(.host(url.host, port: port))) { TCPSession() }
    }
}

extension TargetURL {
    /// The same, with an error that names the target.
    package static func forCheck(
        _ text: String, schemes: [String]
    ) throws(CheckOptionError) -> TargetURL {
        do throws(TargetURLError) {
            return try TargetURL(text, schemes: schemes)
        } catch {
            throw CheckOptionError("target", error.text)
        }
    }
}
