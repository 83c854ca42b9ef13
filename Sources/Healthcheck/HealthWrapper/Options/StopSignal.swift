// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Flags
import Settings

/// A signal that asks a program to end, by its name or number.
struct StopSignal: Equatable, Sendable {
    let number: CInt

    /// SIGTERM, which nearly all programs know.
    static let terminate = StopSignal(number: SIGTERM)

    /// Those that programs use for this; by their numbers, others.
    private static let names: [(name: String, number: CInt)] = [
        ("TERM", SIGTERM), ("INT", SIGINT), ("QUIT", SIGQUIT), ("HUP", SIGHUP),
        ("USR1", SIGUSR1), ("USR2", SIGUSR2), ("WINCH", SIGWINCH), ("PWR", SIGPWR),
        ("ABRT", SIGABRT), ("ALRM", SIGALRM),
    ]

    private init(number: CInt) { self.number = number }

    /// Reads `SIGQUIT`, `QUIT`, `quit`, `3` or `RTMIN+3`; nil for anything else, and for signals that no program can take.
    init?(_ text: String) {
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let known = Self.names.first(where: { $0.name == name }) {
            number = known.number
            return
        }
        let isRealTime = name.hasPrefix("RTMIN+")
        guard let value = CInt(isRealTime ? String(name.dropFirst(6)) : name) else { return nil }
        let number = isRealTime ? Self.firstRealTime + value : value
        guard value >= 0, (1...64).contains(number), number != SIGKILL, number != SIGSTOP else {
            return nil
        }
        self.number = number
    }

    /// As Docker's STOPSIGNAL counts them: the C library keeps two of the kernel's 32 for itself.
    private static let firstRealTime: CInt = 34

    /// The name, if it has one here.
    var text: String {
        Self.names.first { $0.number == number }.map { "SIG" + $0.name } ?? "\(number)"
    }
}

extension SettingType where Value == StopSignal {
    static var stopSignal: SettingType {
        .text(
            "signal",
            parse: { text throws(FlagValueError) in
                if let signal = StopSignal(text) { return signal }
                throw FlagValueError("use a name such as SIGQUIT, or a number; not KILL or STOP")
            },
            print: { $0.text })
    }
}
