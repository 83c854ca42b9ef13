// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import EventLoops
package import Outbound

/// What the runners of one loop share.
package struct CheckContext {
    package let loop: EventLoop
    /// Resolves the name of one target: a name whose servers are silent holds up no other check. It has a thread only when there
    /// is a name to resolve.
    package var resolver: OutboundResolver { OutboundResolver(readsFiles: readsFiles) }
    /// The same; those of addresses share one. Where the context has `sharedResolvers`, a name always has the same one of them.
    package func resolver(of target: OutboundTarget) -> OutboundResolver {
        guard let name = target.unresolvedName else { return ofAddresses }
        if sharedResolvers.isEmpty { return resolver }
        let number = UInt(bitPattern: name.hashValue) % UInt(sharedResolvers.count)
        return sharedResolvers[Int(number)]
    }
    private let ofAddresses = OutboundResolver()
    private let sharedResolvers: [OutboundResolver]
    /// Where connections receive.
    package let buffer: ReceiveBuffer
    private let readsFiles: Bool

    /// What the runners of `loop` share. With `readsFiles`, names of /etc/hosts are read on the loop. With `sharedResolvers`, so
    /// many resolve the names of all targets: for targets that are found and not configured, so that their number decides no
    /// number of threads.
    package init(on loop: EventLoop, readsFiles: Bool = false, sharedResolvers: Int = 0) {
        self.loop = loop
        self.readsFiles = readsFiles
        self.sharedResolvers = (0..<sharedResolvers).map { _ in OutboundResolver() }
        buffer = ReceiveBuffer()
    }
}

/// A check of one kind as it was configured: knows its target, and makes what runs it.
package protocol CheckKind: Sendable {
    /// What is checked, for people; without secrets.
    var targetText: String { get }
    /// The time in which a target that hangs is found, where no option says it: the timing follows from it.
    var detectWithin: Duration { get }
    /// Throws when a run cannot be over in its time.
    func check(_ timing: CheckTiming) throws(CheckOptionError)
    /// Makes what runs the check on a loop.
    func makeRunner(_ context: CheckContext) -> any CheckRunner
    /// Runs the check once on this thread, which waits for it, but not longer than `timeout`. Nil when the kind takes a loop.
    func runOnce(within timeout: Duration) -> CheckResult?
}

extension CheckKind {
    package var detectWithin: Duration { .seconds(5) }

    /// Most kinds take a loop.
    package func runOnce(within timeout: Duration) -> CheckResult? { nil }

    /// Most kinds take no time of their own.
    package func check(_ timing: CheckTiming) throws(CheckOptionError) {}
}
