// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine
package import CheckScheduling
package import Outbound
import StatusBoard

/// Where a check of the network goes, and what it says there.
package struct NetworkPlan {
    package let target: OutboundTarget
    /// Called for each new connection.
    package let makeSession: () -> any CheckSession

    /// A plan.
    package init(
        of target: OutboundTarget, _ makeSession: @escaping () -> any CheckSession
    ) {
        self.target = target
        self.makeSession = makeSession
    }
}

/// A kind of check that talks to one target of the network: over a connection of its loop, or once over one that blocks.
package protocol NetworkCheckKind: CheckKind {
    /// Where it goes, and what it says there.
    var plan: NetworkPlan { get }
}

extension NetworkCheckKind {
    package func makeRunner(_ context: CheckContext) -> any CheckRunner {
        NetworkCheck(plan, context)
    }

    package func runOnce(within timeout: Duration) -> CheckResult? {
        var run = BlockingRun(plan, within: timeout)
        return run.result()
    }
}

extension NetworkCheck {
    /// A check by a plan.
    package convenience init(_ plan: NetworkPlan, _ context: CheckContext) {
        self.init(
            of: plan.target, on: context.loop, context.resolver(of: plan.target), context.buffer,
            plan.makeSession)
    }
}
