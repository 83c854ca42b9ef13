// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import HTTP1Wire
import InstanceDocuments
import InstanceRegistry
import RegistryCalls
import SystemIO

/// Follows the instances of a service in a stream of events, and opens it again when it ends.
final class HTTPRegistryWatch: StoreWatch {
    private let service: String
    private let request: [UInt8]?
    private let calls: OpenRegistryCalls
    private let times: HTTPRegistryTimes
    private var told: ((WatchNews) -> Void)?
    private var events = ServerSentEvents(limit: RegistryCall.listLimit)
    private var known: [Instance]?
    private var isAway = false
    /// This stream has told something.
    private var hasBegun = false
    private var call: Int?
    private var timer: TimerID?
    private var backoff: SpreadBackoff
    /// Takes it out of the store.
    var onCancel: () -> Void = {}

    init(
        _ service: String, _ request: [UInt8]?, _ calls: OpenRegistryCalls,
        _ times: HTTPRegistryTimes, _ told: @escaping (WatchNews) -> Void
    ) {
        self.service = service
        self.request = request
        self.calls = calls
        self.times = times
        self.told = told
        backoff = SpreadBackoff(first: .milliseconds(100), longest: times.longestWait)
    }

    /// Begins.
    func start() { open() }

    func cancel() {
        told = nil
        stop()
        let onCancel = onCancel
        self.onCancel = {}
        onCancel()
    }

    /// Ends it with a last failure.
    func end(_ failure: StoreFailure) {
        stop()
        calls.later { [self] in
            told?(.away(failure))
            told = nil
        }
    }

    private func stop() {
        if let timer { calls.loop.cancel(timer) }
        timer = nil
        if let call { calls.cancel(call) }
        call = nil
    }

    private func open() {
        guard told != nil else { return }
        events = ServerSentEvents(limit: RegistryCall.listLimit)
        hasBegun = false
        call = calls.ask(
            request, within: times.answer,
            stream: (times.silence, { [weak self] in self?.received($0) })
        ) { [weak self] in self?.ended($0) }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        let tooLong = StoreFailure.unreachable("its list is longer than any that is read")
        let service = service
        // Taken out, so that what has come of an event is not copied each time.
        var (events, latest) = (events, [Instance]?.none)
        self.events = ServerSentEvents(limit: 0)
        do throws(StoreFailure) {
            try events.receive(bytes, tooLong: tooLong) { data throws(StoreFailure) in
                guard let instances = InstanceList.instances(data, of: service) else {
                    throw .unreachable("its stream is none of lists of instances")
                }
                latest = instances
            }
        } catch {
            stop()
            return fail(error)
        }
        self.events = events
        if let latest { take(latest) }
    }

    private func take(_ instances: [Instance]) {
        hasBegun = true
        backoff.reset()
        let isNews = isAway || instances != known
        (known, isAway) = (instances, false)
        if isNews { told?(.instances(instances)) }
    }

    private func ended(_ result: Result<RegistryAnswer, StoreFailure>) {
        call = nil
        switch result {
        case .success(let answer):
            if let failure = answer.failure { return fail(failure) }
            // A registry ends streams after an hour, and when it stops: the next answer says which.
            if hasBegun { return openLater() }
            fail(.unreachable("its stream ends without a list"))
        case .failure(let failure): fail(failure)
        }
    }

    private func fail(_ failure: StoreFailure) {
        let isNews = !isAway
        isAway = true
        openLater()
        if isNews { told?(.away(failure)) }
    }

    private func openLater() {
        let wait = backoff.advance(.random(in: 0..<1))
        timer = calls.loop.schedule(at: .now() + wait) { [weak self] in
            self?.timer = nil
            self?.open()
        }
    }
}
