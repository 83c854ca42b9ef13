// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Where a stream or a track is controlled (RFC 2326, C.1.1).
package enum ControlURL {
    /// Bytes of a URL.
    static let maxSize = 4 << 10

    /// The URL that `control` stands for: a URL of its own, `*` or nothing for `base`, else a path below it. Nil when it cannot
    /// stand in a request.
    package static func resolve(_ control: String?, base: String) -> String? {
        let url: String
        if let control, !control.isEmpty, control != "*" {
            let scheme = control.prefix(8).lowercased()
            if scheme.hasPrefix("rtsp://") || scheme.hasPrefix("rtsps://") {
                url = control
            } else {
                url =
                    base.hasSuffix("/") || control.hasPrefix("/")
                    ? base + control : "\(base)/\(control)"
            }
        } else {
            url = base
        }
        guard url.utf8.count <= maxSize, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return nil
        }
        return url
    }
}
