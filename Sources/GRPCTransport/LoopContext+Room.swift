// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import SystemIO

/// How a newcomer gets the place of a connection that is idle on another loop.
///
/// ```
///   nobody idle here -> first of the others: evicts one, or not -> here: counted, or the next one is asked
///                                                                    \-> refused by all: refused
/// ```
/// Meanwhile the newcomer is a descriptor on its way, and not counted: connections are never more than they may be.
/// Somebody else may take the place that was made; then the next loop is asked.
extension LoopContext {
    /// More newcomers than this at a time are refused as before.
    private static let mostSeekers = 64
    /// For so long nobody is asked, after all were in vain: a crowd that is refused must not keep the other loops busy.
    private static let pause = Duration.milliseconds(100)

    func seekRoom(for descriptor: consuming FileDescriptor) {
        guard !others.isEmpty, seekers < Self.mostSeekers, loop.now >= isFullUntil else {
            return refuse(descriptor)
        }
        seekers += 1
        ask(0, for: descriptor.release())
    }

    /// Has one of the others make room.
    private func ask(_ index: Int, for newcomer: CInt) {
        guard index < others.count else {
            seekers -= 1
            isFullUntil = loop.now + Self.pause
            return refuse(FileDescriptor(owning: newcomer))
        }
        let (home, other) = (LoopBound(self, on: loop), others[index])
        other.loop.post {
            _ = other.value.evictIdle()
            home.loop.post { home.value.heard(from: index, for: newcomer) }
        }
    }

    private func heard(from index: Int, for newcomer: CInt) {
        if isListening, !addConnection() { return ask(index + 1, for: newcomer) }
        seekers -= 1
        let descriptor = FileDescriptor(owning: newcomer)
        if isListening { start(descriptor) }
    }

    /// Descriptors are short, and all loops share them.
    func evictSomeEverywhere() {
        evictSome()
        for other in others { other.loop.post { other.value.evictSome() } }
    }
}
