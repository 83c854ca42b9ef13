// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import DiscoveryClient
import InstanceRegistry
import SystemIO

extension Discovery {
    /// Chooses an instance, calls `body` with it, and takes note of how that ends. After a failure another instance is tried, where
    /// `attempts` allow it: only for what may be done twice.
    ///
    /// `isFailure` says which errors are failures of the instance: all but a cancellation, if nothing else is said. Throws the error
    /// of the last attempt, or a ``DiscoveryError`` when there is no instance.
    public func call<Result>(
        _ service: String, attempts: Int = 1, within limit: Duration = .seconds(2),
        isolation: isolated (any Actor)? = #isolation,
        isFailure: (any Error) -> Bool = { !($0 is CancellationError) },
        _ body: (ServiceInstance) async throws -> Result
    ) async throws -> Result {
        var tried: [String] = []
        while true {
            let instance = try await choose(service, besides: tried, within: limit)
            do {
                let result = try await body(ServiceInstance(instance))
                ended(instance.key, .succeeded)
                return result
            } catch {
                let isFailure = isFailure(error)
                ended(instance.key, isFailure ? .failed : .unknown)
                tried.append(instance.key.id)
                if !isFailure || tried.count >= attempts || Task.isCancelled { throw error }
            }
        }
    }

    private func choose(
        _ service: String, besides tried: [String], within limit: Duration
    ) async throws(DiscoveryError) -> Instance {
        if let chosen = services.choose(service, besides: tried, at: .now()) {
            metrics.hit(service)
            return chosen
        }
        let list = await instances(of: service, within: limit)
        if let chosen = services.choose(service, besides: tried, at: .now()) { return chosen }
        metrics.ended(service, .none)
        let why =
            list.failure
            ?? (list.age == nil ? "it has not answered within \(limit)" : "it has none that serves")
        throw DiscoveryError("no instance of \(service) can be used: \(source): \(why)")
    }

    private func ended(_ key: InstanceKey, _ end: RequestEnd) {
        services.ended(key, end, at: .now())
        switch end {
        case .succeeded: metrics.ended(key.service, .succeeded)
        case .unknown: metrics.ended(key.service, .abandoned)
        case .failed:
            metrics.ended(key.service, .failed)
            _ = onLoop { $0.failed(key) }
        }
    }
}
