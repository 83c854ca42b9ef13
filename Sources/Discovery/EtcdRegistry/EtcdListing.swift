// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EtcdProtocol
import GRPCWire
import InstanceRegistry

/// Reads all instances of a service as of one revision, a page after the other.
final class EtcdListing {
    /// What was found.
    struct Found {
        /// Of the first page: of this revision the rest is, too.
        var header: EtcdHeader
        /// By their ids.
        var instances: [String: Instance] = [:]
    }

    private let service: String
    private let link: EtcdLink
    private var found: Found?
    private var done: ((Result<Found, StoreFailure>) -> Void)?
    /// How often its revision was gone before it had read all pages.
    private var restarts = 0

    /// Keys of one answer: with values of usual size it has less than 256 KiB.
    private static let pageSize: Int64 = 500
    /// Keys that are read at most, valid or not.
    private static let keyLimit = 2 * InstanceLimits.instances
    private var keyCount = 0

    init(_ service: String, _ link: EtcdLink) {
        self.service = service
        self.link = link
    }

    /// Reads all; what came is told later, never inside this.
    func begin(_ done: @escaping (Result<Found, StoreFailure>) -> Void) {
        self.done = done
        nextPage(from: EtcdRecord.prefix(service))
    }

    private func nextPage(from key: [UInt8]) {
        let message = EtcdRequest.range(
            key, EtcdRecord.end(service), limit: Self.pageSize,
            revision: found?.header.revision ?? 0)
        link.ask("KV/Range", message) { [self] answer in
            switch answer {
            case .success(let bytes): received(bytes)
            case .failure(.refused(let text)) where isCompacted(text) && restarts < 3:
                restarts += 1
                found = nil
                keyCount = 0
                nextPage(from: EtcdRecord.prefix(service))
            case .failure(let failure): finish(.failure(failure))
            }
        }
    }

    private func isCompacted(_ text: String) -> Bool { text.hasSuffix("(OUT_OF_RANGE)") }

    private func received(_ bytes: [UInt8]) {
        let page: EtcdRange
        do throws(Status) {
            page = try EtcdRange(bytes)
        } catch {
            return finish(.failure(EtcdLink.refusal(error)))
        }
        var all = found ?? Found(header: page.header)
        for entry in page.entries where all.instances.count < InstanceLimits.instances {
            if let instance = EtcdRecord.instance(service, key: entry.key, value: entry.value) {
                all.instances[instance.key.id] = instance
            }
        }
        found = all
        keyCount += page.entries.count
        guard page.hasMore, let last = page.entries.last, keyCount < Self.keyLimit else {
            return finish(.success(all))
        }
        nextPage(from: last.key + [0])
    }

    private func finish(_ result: Result<Found, StoreFailure>) {
        let done = done
        self.done = nil
        done?(result)
    }
}
