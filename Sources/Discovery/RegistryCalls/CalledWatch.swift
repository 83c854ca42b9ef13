// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
package import InstanceRegistry
package import SystemIO

/// A watch that is kept up by one call after the other. It tells what is new, and has the next call made: at a moment, or after a wait
/// that grows with each failure. Belongs to the loop.
package final class CalledWatch: StoreWatch {
    private let calls: OpenRegistryCalls
    private var told: ((WatchNews) -> Void)?
    private var known = WatchedList<[Instance]>()
    private var call: Int?
    private var timer: TimerID?
    private var backoff: SpreadBackoff
    /// Makes the next call. Nil before the beginning, and after the end.
    private var ask: (() -> Void)?

    /// A watch that has not begun.
    package init(
        _ calls: OpenRegistryCalls, longestWait: Duration, _ told: @escaping (WatchNews) -> Void
    ) {
        self.calls = calls
        self.told = told
        backoff = SpreadBackoff(first: .milliseconds(100), longest: longestWait)
    }

    /// Begins: `ask` makes a call now, and each time when another one is due.
    package func begin(_ ask: @escaping () -> Void) {
        self.ask = ask
        calls.add(self)
        ask()
    }

    /// Ends it with a last failure.
    package func end(_ failure: StoreFailure) {
        stop()
        calls.later { [self] in
            told?(.away(failure))
            told = nil
        }
    }

    package func cancel() {
        told = nil
        stop()
    }

    private func stop() {
        ask = nil
        stopCall()
        if let timer { calls.loop.cancel(timer) }
        timer = nil
        calls.remove(self)
    }

    // MARK: For who makes the calls

    /// Another call is under way: it is given up when the watch ends.
    package func began(_ call: Int) { self.call = call }

    /// The call has ended.
    package func ended() { call = nil }

    /// Gives the call up that is under way.
    package func stopCall() {
        if let call { calls.cancel(call) }
        call = nil
    }

    /// The registry has told its list.
    package func found(_ instances: [Instance]) {
        backoff.reset()
        if known.found(instances) { told?(.instances(instances)) }
    }

    /// The registry cannot be asked: it is asked again after a wait.
    package func lost(_ failure: StoreFailure) {
        askLater()
        if known.lost(failure) { told?(.away(failure)) }
    }

    /// Has the next call made after a wait.
    package func askLater() { askAgain(at: .now() + backoff.advance(.random(in: 0..<1))) }

    /// Has the next call made at a moment.
    package func askAgain(at time: MonotonicTime) {
        guard ask != nil else { return }
        timer = calls.loop.schedule(at: time) { [weak self] in
            self?.timer = nil
            self?.ask?()
        }
    }
}
