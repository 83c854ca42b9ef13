// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import InstanceDocuments
import InstanceRegistry
import RegistryCalls

/// Follows the instances of a service in a stream of events, and opens it again when it ends.
final class HTTPRegistryWatch {
    private let service: String
    private let request: [UInt8]?
    private let calls: OpenRegistryCalls
    private let times: HTTPRegistryTimes
    private let watch: CalledWatch
    private var events = ServerSentEvents(limit: RegistryCall.listLimit)
    /// This stream has told something.
    private var hasBegun = false

    init(
        _ service: String, _ request: [UInt8]?, _ calls: OpenRegistryCalls,
        _ times: HTTPRegistryTimes, _ watch: CalledWatch
    ) {
        self.service = service
        self.request = request
        self.calls = calls
        self.times = times
        self.watch = watch
    }

    /// Opens a stream, and has the watch open another one when it ends.
    func open() {
        events = ServerSentEvents(limit: RegistryCall.listLimit)
        hasBegun = false
        let call = calls.ask(
            request, within: times.answer,
            stream: (times.silence, { [weak self] in self?.received($0) })
        ) { [weak self] in self?.ended($0) }
        watch.began(call)
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
            watch.stopCall()
            return watch.lost(error)
        }
        self.events = events
        guard let latest else { return }
        hasBegun = true
        watch.found(latest)
    }

    private func ended(_ result: Result<RegistryAnswer, StoreFailure>) {
        watch.ended()
        switch result {
        case .success(let answer):
            if let failure = answer.failure { return watch.lost(failure) }
            // A registry ends streams after an hour, and when it stops: the next answer says which.
            if hasBegun { return watch.askLater() }
            watch.lost(.unreachable("its stream ends without a list"))
        case .failure(let failure): watch.lost(failure)
        }
    }
}
