// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
package import RedisWire
import StatusBoard
package import SystemIO

/// A session with Redis: logs in on a new connection, and asks in each run.
package protocol RedisDialogue: CheckSession {
    var login: RedisLogin { get set }
    var reader: RedisReader { get set }

    /// A run begins on a connection that is logged in.
    mutating func ask(at now: MonotonicTime) -> CheckStep
    /// The next answer came.
    mutating func answered(_ value: RedisValue, at now: MonotonicTime) -> CheckStep
}

extension RedisDialogue {
    package mutating func began(_ connection: CheckConnection, at now: MonotonicTime) -> CheckStep {
        connection.isReused ? ask(at: now) : .send(login.begin())
    }

    package mutating func received(
        _ bytes: UnsafeRawBufferPointer, at now: MonotonicTime
    ) -> CheckStep {
        reader.receive(bytes)
        var output: [UInt8] = []
        do throws(RedisFault) {
            while let value = try reader.next() {
                let step = login.isUnderWay ? loggingIn(value, at: now) : answered(value, at: now)
                output += step.bytes
                guard case .wait = step.next else { return CheckStep(send: output, step.next) }
            }
        } catch {
            return .fault(error)
        }
        return .send(output)
    }

    private mutating func loggingIn(_ value: RedisValue, at now: MonotonicTime) -> CheckStep {
        switch login.answered(value) {
        case .ask(let bytes): .send(bytes)
        case .done: ask(at: now)
        case .refused(let result): .finish(result)
        }
    }
}

extension CheckStep {
    /// What came is no answer of Redis.
    package static func fault(_ fault: RedisFault) -> CheckStep {
        .finish(CheckResult(.unhealthy, fault.text))
    }
}
