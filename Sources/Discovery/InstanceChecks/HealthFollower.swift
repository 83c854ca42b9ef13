// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import EventLoops
package import InstanceRegistry
import StatusBoard
import SystemIO

/// How often instances are asked for their health.
package struct HealthFollowerTimes: Sendable {
    /// Between two runs, while nothing is told.
    package var interval = Duration.seconds(10)
    /// A run that takes longer has failed.
    package var timeout = Duration.seconds(2)
    /// Between the runs of one instance at least, however much it tells.
    package var shortest = Duration.milliseconds(100)

    /// The usual times.
    package init() {}
}

/// Asks the instances of a list for their health themselves, each at its ``InstanceRegistry/Instance/healthCheckURL``: what the
/// store says of them may be old. Belongs to a loop.
///
/// By gRPC each is watched, so that a change is told when it happens; a server that has no Watch, and one with a URL of HTTP, is
/// asked again and again.
package final class HealthFollower {
    /// What the checks of all instances share.
    let context: CheckContext
    private let times: HealthFollowerTimes
    private let options: CheckOptions
    private let told: (InstanceKey, CheckResult) -> Void
    private var followed: [InstanceKey: FollowedInstance] = [:]

    /// Instances that are followed at most: each has a connection.
    package static let limit = 1000
    /// Threads that resolve the names of their hosts at most: what stands in a registry decides no number of threads.
    static let resolverLimit = 8

    /// A follower of nothing yet. `options` are those of checks by gRPC and HTTP, such as `ca`. `told` is called after each run.
    package init(
        on loop: EventLoop, _ times: HealthFollowerTimes = HealthFollowerTimes(),
        options: CheckOptions = CheckOptions(),
        _ told: @escaping (InstanceKey, CheckResult) -> Void
    ) {
        context = CheckContext(on: loop, sharedResolvers: Self.resolverLimit)
        self.times = times
        self.options = options
        self.told = told
    }

    /// Follows these instances of a service from now on, and no others of it. Those that it follows already are not disturbed.
    package func follow(_ instances: [Instance], of service: String) {
        var left = followed.filter { $0.key.service == service }
        for instance in instances where !instance.healthCheckURL.isEmpty {
            if let known = left.removeValue(forKey: instance.key) {
                if known.isSame(as: instance) { continue }
                known.end()
                followed[instance.key] = nil
            }
            if followed.count >= Self.limit { continue }
            begin(instance, among: instances.count)
        }
        for (key, gone) in left {
            gone.end()
            followed[key] = nil
        }
    }

    /// Asks one soon, however long its interval is: a request of it has failed.
    package func ask(_ key: InstanceKey) { followed[key]?.requestRun() }

    /// How many are followed.
    package var count: Int { followed.count }

    /// Follows nothing any more, and tells nothing.
    package func close() {
        for one in followed.values { one.end() }
        followed = [:]
    }

    private func begin(_ instance: Instance, among count: Int) {
        let key = instance.key
        do throws(CheckOptionError) {
            let kind = try HealthURL.kind(of: instance, options)
            let new = FollowedInstance(
                instance, kind.makeRunner(context), context.loop, times
            ) { [weak self] result in
                self?.told(key, result)
            }
            followed[key] = new
            // Many are not asked in the same moment.
            new.begin(after: .milliseconds(Int.random(in: 0...min(count, 1000))))
        } catch {
            // It is not followed. The store's word on it stays, and this says why.
            let text = "its health check URL cannot be used: \(error.text)"
            context.loop.atEndOfTick { [weak self] in
                self?.told(key, CheckResult(.unknown, text))
            }
        }
    }
}
