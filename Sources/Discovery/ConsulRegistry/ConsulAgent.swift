// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import InstanceRegistry
import Outbound
import RegistryCalls

/// The agent that a store talks to. Belongs to the loop.
final class ConsulAgent {
    let loop: EventLoop
    let times: ConsulTimes
    private let target: ConsulTarget
    private let resolver = OutboundResolver()
    private let buffer = ReceiveBuffer()
    private var calls: [Int: (call: RegistryCall, completion: RegistryCall.Completion)] = [:]
    private var lastNumber = 0
    private(set) var isClosed = false

    init(_ target: ConsulTarget, _ times: ConsulTimes, on loop: EventLoop) {
        self.target = target
        self.times = times
        self.loop = loop
    }

    /// What the agent knows of one service.
    @discardableResult
    func get(_ path: String, _ completion: @escaping RegistryCall.Completion) -> Int {
        ask(target.writer.get(path), times.answer, RegistryCall.answerLimit, completion)
    }

    /// The instances of a service.
    @discardableResult
    func list(
        _ path: String, within limit: Duration? = nil,
        _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        ask(target.writer.get(path), limit ?? times.answer, RegistryCall.listLimit, completion)
    }

    @discardableResult
    func put(
        _ path: String, _ body: [UInt8] = [], _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        let request = target.writer.put(path, contentType: "application/json", body: body)
        return ask(request, times.answer, RegistryCall.answerLimit, completion)
    }

    /// Gives a call up: its completion is not called.
    func cancel(_ number: Int) { calls.removeValue(forKey: number)?.call.cancel() }

    /// Ends all calls: their completions get that it is closed.
    func close() {
        isClosed = true
        let due = calls.values.map(\.completion)
        for (call, _) in calls.values { call.cancel() }
        calls = [:]
        for completion in due { later { completion(.failure(.closed)) } }
    }

    func later(_ work: @escaping () -> Void) { _ = loop.schedule(at: loop.now, work) }

    private func ask(
        _ request: [UInt8]?, _ limit: Duration, _ bodyLimit: Int,
        _ completion: @escaping RegistryCall.Completion
    ) -> Int {
        lastNumber += 1
        let number = lastNumber
        guard !isClosed, let request else {
            let failure: StoreFailure = isClosed ? .closed : .refused("a name that no URL has")
            later { completion(.failure(failure)) }
            return number
        }
        let call = RegistryCall(
            request, to: target.place, within: limit, bodyLimit: bodyLimit, on: loop, resolver,
            buffer
        ) { [weak self] result in
            guard let self, self.calls.removeValue(forKey: number) != nil else { return }
            completion(result)
        }
        calls[number] = (call, completion)
        return number
    }
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
