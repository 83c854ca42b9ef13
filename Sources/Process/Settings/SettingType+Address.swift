// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags

extension SettingType where Value == SideAddress {
    /// A Unix socket or an IP address with its port.
    package static var sideAddress: SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = SideAddress(text) { return address }
                throw FlagValueError("use unix:/path, IPv4:port or [IPv6]:port")
            },
            print: { $0.text })
    }

    /// The path of a Unix socket.
    package static var socketPath: SettingType {
        .text(
            "path",
            parse: { text throws(FlagValueError) in
                let isMarked = text.hasPrefix("unix:")
                if let address = SideAddress(isMarked ? text : "unix:" + text) { return address }
                throw FlagValueError("use the path of a socket, of 107 bytes at most")
            },
            print: { $0.path ?? $0.text })
    }

    /// One that only this machine reaches; `reason` says why.
    package static func localAddress(because reason: String) -> SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = SideAddress(text), address.isLocal { return address }
                throw FlagValueError(
                    "use unix:/path, 127.0.0.1:port or [::1]:port: \(reason)"
                )
            },
            print: { $0.text })
    }
}
