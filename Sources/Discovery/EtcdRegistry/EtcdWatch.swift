// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EtcdProtocol
import EventLoops
import GRPCWire
import InstanceRegistry
import OutboundCalls
import SystemIO

/// Follows the keys of one service: lists them, then watches from the revision after that of the list. A watch that breaks goes
/// on from where it was, at another member where need be. What is gone by then (compaction), or a store that has begun anew, is
/// listed again.
final class EtcdWatch: StoreWatch {
    private let service: String
    private let link: EtcdLink
    private var told: ((WatchNews) -> Void)?
    private var stream: (connection: CallConnection, call: OutboundCall)?
    /// By their ids.
    private var known = WatchedList<[String: Instance]>()
    /// What the instances are as of.
    private var asOf = EtcdHeader()
    /// Some changes of a revision have come, and the rest has not.
    private var hasNews = false
    /// Nothing goes on any more; a last failure may still be told.
    private var isCancelled = false
    private var backoff = SpreadBackoff(first: .milliseconds(200), longest: .seconds(10))
    private var timer: TimerID?
    /// Nothing came since the latest request for a sign of life.
    private var isSilent = false
    /// Called when it is cancelled.
    var onCancel: ((EtcdWatch) -> Void)?

    init(_ service: String, _ link: EtcdLink, _ told: @escaping (WatchNews) -> Void) {
        self.service = service
        self.link = link
        self.told = told
    }

    func cancel() {
        told = nil
        stop()
        onCancel?(self)
        onCancel = nil
    }

    /// Ends it with a last failure.
    func end(_ failure: StoreFailure) {
        stop()
        link.loop.atEndOfTick { [self] in
            told?(.away(failure))
            told = nil
        }
    }

    private func stop() {
        isCancelled = true
        endStream()
        stopTimer()
    }

    func begin() { list() }

    // MARK: The list

    private func list() {
        EtcdListing(service, link).begin { [weak self] result in
            guard let self, !self.isCancelled else { return }
            switch result {
            case .failure(let failure): self.retry(failure) { $0.list() }
            case .success(let found):
                self.asOf = found.header
                self.hasNews = false
                if self.known.found(found.instances) { self.tell() }
                self.open(isResumed: false)
            }
        }
    }

    private func tell() {
        hasNews = false
        guard let instances = known.list, known.failure == nil else { return }
        told?(.instances(Array(instances.values)))
    }

    // MARK: The stream

    private func open(isResumed: Bool) {
        if isCancelled { return }
        link.whenReady { [weak self] failure in
            guard let self, !self.isCancelled else { return }
            do throws(StoreFailure) {
                if let failure { throw failure }
                try self.start(isResumed: isResumed)
            } catch {
                self.lost(error)
            }
        }
    }

    private func start(isResumed: Bool) throws(StoreFailure) {
        let message = EtcdRequest.watch(
            EtcdRecord.prefix(service), EtcdRecord.end(service), from: asOf.revision + 1)
        var isChecked = !isResumed
        stream = try link.watch(message) { [weak self] event in
            guard let self, !self.isCancelled else { return }
            switch event {
            case .ended(let status): self.ended(status)
            case .message(let bytes):
                do throws(Status) {
                    let response = try EtcdWatchResponse(bytes)
                    self.isSilent = false
                    if response.isCreated, !isChecked {
                        isChecked = true
                        if self.hasBegunAnew(response.header) { return self.listAgain() }
                    }
                    self.received(response)
                } catch {
                    self.lost(EtcdLink.refusal(error))
                }
            }
        }
        isSilent = true
        scheduleProgress()
    }

    /// The store is another one, or one that has lost its data: it is behind what it was.
    private func hasBegunAnew(_ header: EtcdHeader) -> Bool {
        header.cluster != asOf.cluster || header.term < asOf.term
            || header.revision < asOf.revision
    }

    private func received(_ response: EtcdWatchResponse) {
        if response.isCancelled { return refused(response) }
        if response.isCreated {
            backoff.reset()
            if known.returned() { tell() }
        }
        asOf.term = max(asOf.term, response.header.term)
        for event in response.events { apply(event) }
        if response.isFragment { return }
        // Of the events, and not of the header: an answer to a request for progress may be ahead of events that are still on
        // their way (etcd before 3.4.25 and 3.5.8).
        asOf.revision = max(asOf.revision, response.events.last?.entry.revision ?? 0)
        if hasNews { tell() }
    }

    private func apply(_ event: EtcdWatchResponse.Event) {
        guard let id = EtcdRecord.id(service, event.entry.key) else { return }
        let instance =
            event.isDeletion
            ? nil : EtcdRecord.instance(service, key: event.entry.key, value: event.entry.value)
        let isNews = known.change { instances in
            let isFull = instances.count >= InstanceLimits.instances
            if instances[id] == instance || instances[id] == nil && isFull { return false }
            instances[id] = instance
            return true
        }
        if isNews { hasNews = true }
    }

    private func refused(_ response: EtcdWatchResponse) {
        if response.compactRevision > 0 { return listAgain() }
        link.forgetToken()
        lost(.refused("etcd ended the watch: \(response.reason)"))
    }

    private func ended(_ status: Status) {
        let text = "the watch of etcd ended: \(status.message)"
        let isElsewhere = [.unavailable, .ok, .cancelled, .unknown].contains(status.code)
        if !isElsewhere { link.forgetToken() }
        lost(isElsewhere ? .unreachable(text) : .refused(text))
    }

    private func listAgain() {
        endStream()
        stopTimer()
        retry(nil) { $0.list() }
    }

    /// The stream is of no use any more: goes on at another member.
    private func lost(_ failure: StoreFailure) {
        if let stream { link.leave(stream.connection) }
        endStream()
        // A member that stands alone may have come back without its data and have been filled since: that looks like before.
        let resumes = known.list != nil && link.settings.endpoints.count > 1
        retry(failure) { resumes ? $0.open(isResumed: true) : $0.list() }
    }

    private func endStream() {
        if let stream { stream.connection.cancel(stream.call) }
        stream = nil
    }

    // MARK: Time

    private func retry(_ failure: StoreFailure?, _ action: @escaping (EtcdWatch) -> Void) {
        if failure == .closed { return }
        setTimer(after: backoff.advance(Double.random(in: 0...1)), action)
        if let failure, known.lost(failure) { told?(.away(failure)) }
    }

    /// A member that hangs, or that was cut off from here, sends nothing; its kernel may go on to acknowledge.
    private func scheduleProgress() {
        setTimer(after: link.settings.times.silence) { watch in
            guard let stream = watch.stream else { return }
            if watch.isSilent {
                return watch.lost(.unreachable("the watch of etcd is silent"))
            }
            watch.isSilent = true
            _ = stream.connection.send(EtcdRequest.watchProgress, on: stream.call)
            watch.scheduleProgress()
        }
    }

    private func setTimer(after time: Duration, _ action: @escaping (EtcdWatch) -> Void) {
        stopTimer()
        timer = link.loop.schedule(at: .now() + time) { [weak self] in
            guard let self, !self.isCancelled else { return }
            self.timer = nil
            action(self)
        }
    }

    private func stopTimer() {
        if let timer { link.loop.cancel(timer) }
        timer = nil
    }
}
