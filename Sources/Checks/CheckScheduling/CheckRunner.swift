// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckEngine

/// Runs one check, again and again. Belongs to the loop of its scheduler; what it does must not block that.
package protocol CheckRunner: AnyObject {
    /// Begins a run. `completion` is called once, on the loop, with what the run found; it may be called before this returns.
    /// The scheduler cancels a run that takes longer than `timeout`.
    func begin(timeout: Duration, _ completion: @escaping (CheckResult) -> Void)

    /// Gives the run up: its completion is not called any more. `released` is called, on the loop, when nothing of the run
    /// is left; the next run begins after that.
    func cancel(_ released: @escaping () -> Void)
}
