// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization

/// A descriptor for log lines that does not block: a line for which the reader has left no room is lost, and counted.
/// Health must not depend on who reads the log.
///
/// A write to a file waits for its disk all the same. A pipe or a terminal that cannot be reopened, such as that of
/// another user, can block, too, when it has some room but too little.
final class LogSink: Sendable {
    /// How a write does not block.
    private enum Way {
        /// The call says so.
        case socket
        /// O_NONBLOCK on a descriptor of our own: on the inherited one it would affect other processes.
        case own
        /// It is asked for room before.
        case shared
    }

    private struct State {
        var lostCount = 0
        /// Since the start.
        var totalLost = 0
        /// Only the beginning of the last line was taken.
        var isWithinLine = false
    }

    /// A pipe that has room at all takes as much as this without waiting (C: `PIPE_BUF`).
    private static let pieceSize = 4096

    private let descriptor: CInt
    private let way: Way
    private let state = Mutex(State())

    init(_ descriptor: CInt) {
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        let kind = isKnown ? CInt(truncatingIfNeeded: status.st_mode) & S_IFMT : 0
        var own: CInt = -1
        if kind == S_IFIFO || isatty(descriptor) == 1 {
            let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            own = clinux_open("/proc/self/fd/\(descriptor)", flags, 0)
        }
        self.descriptor = own >= 0 ? own : descriptor
        way = own >= 0 ? .own : kind == S_IFSOCK ? .socket : .shared
    }

    deinit {
        if way == .own { close(descriptor) }
    }

    /// Writes a line, with its end. `note` is the line that tells of so many lost ones before it.
    func write(_ line: String, noteOfLoss note: (Int) -> String) {
        state.withLock { state in
            if state.lostCount > 0, put(note(state.lostCount), &state) { state.lostCount = 0 }
            guard state.lostCount > 0 || !put(line, &state) else { return }
            state.lostCount += 1
            state.totalLost += 1
        }
    }

    /// Lines that were lost since the start.
    var totalLost: Int { state.withLock { $0.totalLost } }

    /// Whether all of it went. In one call if it is short, so that lines of several programs do not mix.
    private func put(_ line: String, _ state: inout State) -> Bool {
        var text = state.isWithinLine ? "\n" + line : line
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let count = take(UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceSize)))
                if count <= 0 { break }
                state.isWithinLine = true
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            if rest.isEmpty { state.isWithinLine = false }
            return rest.isEmpty
        }
    }

    /// How much went; 0 or less for nothing.
    private func take(_ piece: UnsafeRawBufferPointer) -> Int {
        switch way {
        case .socket:
            let flags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
            return send(descriptor, piece.baseAddress, piece.count, flags)
        case .own: break
        case .shared:
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLOUT) != 0 else { return 0 }
        }
        return CLinux.write(descriptor, piece.baseAddress, piece.count)
    }
}
