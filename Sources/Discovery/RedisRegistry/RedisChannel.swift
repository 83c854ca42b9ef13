// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import RedisWire
import SystemIO

/// The instances of one service as its watches know them: read at the beginning, and after each message of the channel. Every few
/// seconds it looks whether those that it knows are there, for what has expired without a word; all are read again where one is not,
/// and now and then for what others have written without a message. Belongs to the loop.
final class RedisChannel {
    private let service: String
    private let link: RedisLink
    private let times: RedisTimes
    private let loop: EventLoop
    private(set) var watches: [RedisWatch] = []
    /// By their ids.
    private var known = WatchedList<[String: Instance]>()
    private var isReading = false
    /// Everything is to be read again, when what is being read has come.
    private var isStale = false
    /// Ids of which a message has come.
    private(set) var changed: Set<String> = []
    private var timer: TimerID?
    private var isOver = false
    /// How many ids the set had at the latest look; nil before it.
    private var idCount: RedisValue?
    /// Looks since all were read.
    private var looks = 0
    /// Whether messages come, as the server has confirmed: without them all are read at each look.
    var hasMessages = false

    /// All are read after so many looks.
    private static let maxLooks = 5
    /// Keys that are asked for in one command.
    private static let chunkSize = 100

    /// Ids beyond that are not read one by one.
    private static let maxChanged = 100

    init(_ service: String, _ link: RedisLink, _ times: RedisTimes, on loop: EventLoop) {
        self.service = service
        self.link = link
        self.times = times
        self.loop = loop
    }

    /// Adds a watch, which is told later.
    func add(_ watch: RedisWatch) {
        watches.append(watch)
        guard known.list != nil || known.failure != nil else { return }
        _ = loop.schedule(at: loop.now) { [weak self, weak watch] in
            guard let self, let watch else { return }
            watch.tell(self.news)
        }
    }

    /// Takes a watch out; whether one is left.
    func remove(_ watch: RedisWatch) -> Bool {
        watches.removeAll { $0 === watch }
        return !watches.isEmpty
    }

    /// Ends it; nothing is told any more, but for a last failure.
    func close(_ failure: StoreFailure? = nil) {
        isOver = true
        if let timer { loop.cancel(timer) }
        timer = nil
        let watches = watches
        self.watches = []
        guard let failure else { return }
        _ = loop.schedule(at: loop.now) { for watch in watches { watch.tell(.away(failure)) } }
    }

    /// Reads all instances, now or after what is being read.
    func refresh() {
        guard !isOver else { return }
        if isReading {
            isStale = true
            return
        }
        (isReading, isStale, changed, looks) = (true, false, [], 0)
        setTimer()
        RedisListing.run(service, link) { [weak self] result in self?.read(result) { $0 } }
    }

    /// A message says that an instance has changed.
    func noted(_ id: String) {
        // When all are read again soon, or it is the id of no instance, there is nothing to remember.
        guard !isStale, id.utf8.count <= InstanceLimits.nameBytes else { return }
        changed.insert(id)
        if changed.count > Self.maxChanged { isStale = true }
        goOn()
    }

    private func goOn() {
        if isReading || isOver { return }
        if isStale || known.list == nil && !changed.isEmpty { return refresh() }
        if changed.isEmpty { return }
        let ids = changed
        (isReading, changed) = (true, [])
        RedisListing.read(Array(ids), of: service, link) { [weak self] result in
            self?.read(result) { [instances = self?.known.list ?? [:]] found in
                instances.filter { !ids.contains($0.key) }.merging(found) { $1 }
            }
        }
    }

    private func read(
        _ result: Result<[String: Instance], StoreFailure>,
        _ all: ([String: Instance]) -> [String: Instance]
    ) {
        isReading = false
        guard !isOver else { return }
        switch result {
        case .success(let found):
            if known.found(all(found)) { tell() }
        case .failure(let failure):
            // What was missed is found by the next look.
            (isStale, changed) = (false, [])
            if known.lost(failure) { tell() }
        }
        goOn()
    }

    private func tell() {
        let news = news
        for watch in watches { watch.tell(news) }
    }

    private var news: WatchNews {
        if let failure = known.failure { return .away(failure) }
        return .instances((known.list ?? [:]).values.sorted { $0.key.id < $1.key.id })
    }

    /// The next look; many watches do not look at the same time.
    private func setTimer() {
        if let timer { loop.cancel(timer) }
        let wait = times.poll * .random(in: 0.8...1)
        timer = loop.schedule(at: loop.now + wait) { [weak self] in
            guard let self else { return }
            self.timer = nil
            self.isReading ? self.setTimer() : self.look()
        }
    }

    private func look() {
        guard hasMessages, looks < Self.maxLooks, known.failure == nil,
            let instances = known.list
        else {
            return refresh()
        }
        looks += 1
        isReading = true
        setTimer()
        let commands = RedisCommands.presence(of: instances.keys, of: service, Self.chunkSize)
        link.ask(commands) { [weak self] result in self?.looked(result, instances.count) }
    }

    private func looked(_ result: Result<[RedisValue], StoreFailure>, _ expected: Int) {
        isReading = false
        guard case .success(let replies) = result, let count = replies.first else {
            isStale = true
            return goOn()
        }
        let isSame = idCount == nil || idCount == count
        let found = replies.dropFirst().reduce(Int64(0)) { sum, reply in
            if case .integer(let number) = reply { sum + number } else { sum }
        }
        if StoreFailure(count) != nil || !isSame || found != Int64(expected) { isStale = true }
        idCount = count
        goOn()
    }
}
