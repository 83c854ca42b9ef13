// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import EventLoops
import InstanceRegistry
import NetworkChecks
import Outbound
import RedisWire
import SystemIO
import Text

/// A connection to Redis that is opened when it is needed, and opened again after a wait when it was lost. Belongs to the loop.
///
/// What cannot be asked fails soon: nothing waits for a server that is away.
final class RedisLink {
    /// What came of a batch of commands: a reply for each, which may be an error.
    typealias Answer = (Result<[RedisValue], StoreFailure>) -> Void

    private struct Batch {
        let count: Int
        var replies: [RedisValue] = []
        let answer: Answer
    }

    /// What belongs to one connection.
    private struct Conversation {
        var login: RedisLogin
        var reader: RedisReader
        /// What sentinels have said that the server is; nil where none were asked.
        var master: HostAndPort?
        /// Commands of the batches that wait for the login.
        var unsent: [UInt8] = []
    }

    private struct Retry {
        var backoff: SpreadBackoff
        /// No connection is opened before this time.
        var time = MonotonicTime(nanoseconds: 0)
        var failure = StoreFailure.unreachable("it was not asked yet")
    }

    private enum Phase { case closed, dialling, loggingIn, open, over }

    private let place: RedisPlace
    private let times: RedisTimes
    private let loop: EventLoop
    private let resolver = OutboundResolver()
    private let buffer = ReceiveBuffer()

    private var phase = Phase.closed
    private var conversation: Conversation
    private var search: MasterSearch?
    private var line = OutboundLine()
    private var batches: [Batch] = []
    private var retry: Retry

    /// Called each time it can be used.
    var onOpen: () -> Void = {}
    /// Called when a connection was lost, or could not be opened; with the time to try again.
    var onLost: (_ failure: StoreFailure, _ retry: MonotonicTime) -> Void = { _, _ in }
    /// Called with whatever comes over one that subscribes; nil for one that asks.
    var onValue: ((RedisValue) -> Void)?

    /// A reply of Redis that is larger belongs to no instance.
    private static let replyLimit = 1 << 20

    /// A link without a connection.
    init(to place: RedisPlace, _ times: RedisTimes, on loop: EventLoop) {
        self.place = place
        self.times = times
        self.loop = loop
        conversation = Conversation(login: place.login, reader: RedisReader())
        retry = Retry(
            backoff: SpreadBackoff(first: .milliseconds(100), longest: times.longestWait))
    }

    deinit {
        search?.cancel()
        line.close(on: loop)
    }

    // MARK: For the store

    /// Sends commands at once, and calls `answer` with their replies, later.
    func ask(_ commands: [[String]], _ answer: @escaping Answer) {
        if phase == .closed { open() }
        guard phase != .closed, phase != .over else { return refuse(answer) }
        batches.append(Batch(count: commands.count, answer: answer))
        send(commands)
        if batches.count == 1 { setTimer() }
    }

    /// Sends commands of one that subscribes: what they come to is told as any value.
    func tell(_ commands: [[String]]) { send(commands) }

    /// Opens the connection, unless it is too soon after a failure.
    func open() {
        guard phase == .closed, loop.now >= retry.time else { return }
        phase = .dialling
        switch place.finding {
        case .fixed(let target): dial(target)
        case .sentinels(let sentinels): find(sentinels)
        }
    }

    /// The server is of no use any more, such as one that has become a replica: the next connection may find another one.
    func drop(_ failure: StoreFailure) { lost(failure) }

    /// Ends it for good.
    func close() {
        guard phase != .over else { return }
        retry.failure = .closed
        disconnect(.over)
    }

    // MARK: The connection

    private func find(_ sentinels: SentinelTarget) {
        let search = MasterSearch(of: sentinels, times, on: loop, resolver, buffer) {
            [weak self] result in
            guard let self else { return }
            self.search = nil
            switch result {
            case .success(let master): self.dial(sentinels.place(master), of: master)
            case .failure(let failure): self.lost(failure)
            }
        }
        self.search = search
        search.start()
    }

    /// Connects to a server; to a `master`, where sentinels were asked for it.
    private func dial(_ target: OutboundTarget, of master: HostAndPort? = nil) {
        conversation.master = master
        let dial = OutboundDial(to: target, on: loop, resolver, buffer, within: times.connect) {
            [weak self] result in
            guard let self else { return }
            self.line.dial = nil
            switch result {
            case .success(let connection): self.opened(connection)
            case .failure(let failure): self.lost(.unreachable(self.told(failure.text)))
            }
        }
        line.dial = dial
        dial.start()
    }

