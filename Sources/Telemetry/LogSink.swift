// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization

/// A descriptor for log lines that waits for nobody: a line for which its reader has left no room is lost, and counted.
/// Whoever logs may be what health depends on.
///
/// What is written to a file waits for its disk all the same: a file always has room.
final class LogSink: Sendable {
    private struct State {
        var lostCount = 0
        /// Only the beginning of the last line was taken.
        var isWithinLine = false
    }

    /// A pipe that has room at all takes as much as this without waiting (C: `PIPE_BUF`).
    private static let pieceSize = 4096

    private let descriptor: CInt
    private let isSocket: Bool
    private let state = Mutex(State())

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
        var status = stat()
        isSocket =
            fstat(descriptor, &status) == 0
            && CInt(truncatingIfNeeded: status.st_mode) & S_IFMT == S_IFSOCK
    }

    /// Writes a line, with its end. `note` is the line that tells of so many lost ones before it.
    func write(_ line: String, noteOfLoss note: (Int) -> String) {
        state.withLock { state in
            if state.lostCount > 0, put(note(state.lostCount), &state) { state.lostCount = 0 }
            if state.lostCount > 0 || !put(line, &state) { state.lostCount += 1 }
        }
    }

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
        if isSocket {
            let flags = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)
            return send(descriptor, piece.baseAddress, piece.count, flags)
        }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, 0) == 1, entry.revents & Int16(POLLOUT) != 0 else { return 0 }
        return CLinux.write(descriptor, piece.baseAddress, piece.count)
    }
}
