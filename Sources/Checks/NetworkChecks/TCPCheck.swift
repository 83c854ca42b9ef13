// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import Outbound

/// The check of kind `tcp`: `HOST:PORT`, or `tcp://HOST:PORT`.
package struct TCPCheck: NetworkCheckKind {
    private let url: TargetURL
    private let place: OutboundTarget.Place

    /// Reads the target; only a service of DNS has an option, `dns-server`.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        let hasScheme = target.hasPrefix("tcp://") || target.hasPrefix("tcp+srv://")
        let text = hasScheme ? target : TargetURL.completed(target, scheme: "tcp")
        url = try TargetURL.forCheck(text, schemes: "tcp", takesServices: true)
        guard let place = try url.takePlace(&options) else {
            throw CheckOptionError("target", "has no port: use HOST:PORT")
        }
        self.place = place
        try options.checkEmpty()
    }

    package var targetText: String { url.isService ? url.masked : url.authority(defaultPort: 0) }

    package var plan: NetworkPlan {
        NetworkPlan(of: OutboundTarget(place)) { TCPSession() }
    }
}
