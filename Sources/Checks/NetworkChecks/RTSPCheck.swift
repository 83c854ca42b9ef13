// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
import Flags
import Outbound
import TLSWire
import Text

/// The check of kind `rtsp`: `rtsp://[USER[:PASSWORD]@]HOST[:PORT]/PATH`, or `rtsps://` for TLS. A session of each run plays a
/// track for some time.
///
/// Options: `track`, `no-frame`, `measure`, `fps`, `loss`, `password-file`, `password-env`, and those of ``CheckTLS``.
package struct RTSPCheck: CheckKind {
    private let url: TargetURL
    private let plan: RTSPPlan
    private let context: TLSContext?
    private let serverName: String

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        url = try .forCheck(target, schemes: "rtsp rtsps")
        var plan = RTSPPlan(url: try Self.requestURL(url))
        plan.user = url.user?.isEmpty == true ? nil : url.user
        plan.password = try options.takeSecret("password", inURL: url.password)
        for text in [plan.user, plan.password].compactMap(\.self)
        where text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw CheckOptionError("target", "has a user or a password with a control character")
        }
        if plan.password != nil, plan.user == nil {
            throw CheckOptionError(
                "target", "has no user for the password: use \(url.scheme)://USER@HOST/PATH")
        }
        plan.track = try Self.track(&options) ?? plan.track
        plan.noFrame = try Self.time("no-frame", &options)
        plan.measure = try Self.time("measure", &options)
        plan.minRate = try options.take("fps", "frames a second, such as 25 or 0.5") { text in
            CheckNumber.decimal(text).flatMap { $0 > 0 && $0 <= 1_000 ? $0 : nil }
        }
        let loss = try options.take("loss", "a number of per cent from 0 to 100") { text in
            CheckNumber.decimal(text).flatMap { $0 >= 0 && $0 <= 100 ? $0 : nil }
        }
        plan.maxLoss = loss ?? plan.maxLoss
        let tls = try CheckTLS(&options, .none)
        context = url.scheme == "rtsps" ? try tls.makeContext() : nil
        serverName = tls.serverName ?? url.host
        try options.checkEmpty()
        self.plan = plan
    }

    package var targetText: String { url.masked }

    /// A camera makes a session of its own for each run: fewer runs are kinder than quick ones.
    package var detectWithin: Duration { .seconds(60) }

    package func check(_ timing: CheckTiming) throws(CheckOptionError) {
        let given = [(plan.noFrame, "no-frame"), (plan.measure, "measure")]
        guard let name = given.first(where: { $0.0 != nil })?.1,
            let needed = plan.neededTimeout(beyond: timing.timeout)
        else { return }
        throw CheckOptionError(
            name,
            "leaves too little of the timeout, which is \(timing.timeout.goText): set timeout=\(needed.goText) or more"
        )
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let target = OutboundTarget(
            .host(url.host, port: url.port ?? Self.defaultPort(url)), tls: self.context,
            serverName: serverName)
        let check = NetworkCheck(of: target, on: context.loop, context.resolver, context.buffer) {
            [plan] in
            RTSPSession(plan, clientNonce: String(UInt64.random(in: .min ... .max), radix: 16))
        }
        return RefusalHold(check, on: context.loop)
    }

    private static func defaultPort(_ url: TargetURL) -> UInt16 {
        url.scheme == "rtsps" ? 322 : 554
    }

    private static func requestURL(_ url: TargetURL) throws(CheckOptionError) -> String {
        let text =
            "\(url.scheme)://" + url.authority(defaultPort: defaultPort(url)) + url.path
            + (url.query.map { "?" + $0 } ?? "")
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), text.utf8.count <= 2_048 else {
            throw CheckOptionError(
                "target", "is too long, or has a character that must be written as %XX")
        }
        return text
    }

    private static func track(
        _ options: inout CheckOptions
    ) throws(CheckOptionError) -> RTSPPlan.Track? {
        try options.take("track", "a number from 1 to 64, or a kind such as audio") { text in
            if let number = Int(text) { return (1...64) ~= number ? .number(number) : nil }
            let isWord = !text.isEmpty && text.utf8.allSatisfy { $0.isLowercaseLetter }
            return isWord ? .first(text) : nil
        }
    }

    private static func time(
        _ name: String, _ options: inout CheckOptions
    ) throws(CheckOptionError) -> Duration? {
        try options.take(name, "a duration from 1ms to 10m, such as 2s") { text in
            Duration(goText: text).flatMap {
                (.milliseconds(1) ... .seconds(600)).contains($0) ? $0 : nil
            }
        }
    }
}
