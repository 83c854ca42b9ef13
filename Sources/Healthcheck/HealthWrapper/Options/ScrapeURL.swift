// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import Flags
import HTTP1Wire
import NetworkChecks
import Outbound
import Settings

/// Where the command's own metrics are.
struct ScrapeURL: Equatable, Sendable {
    private let url: TargetURL
    /// As it was given.
    let text: String

    /// Reads a URL of plain HTTP. Throws what is wrong with it.
    init(_ text: String) throws(TargetURLError) {
        url = try TargetURL(text, schemes: "http")
        self.text = text
    }

    /// For people; without secrets.
    var masked: String { url.masked }

    /// Where to connect.
    var target: OutboundTarget {
        OutboundTarget(.host(url.host, port: url.port ?? 80))
    }

    /// What to send; nil for a host or path that HTTP cannot name.
    var request: [UInt8]? {
        guard url.user == nil,
            var writer = HTTP1RequestWriter(host: url.authority(defaultPort: 80)),
            writer.add("user-agent", "vitals/" + Vitals.version),
            writer.add("accept", "text/plain;version=0.0.4,*/*;q=0.1"),
            writer.add("connection", "close")
        else { return nil }
        let path = url.path.isEmpty ? "/metrics" : url.path
        return writer.get(path + (url.query.map { "?" + $0 } ?? ""))
    }
}

extension SettingType where Value == ScrapeURL {
    static var scrapeURL: SettingType {
        .url(
            parse: { text throws(FlagValueError) in
                let url: ScrapeURL
                do throws(TargetURLError) { url = try ScrapeURL(text) } catch {
                    throw FlagValueError("it " + error.text)
                }
                guard url.request != nil else {
                    throw FlagValueError(
                        "it cannot be asked: use http://HOST:PORT/PATH, without a user")
                }
                return url
            },
            // A query may be a secret.
            print: { $0.masked })
    }
}
