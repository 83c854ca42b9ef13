// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import InstanceRegistry
import RegistryCalls

/// The agent that a store talks to. Belongs to the loop.
final class ConsulAgent {
    let times: ConsulTimes
    private let target: ConsulTarget
    private let calls: OpenRegistryCalls

    init(_ target: ConsulTarget, _ times: ConsulTimes, on loop: EventLoop) {
        self.target = target
        self.times = times
        calls = OpenRegistryCalls(to: target.place, on: loop)
    }

    var isClosed: Bool { calls.isClosed }

    /// What the agent knows of one service.
    @discardableResult
    func get(_ path: String, _ completion: @escaping RegistryCall.Completion) -> Int {
        calls.ask(target.writer.get(path), within: times.answer, completion)
    }

    /// The instances of a service.
    @discardableResult
    func list(
        _ path: String, within limit: Duration? = nil,
        _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        calls.ask(
            target.writer.get(path), within: limit ?? times.answer,
            bodyLimit: RegistryCall.listLimit, completion)
    }

    @discardableResult
    func put(
        _ path: String, _ body: [UInt8] = [], _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        let request = target.writer.put(path, contentType: "application/json", body: body)
        return calls.ask(request, within: times.answer, completion)
    }

    /// A watch of a service that has not begun.
    func makeWatch(_ told: @escaping (WatchNews) -> Void) -> CalledWatch {
        CalledWatch(calls, longestWait: times.longestWait, told)
    }

    /// Ends all watches and calls: they get that it is closed.
    func close() { calls.close() }

    func later(_ work: @escaping () -> Void) { calls.later(work) }
}

extension RegistryAnswer {
    /// `X-Consul-Index`; nil where there is none.
    var index: UInt64? { fields["x-consul-index"].flatMap { UInt64($0) } }

    /// Why the agent has not done what it was asked for; nil when it has.
    var failure: StoreFailure? {
        switch status {
        case 200..<300: return nil
        case 401, 403:
            return .refused(
                "it refuses the token (\(status)): give one by token-file that may write the service"
            )
        case 500...: return .unreachable("it answers with \(status)")
        default: return .refused("it answers with \(status)")
        }
    }
}
