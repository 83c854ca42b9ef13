// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import CheckScheduling
import HostChecks
import NetworkChecks
import RedisWire
import StatusBoard
import SystemIO
import Text

/// The check of kind `queue`: how long a queue is, by one of three sources.
///
/// - `redis://HOST[:PORT][/DATABASE]?key=KEY[&group=GROUP]`, or `rediss://`: a list or a stream; `must-exist`, and the options
///   of ``NetworkChecks/RedisTarget``.
/// - `http://` or `https://`: a number in the response; `json` or `metric`, and the options of ``NetworkChecks/HTTPTarget``.
/// - `/path/to/program`: the first number of its output; the options of ``HostChecks/ExecCommand``.
///
/// Options of all: those of ``QueueLimits``.
package struct QueueCheck: CheckKind {
    private enum Source: Sendable {
        case redis(RedisTarget, RedisQueue)
        case http(HTTPTarget, NumberPick, request: [UInt8])
        case program(ExecCommand)
    }

    private let source: Source
    private let limits: QueueLimits

    /// Reads the target and its options, and the files that they name.
    package init(_ target: String?, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        if let target, target.hasPrefix("redis://") || target.hasPrefix("rediss://") {
            let place = try RedisTarget(target, &options)
            source = .redis(place, try RedisQueue(place.url, &options))
        } else if let target, target.hasPrefix("http://") || target.hasPrefix("https://") {
            let place = try HTTPTarget(target, &options)
            source = .http(place, try NumberPick(&options), request: try place.get())
        } else {
            if let target, target.utf8.first != UInt8(ascii: "/") {
                throw CheckOptionError(
                    "target",
                    "is no source: use a redis:// or http:// URL, or the path of a program")
            }
            source = .program(try ExecCommand(target, &options))
        }
        limits = try QueueLimits(&options)
        guard limits.maxAge == nil || isRedis else {
            throw CheckOptionError("max-age", "is known of the streams of Redis only")
        }
        try options.checkEmpty()
    }

    private var isRedis: Bool {
        if case .redis = source { true } else { false }
    }

    package var targetText: String {
        switch source {
        case .redis(let target, let queue): queue.text(at: target.url)
        case .http(let target, _, _): target.url.masked
        case .program(let command): command.program
        }
    }

    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        let judge = QueueJudge(limits)
        switch source {
        case .redis(let target, let queue):
            return target.makeRunner(context) { [limits] in
                RedisQueueSession(queue, target.login, wantsAge: limits.maxAge != nil) {
                    judge.result(of: $0, age: $1, at: $2)
                }
            }
        case .http(let target, let pick, let request):
            return target.makeRunner(context) {
                HTTPNumberSession(request, pick) { judge.result(of: $0, at: $1) }
            }
        case .program(let command):
            return command.makeRunner(context) { end, output in
                let result = ExecCheck.result(end, output, isOneDegraded: false)
                guard result.state == .healthy else { return result }
                do throws(NumberProblem) {
                    return judge.result(
                        of: try NumberPick.first.number(in: output.bytes), at: .now())
                } catch {
                    return CheckResult(.unhealthy, "its output is no depth: \(error.text)")
                }
            }
        }
    }
}
