// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import RedisWire
import SystemIO

/// The channels of a store, over one connection that subscribes to them. Without it, as where the user may not subscribe, the
/// channels still look every few seconds. Belongs to the loop.
final class RedisWatches {
    private let link: RedisLink
    private let subscriptions: RedisLink
    private let times: RedisTimes
    private let loop: EventLoop
    private var channels: [String: RedisChannel] = [:]
    private var timer: TimerID?
    private var isOver = false
    /// Questions whether the connection is alive, since the latest sign that it is.
    private var unanswered = 0

    init(
        _ link: RedisLink, _ subscriptions: RedisLink, _ times: RedisTimes, on loop: EventLoop
    ) {
        self.link = link
        self.subscriptions = subscriptions
        self.times = times
        self.loop = loop
        subscriptions.onOpen = { [weak self] in self?.opened() }
        subscriptions.onLost = { [weak self] _, retry in self?.wait(until: retry) }
        subscriptions.onValue = { [weak self] in self?.take($0) }
    }

    /// Adds a watch of a service.
    func add(_ service: String, _ told: @escaping (WatchNews) -> Void) -> RedisWatch {
        let watch = RedisWatch(told)
        guard !isOver else {
            _ = loop.schedule(at: loop.now) { watch.tell(.away(.closed)) }
            return watch
        }
        watch.onCancel = { [weak self, weak watch] in
            if let watch { self?.remove(watch, service) }
        }
        if let channel = channels[service] {
            channel.add(watch)
            return watch
        }
        let channel = RedisChannel(service, link, times, on: loop)
        channels[service] = channel
        channel.add(watch)
        channel.refresh()
        subscribe(service)
        return watch
    }

    private func remove(_ watch: RedisWatch, _ service: String) {
        guard let channel = channels[service], !channel.remove(watch) else { return }
        channel.close()
        channels[service] = nil
        guard isOpen else { return }
        subscriptions.tell([["UNSUBSCRIBE", RedisCommands.channel(service)]])
    }

    /// Ends all watches.
    func close() {
        guard !isOver else { return }
        isOver = true
        isOpen = false
        if let timer { loop.cancel(timer) }
        timer = nil
        subscriptions.close()
        for channel in channels.values { channel.close(.closed) }
        channels = [:]
    }

    // MARK: The connection

    private var isOpen = false

    private func subscribe(_ service: String) {
        if isOpen {
            subscriptions.tell([["SUBSCRIBE", RedisCommands.channel(service)]])
        } else {
            subscriptions.open()
        }
    }

    private func opened() {
        isOpen = true
        unanswered = 0
        for service in channels.keys.sorted() { subscribe(service) }
        setTimer(at: loop.now + times.poll) { $0.ping() }
    }

    private func wait(until retry: MonotonicTime) {
        isOpen = false
        for channel in channels.values { channel.hasMessages = false }
        setTimer(at: retry) { watches in
            if !watches.channels.isEmpty { watches.subscriptions.open() }
        }
    }

    /// A connection whose other end has gone without a word says nothing, for ever.
    private func ping() {
        unanswered += 1
        if unanswered > 2 { return subscriptions.drop(.unreachable("no answer to PING")) }
        subscriptions.tell([["PING"]])
        setTimer(at: loop.now + times.poll) { $0.ping() }
    }

    private func setTimer(at time: MonotonicTime, _ action: @escaping (RedisWatches) -> Void) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard !isOver else { return }
        timer = loop.schedule(at: time) { [weak self] in
            guard let self else { return }
            self.timer = nil
            action(self)
        }
    }

    private func take(_ value: RedisValue) {
        unanswered = 0
        guard case .array(let parts?) = value, parts.count >= 3,
            let name = parts[1].string, let channel = channel(named: name)
        else { return }
        switch parts[0].string {
        // What has changed before that was not told.
        case "subscribe":
            channel.hasMessages = true
            channel.refresh()
        case "message": if let id = parts[2].string { channel.noted(id) }
        default: break
        }
    }

    private func channel(named name: String) -> RedisChannel? {
        let prefix = RedisCommands.channel("")
        guard name.utf8.starts(with: prefix.utf8) else { return nil }
        return channels[String(Substring(name.utf8.dropFirst(prefix.utf8.count)))]
    }
}
