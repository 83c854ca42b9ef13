// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import RedisWire

/// Reads the instances of a service, a page of ids at a time, and takes ids out of the set whose hash has gone.
final class RedisListing {
    typealias Completion = (Result<[String: Instance], StoreFailure>) -> Void

    private let service: String
    private let link: RedisLink
    private let completion: Completion
    private var instances: [String: Instance] = [:]
    private var seen: Set<String> = []
    private var pages = 0

    /// Of ids that are asked for at once; a page may have some more.
    private static let pageSize = 100
    /// Instances that are read at once, however large a page is.
    private static let chunkSize = 100
    /// A set of as many instances as a service may have takes a fifth of that.
    private static let maxPages = 1000

    /// Reads all; `completion` is called later.
    static func run(_ service: String, _ link: RedisLink, _ completion: @escaping Completion) {
        RedisListing(service, link, completion).ask(from: "0")
    }

    private init(_ service: String, _ link: RedisLink, _ completion: @escaping Completion) {
        self.service = service
        self.link = link
        self.completion = completion
    }

    private func ask(from cursor: String) {
        pages += 1
        let size = String(Self.pageSize)
        let command = ["SSCAN", RedisCommands.set(service), cursor, "COUNT", size]
        link.ask([command]) { [self] result in
            switch result {
            case .success(let replies): received(page: replies[0])
            case .failure(let failure): completion(.failure(failure))
            }
        }
    }

    private func received(page reply: RedisValue) {
        if let failure = StoreFailure(reply) { return completion(.failure(failure)) }
        guard case .array(let parts?) = reply, parts.count == 2, let cursor = parts[0].string,
            case .array(let members?) = parts[1], pages <= Self.maxPages
        else { return completion(.failure(.refused("it has no list of the instances"))) }
        // A page may repeat ids. More than the limit are left out.
        let rest = InstanceLimits.instances - seen.count
        let ids = Set(Self.ids(members)).subtracting(seen).prefix(rest)
        seen.formUnion(ids)
        let isLast = cursor == "0" || seen.count >= InstanceLimits.instances
        read(Array(ids)[...], next: isLast ? nil : cursor)
    }

    /// The members that may be ids.
    static func ids(_ members: [RedisValue]) -> some Sequence<String> {
        members.lazy.compactMap(\.string)
            .filter { $0.utf8.count <= InstanceLimits.nameBytes && isText($0) }
    }

    /// It was no bytes that are no text. Those would be asked for, and taken out, under another name than theirs, for ever.
    private static func isText(_ id: String) -> Bool { !id.unicodeScalars.contains("\u{FFFD}") }

    /// Reads these ids of a page, and then the next page.
    private func read(_ ids: ArraySlice<String>, next cursor: String?) {
        if ids.isEmpty {
            if let cursor { return ask(from: cursor) }
            return completion(.success(instances))
        }
        let chunk = Array(ids.prefix(Self.chunkSize))
        Self.read(chunk, of: service, link) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let found):
                instances.merge(found) { $1 }
                read(ids.dropFirst(Self.chunkSize), next: cursor)
            }
        }
    }

    /// Reads these instances; those that have gone are not in the result.
    static func read(
        _ ids: [String], of service: String, _ link: RedisLink, _ done: @escaping Completion
    ) {
        let keys = ids.map { InstanceKey(service: service, id: $0) }
        link.ask(keys.map { ["HGETALL", RedisCommands.hash($0)] }) { result in
            done(result.flatMap { Self.found(keys, $0, link) })
        }
    }

    private static func found(
        _ keys: [InstanceKey], _ replies: [RedisValue], _ link: RedisLink
    ) -> Result<[String: Instance], StoreFailure> {
        var instances: [String: Instance] = [:]
        var gone: [[String]] = []
        for (key, reply) in zip(keys, replies) {
            if case .error(let code, _) = reply {
                // No hash: somebody uses the key for something else.
                if code == "WRONGTYPE" { continue }
                if let failure = StoreFailure(reply) { return .failure(failure) }
            }
            let fields = RedisRecord.fields(in: reply)
            if fields.isEmpty, isText(key.id) { gone.append(RedisCommands.tidying(key)) }
            instances[key.id] = RedisRecord.instance(key, fields)
        }
        if !gone.isEmpty { link.ask(gone) { _ in } }
        return .success(instances)
    }
}
