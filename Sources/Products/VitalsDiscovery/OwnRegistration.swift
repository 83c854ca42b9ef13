// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import Registering

/// A registration of this program, with those who wait for what becomes of it. Belongs to the loop.
final class OwnRegistration {
    private let registration: Registration
    private var waiting: [(isDone: (Registration) -> Bool, done: () -> Void)] = []

    /// `told` is called after each change.
    init(_ registration: Registration, _ told: @escaping (RegistrationReport) -> Void) {
        self.registration = registration
        registration.onChange = { [weak self] in
            guard let self else { return }
            told(self.registration.report)
            self.answer()
        }
    }

    /// The instance has just been judged.
    func judged(_ status: InstanceStatus) { registration.judged(status) }

    /// Has the registry told that it drains; `done` follows.
    func drain(_ done: @escaping () -> Void) {
        registration.drain()
        wait({ $0.hasToldDrain }, done)
    }

    /// Has it taken out of the registry; `done` follows.
    func end(_ done: @escaping () -> Void) {
        registration.end()
        wait({ $0.isOver }, done)
    }

    /// Does nothing more. Those who wait are answered.
    func stop() {
        registration.stop()
        let waiting = waiting
        self.waiting = []
        for one in waiting { one.done() }
    }

    private func wait(_ isDone: @escaping (Registration) -> Bool, _ done: @escaping () -> Void) {
        waiting.append((isDone, done))
        answer()
    }

    private func answer() {
        let ready = waiting.filter { $0.isDone(registration) }
        waiting.removeAll { $0.isDone(registration) }
        for one in ready { one.done() }
    }
}