    /// A reason, with the address that is not in the settings.
    private func told(_ reason: String) -> String {
        conversation.master.map { "the master \($0.text): \(reason)" } ?? reason
    }

    private func send(_ commands: [[String]]) {
        let bytes = commands.reduce(into: [UInt8]()) { $0 += RedisCommand.encode($1) }
        if phase == .open { line.connection?.send(bytes) } else { conversation.unsent += bytes }
    }

    private func opened(_ connection: OutboundConnection) {
        line.connection = connection
        phase = .loggingIn
        conversation.login = place.login
        conversation.reader = RedisReader(
            sizeLimit: Self.replyLimit, keepsPushes: onValue != nil)
        connection.onEvent = { [weak self] event in
            switch event {
            case .opened: break
            case .received(let bytes): self?.received(bytes)
            case .ended(let failure):
                if let self { self.lost(.unreachable(self.told(failure.text))) }
            }
        }
        connection.send(conversation.login.begin())
        setTimer()
    }

    private func loggedIn() {
        phase = .open
        retry.backoff.reset()
        onOpen()
        let bytes = conversation.unsent
        conversation.unsent = []
        if !bytes.isEmpty { line.connection?.send(bytes) }
        setTimer()
    }

    private func lost(_ failure: StoreFailure) {
        guard phase != .over else { return }
        // A server closes connections that were not used for long: that is no failure.
        let isIdle = phase == .open && batches.isEmpty && onValue == nil
        retry.failure = failure
        if !isIdle { retry.time = loop.now + retry.backoff.advance(.random(in: 0..<1)) }
        disconnect(.closed)
        onLost(failure, retry.time)
    }

    private func disconnect(_ next: Phase) {
        phase = next
        search?.cancel()
        search = nil
        line.close(on: loop)
        conversation.unsent = []
        let waiting = batches
        batches = []
        for batch in waiting { refuse(batch.answer) }
    }

    /// In a later tick: never inside the call, and one that asks again at once does not hold the loop.
    private func refuse(_ answer: @escaping Answer) {
        _ = loop.schedule(at: loop.now) { [failure = retry.failure] in answer(.failure(failure)) }
    }

    // MARK: Replies

    /// A reply is due while one is waited for.
    private func setTimer() {
        line.stopTimer(on: loop)
        guard phase == .loggingIn || (phase == .open && !batches.isEmpty) else { return }
        line.timer = loop.schedule(at: .now() + times.answer) { [weak self] in
            guard let self else { return }
            self.line.timer = nil
            self.lost(.unreachable(self.told("no answer within \(self.times.answer)")))
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        conversation.reader.receive(bytes)
        var hasTaken = false
        do throws(RedisFault) {
            while phase == .loggingIn || phase == .open, let value = try conversation.reader.next()
            {
                hasTaken = true
                if phase == .loggingIn { loggingIn(value) } else { take(value) }
            }
        } catch {
            return lost(.unreachable(error.text))
        }
        // A part of a reply is no answer: one that comes byte by byte has no more time.
        if hasTaken { setTimer() }
    }

    private func loggingIn(_ value: RedisValue) {
        switch conversation.login.answered(value) {
        case .ask(let bytes): line.connection?.send(bytes)
        case .done:
            guard conversation.master == nil || conversation.login.role != "replica" else {
                return lost(.unreachable(told("it is a replica: a failover may be going on")))
            }
            loggedIn()
        case .refused(let result): lost(.refused(told(result.cause)))
        }
    }

    private func take(_ value: RedisValue) {
        if let onValue { return onValue(value) }
        guard !batches.isEmpty else { return lost(.unreachable(RedisFault.malformed.text)) }
        batches[0].replies.append(value)
        guard batches[0].replies.count == batches[0].count else { return }
        let batch = batches.removeFirst()
        batch.answer(.success(batch.replies))
    }
}

extension StoreFailure {
    /// The error that a reply is; nil when it is none.
    init?(_ reply: RedisValue) {
        guard case .error(let code, let text) = reply else { return nil }
        self = .refused(RedisError(code, text).cause)
    }
}
