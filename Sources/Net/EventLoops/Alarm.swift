// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import SystemIO

/// A timer of a loop that is set and called off from any thread.
package struct Alarm: Sendable {
    /// What the loop knows of it.
    private final class Setting {
        var timer: TimerID?
    }

    private let setting: LoopBound<Setting>

    /// Sets an alarm: `loop` calls `action` once, at `deadline` or soon after.
    package init(
        on loop: EventLoop, at deadline: MonotonicTime, _ action: @escaping @Sendable () -> Void
    ) {
        let setting = LoopBound(Setting(), on: loop)
        self.setting = setting
        loop.post { setting.value.timer = loop.schedule(at: deadline, action) }
    }

    /// Calls it off; nothing happens when it has gone off.
    package func cancel() {
        setting.loop.post { [setting] in
            if let timer = setting.value.timer { setting.loop.cancel(timer) }
        }
    }
}
